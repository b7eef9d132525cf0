// A form marked data-in-place="id id …" posts without leaving the page: the answer is the page it came from, and the
// elements of these ids are taken from there. Without script the browser shows that page. An element marked
// data-refresh="seconds" is brought anew for as long as it is marked.
import { announce } from "./announce.js";

const parsed = (text) => new DOMParser().parseFromString(text, "text/html");

function take(page, id) {
  const [old, fresh] = [document.getElementById(id), page.getElementById(id)];
  if (!old || !fresh) return null;
  old.replaceWith(fresh);
  return fresh;
}

// What is told at the top of the page that came, such as that another test is under way, stands where the form was.
function tell(page, line) {
  const told = page.querySelector(".messages");
  if (told) line.append(Object.assign(told, { className: "wide stack stack-tight" }));
  const words = line.querySelector("[data-announced]") ?? told;
  announce(words?.textContent.trim() ?? "");
}

async function send(form, button) {
  const ids = form.dataset.inPlace.split(" ");
  button.setAttribute("aria-disabled", "true");
  button.dataset.busy = "";
  try {
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body: new FormData(form) });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = parsed(await answer.text());
    const line = ids.map((id) => take(page, id))[0];
    if (!line) return location.assign(answer.url); // another page, such as that of signing in
    tell(page, line);
    document.dispatchEvent(new Event("latchkey:replaced"));
    line.focus();
  } catch {
    form.submit(); // the browser shows what is wrong
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-in-place]")) return;
  event.preventDefault();
  const button = form.querySelector("button");
  if (!button.hasAttribute("data-busy")) send(form, button);
});

async function refresh(id) {
  try {
    const answer = await fetch(location.href);
    if (answer.ok && !answer.redirected) take(parsed(await answer.text()), id);
  } finally {
    watch(id);
  }
}

function watch(id) {
  const seconds = Number(document.getElementById(id)?.dataset.refresh);
  if (seconds) setTimeout(refresh, seconds * 1000, id);
}

for (const { id } of document.querySelectorAll("[data-refresh]")) watch(id);
