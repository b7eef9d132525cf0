// Leaving the page asks first while a form of settings (form[data-warn-unsaved]) holds changes that were not sent.
// A change that was taken back is none. data-warn-unsaved="changed": what the page came with is not stored either.
const isSetting = (field) =>
  field.matches("input, select, textarea") && !field.closest("[data-preview-fields]"); // a trial is no setting

function isChanged(field) {
  if (field.matches("select")) return [...field.options].some((option) => option.selected !== option.defaultSelected);
  if (field.matches("[type=checkbox], [type=radio]")) return field.checked !== field.defaultChecked;
  return field.value !== field.defaultValue;
}

function isUnsaved(form) {
  return form.dataset.warnUnsaved === "changed" || [...form.elements].filter(isSetting).some(isChanged);
}

for (const form of document.querySelectorAll("form[data-warn-unsaved]")) {
  let onPurpose = false; // sent, or discarded

  form.addEventListener("submit", () => (onPurpose = true));
  for (const link of form.querySelectorAll("[data-discard]")) {
    link.addEventListener("click", () => (onPurpose = true));
  }
  window.addEventListener("pageshow", () => (onPurpose = false));
  window.addEventListener("beforeunload", (event) => {
    if (!onPurpose && isUnsaved(form)) event.preventDefault();
  });
}
