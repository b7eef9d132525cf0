// A form (data-live-preview="id of the result", data-preview-url) whose effect is shown while one types. Fields
// elsewhere on the page belong to it by their form attribute. Only the result is replaced, so the focus stays;
// it is a live region, so it is read out. Without script a button sends the form to the same address.
const PAUSE = 250; // milliseconds without a change
let running = new AbortController();

function put(result, nodes) {
  const fresh = document.createElement("div");
  fresh.replaceChildren(...nodes);
  if (fresh.innerHTML !== result.innerHTML) result.replaceChildren(...fresh.childNodes);
}

async function refresh(form, result) {
  running.abort();
  running = new AbortController();
  try {
    const answer = await fetch(`${form.dataset.previewUrl}?part`, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      signal: running.signal,
    });
    if (answer.redirected) return location.reload(); // to sign in again
    if (!answer.ok && answer.status !== 413) throw new Error(answer.statusText);
    put(result, new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes);
  } catch (error) {
    if (error.name !== "AbortError") put(result, [result.dataset.failed]);
  }
}

for (const form of document.querySelectorAll("form[data-live-preview]")) {
  const result = document.getElementById(form.dataset.livePreview);
  let waiting;
  const soon = (pause) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => refresh(form, result), pause);
  };
  for (const button of document.querySelectorAll("[data-preview-button]")) button.hidden = true;
  document.addEventListener("input", (event) => {
    if (event.target.form === form) soon(PAUSE);
  });
  // Enter in a field of the preview asks for the preview, and does not save.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("[data-preview-fields] input")) return;
    event.preventDefault();
    soon(0);
  });
}
