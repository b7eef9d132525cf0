// Says something to screen readers, through the one live region of the page.
const region = document.querySelector("[data-announce]");

export function announce(words) {
  if (region) region.textContent = words;
}
