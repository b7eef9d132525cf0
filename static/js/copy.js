// Copy buttons: absent without a clipboard, say what they did, and give the old icon back.
// data-copy="the value itself", or data-copy-from="id of the element whose text is copied".
import { announce } from "./announce.js";

const SHOWN_FOR = 2000; // milliseconds
const BUTTONS = "[data-copy], [data-copy-from]";

const valueOf = ({ dataset }) => dataset.copy ?? document.getElementById(dataset.copyFrom).textContent;

function show(button) {
  if (button.hasAttribute("data-done")) return;
  const icon = button.querySelector("use");
  const before = icon.getAttribute("href");
  icon.setAttribute("href", before.replace(/#.*/, "#check"));
  button.dataset.done = "";
  announce(document.body.dataset.copied);
  setTimeout(() => {
    icon.setAttribute("href", before);
    delete button.dataset.done;
    announce("");
  }, SHOWN_FOR);
}

function reveal() {
  for (const button of document.querySelectorAll(BUTTONS)) button.hidden = false;
}

if (navigator.clipboard) {
  reveal();
  document.addEventListener("latchkey:replaced", reveal);
  document.addEventListener("click", async (event) => {
    const button = event.target.closest(BUTTONS);
    if (!button) return;
    await navigator.clipboard.writeText(valueOf(button));
    show(button);
  });
}
