// A form (data-live-preview="id of the result", data-preview-url) whose effect is shown while one types. Fields
// elsewhere on the page belong to it by their form attribute. Only the result is replaced, so the focus stays;
// it is a live region, so it is read out. Without script a button sends the form to the same address.
// While a time ([data-clock]) is half typed, the last good result stays.
const PAUSE = 250; // milliseconds without a change
let running = new AbortController();
let good = []; // the last result that is not a problem

const copies = (nodes) => [...nodes].map((node) => node.cloneNode(true));

function put(result, nodes) {
  const fresh = document.createElement("div");
  fresh.replaceChildren(...nodes);
  if (fresh.innerHTML !== result.innerHTML) result.replaceChildren(...fresh.childNodes);
}

function show(result, body) {
  const problem = body.querySelector("[data-problem]");
  const typing = document.activeElement.matches("[data-clock]");
  if (problem?.dataset.problem === "half-typed" && typing && good.length) return put(result, copies(good));
  if (!problem) good = copies(body.childNodes);
  put(result, body.childNodes);
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
    show(result, new DOMParser().parseFromString(await answer.text(), "text/html").body);
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
  if (!result.querySelector("[data-problem]")) good = copies(result.childNodes);
  for (const button of document.querySelectorAll("[data-preview-button]")) button.hidden = true;
  document.addEventListener("input", (event) => {
    if (event.target.form === form) soon(PAUSE);
  });
  // A time that was left half typed is a fault.
  document.addEventListener("focusout", (event) => {
    if (event.target.form === form && event.target.matches("[data-clock]")) soon(PAUSE);
  });
  // Enter in a field of the preview asks for the preview, and does not save.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("[data-preview-fields] input")) return;
    event.preventDefault();
    soon(0);
  });
}
