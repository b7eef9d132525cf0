// The quick search: "/" and Ctrl-K (Cmd-K) open a dialog over the page; typing asks the server for the results.
// Each result is a link. The focus stays in the field: the arrow keys move along the list (WAI-ARIA, combobox).
// The link that opens it leads to the page with the same results, and has the words of the dialog.
const opener = document.querySelector("[data-quick-open]");
const PAUSE = 200; // milliseconds without a key press

function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function makeDialog() {
  const label = opener.ariaLabel;
  const field = make("input", {
    class: "input",
    name: "q",
    maxlength: 100,
    dir: "auto",
    role: "combobox",
    "aria-label": label,
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": "quick-options",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: label,
  });
  const close = make("button", { class: "button button-plain", type: "button", "data-close": "" }, opener.dataset.closeWords);
  const icon = opener.querySelector(".icon").cloneNode(true);
  const form = make("form", { class: "quick-field", role: "search", "aria-label": label, action: opener.href }, icon, field, close);
  const list = make("div", { id: "quick-options", role: "listbox", "aria-label": opener.dataset.resultsWords, hidden: "" });
  const status = make("p", { class: "help", role: "status", "data-quick-status": "" });
  const results = make("div", { class: "quick-results" }, list, status);
  const dialog = make("dialog", { class: "dialog quick-search", id: "quick-search", "aria-label": label }, make("div", {}, form, results));
  document.body.append(dialog);
  return dialog;
}

// Makes the dialog, once, and returns what opens it.
function setUp() {
  const dialog = makeDialog();
  const field = dialog.querySelector("[role=combobox]");
  const list = dialog.querySelector("[role=listbox]");
  const status = dialog.querySelector("[data-quick-status]");
  let running = new AbortController();
  let waiting;
  let isOld = false; // what is listed belongs to words typed before
  let goes = false; // Enter was pressed: to the first result, as soon as it is there

  const options = () => [...list.querySelectorAll("[role=option]")];
  const current = () => list.querySelector("[aria-selected=true]");

  function select(option) {
    current()?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) field.setAttribute("aria-activedescendant", option.id);
    else field.removeAttribute("aria-activedescendant");
  }

  function show(words) {
    isOld = false;
    list.hidden = options().length === 0;
    field.setAttribute("aria-expanded", String(!list.hidden));
    status.textContent = words;
    status.classList.toggle("visually-hidden", !list.hidden);
    select(options()[0]);
    if (goes) current()?.click();
    goes = false;
  }

  function clear(words) {
    list.replaceChildren();
    show(words);
  }

  async function search() {
    running.abort();
    const mine = (running = new AbortController());
    const words = field.value.trim();
    if (!words) return clear(opener.dataset.hint);
    try {
      const answer = await fetch(`${opener.dataset.quickOpen}?${new URLSearchParams({ q: words })}`, {
        signal: mine.signal,
      });
      if (answer.redirected) return location.reload(); // signed out meanwhile: the page leads to sign-in and back
      if (!answer.ok) return clear(opener.dataset.failed);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (mine.signal.aborted) return;
      const summary = page.querySelector("[data-quick-summary]");
      summary.remove();
      list.replaceChildren(...page.body.children);
      show(summary.textContent.trim());
    } catch (error) {
      if (error.name !== "AbortError") clear(opener.dataset.failed);
    }
  }

  function open() {
    document.querySelector("#sidebar:popover-open")?.hidePopover();
    if (!dialog.open) dialog.showModal();
    field.select();
    if (!field.value) clear(opener.dataset.hint);
  }

  field.addEventListener("input", () => {
    isOld = true;
    goes = false;
    clearTimeout(waiting);
    waiting = setTimeout(search, field.value.trim() ? PAUSE : 0);
  });

  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const all = options();
    const place = all.indexOf(current());
    const moves = { ArrowDown: place + 1, ArrowUp: place - 1 };
    if (event.key in moves && all.length) {
      event.preventDefault();
      select(all[(moves[event.key] + all.length) % all.length]);
    }
  });

  // Enter: to the chosen result, never to one of words typed before. Without one, to the page of the search.
  field.form.addEventListener("submit", (event) => {
    if (!isOld && !current() && field.value.trim()) return;
    event.preventDefault();
    if (isOld) goes = true;
    else current()?.click();
  });

  list.addEventListener("pointermove", (event) => {
    const option = event.target.closest("[role=option]");
    if (option && option !== current()) select(option);
  });

  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // the ground beside it
  });
  dialog.addEventListener("close", () => {
    clearTimeout(waiting);
    running.abort();
  });

  return open;
}

if (opener) {
  let made;
  const open = () => (made ??= setUp())();

  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || !event.target.closest("[data-quick-open]")) return;
    event.preventDefault();
    open();
  });

  const isTyping = (element) => element.closest("input, textarea, select, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented || event.altKey) return;
    const alone = !event.ctrlKey && !event.metaKey;
    const slash = event.key === "/" && alone && !isTyping(event.target);
    const letter = event.key.toLowerCase() === "k" && event.ctrlKey !== event.metaKey && !event.shiftKey;
    const other = document.querySelector("dialog:modal:not(#quick-search)"); // a question waits for its answer
    if ((!slash && !letter) || other) return;
    event.preventDefault();
    open();
  });
}
