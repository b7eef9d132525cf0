// A form that posts is sent once: its button shows that work goes on and does not answer a second press.
// Coming back to the page gives the button back. A form marked data-repeatable is left alone.
const sent = new Set();

document.addEventListener("submit", (event) => {
  const form = event.target;
  const posts = (event.submitter?.formMethod || form.method) === "post";
  if (event.defaultPrevented || !posts || form.hasAttribute("data-repeatable")) return;
  if (sent.has(form)) {
    event.preventDefault();
    return;
  }
  sent.add(form);
  // Not `disabled`: that would take the button's own value out of what is sent, and the focus with it.
  for (const button of form.querySelectorAll("[type=submit], button:not([type])")) {
    button.setAttribute("aria-disabled", "true");
  }
  event.submitter?.setAttribute("data-busy", "");
});

window.addEventListener("pageshow", () => {
  for (const form of sent) {
    for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
    form.querySelector("[data-busy]")?.removeAttribute("data-busy");
  }
  sent.clear();
});
