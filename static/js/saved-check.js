// "I have saved the secret" (form[data-saved-check]): until it is ticked, Continue is disabled and leaving asks.
for (const form of document.querySelectorAll("form[data-saved-check]")) {
  const box = form.querySelector("[type=checkbox]");
  const button = form.querySelector("button");
  const ask = (event) => event.preventDefault();

  const check = () => {
    button.disabled = !box.checked;
    if (box.checked) window.removeEventListener("beforeunload", ask);
    else window.addEventListener("beforeunload", ask);
  };
  box.addEventListener("change", check);
  form.addEventListener("submit", (event) => {
    event.preventDefault(); // or the address would end in a question mark, for a form without values
    location.assign(form.action);
  });
  check();
}
