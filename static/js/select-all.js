// "Select all" mirrors the boxes of its form, and the count beside it is announced.
for (const all of document.querySelectorAll("[data-select-all]")) {
  const boxes = [...all.form.querySelectorAll(`input[name="${all.dataset.selectAll}"]`)];
  const count = all.form.querySelector("[data-selected-count]");

  const show = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
    if (count) {
      const words = count.dataset.selectedCount;
      count.textContent = words.replace("{chosen}", chosen).replace("{all}", boxes.length);
    }
  };

  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    show();
  });
  for (const box of boxes) box.addEventListener("change", show);
  for (const hidden of all.form.querySelectorAll("[data-select-all-row]")) hidden.hidden = false;
  show();
}
