// [data-open="id"] opens a native dialog; the browser keeps focus inside, closes on Esc and gives focus back.
// Without script the same link leads to a page with the same form.
document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const dialog = document.getElementById(event.target.closest("[data-open]")?.dataset.open);
  if (dialog) {
    event.preventDefault();
    dialog.showModal();
  }
  event.target.closest("[data-close]")?.closest("dialog")?.close();
});

// The last button stays disabled until the name has been typed.
for (const field of document.querySelectorAll("[data-must-equal]")) {
  const button = field.form.querySelector("[type=submit]");
  const asSeen = (text) => text.normalize("NFC").trim().replace(/\s+/g, " ");
  const check = () => (button.disabled = asSeen(field.value) !== asSeen(field.dataset.mustEqual));
  field.addEventListener("input", check);
  check();
}

// The server found fault with what was sent from a dialog, and marked it to be opened again.
document.querySelector("dialog[data-open-now]")?.showModal();
