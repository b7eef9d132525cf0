// Account settings: the zone that this browser is in comes first in the list, and can be taken with one press.
const box = document.querySelector("[data-own-time-zone]");
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
const option = own && box?.querySelector(`option[value="${CSS.escape(own)}"]`);

if (option) {
  const field = box.querySelector("input");
  const offer = box.querySelector("p[hidden]");
  option.parentElement.prepend(option);
  offer.querySelector("[data-zone]").textContent = own;
  const show = () => (offer.hidden = field.value === own);
  offer.querySelector("button").addEventListener("click", () => {
    field.value = own;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
  field.addEventListener("input", show);
  show();
}
