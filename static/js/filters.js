// A form of filters (data-filters="id of the results") acts as soon as something changes. The results are
// fetched and put in place, so that the field being typed in keeps its focus; the address follows, and so does each
// link with data-filtered: an export of what is shown.
import { announce } from "./announce.js";

const PAUSE = 250; // milliseconds without a key press
let running = new AbortController();

function addressOf(form) {
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
  return `${new URL(form.getAttribute("action"), document.baseURI).href.split("?")[0]}?${query}`; // a field may be called action
}

function put(page, id) {
  const fresh = page.getElementById(id);
  document.getElementById(id).replaceWith(fresh);
  document.dispatchEvent(new Event("latchkey:replaced"));
  announce(fresh.querySelector("[data-results-summary]")?.textContent.trim() ?? "");
}

async function refresh(form) {
  running.abort();
  running = new AbortController();
  const address = addressOf(form);
  try {
    const answer = await fetch(address, { signal: running.signal });
    if (!answer.ok || answer.redirected) return location.assign(address);
    put(new DOMParser().parseFromString(await answer.text(), "text/html"), form.dataset.filters);
    history.replaceState(null, "", address);
    for (const link of document.querySelectorAll("a[data-filtered]")) link.search = new URL(address).search;
  } catch (error) {
    if (error.name !== "AbortError") location.assign(address);
  }
}

for (const form of document.querySelectorAll("form[data-filters]")) {
  let waiting;
  const soon = (pause) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => refresh(form), pause);
  };
  form.addEventListener("input", (event) => soon(event.target.matches("[type=search]") ? PAUSE : 0));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    soon(0);
  });
}
