// A page that shows a value once (data-leave-once="where it lives from now on"). Reload goes there instead of
// posting again, and nothing of the value is left for the Back button to bring up.
const once = document.querySelector("[data-leave-once]");

if (once) {
  history.replaceState(null, "", once.dataset.leaveOnce);
  window.addEventListener("pagehide", () => {
    for (const value of document.querySelectorAll("[data-once]")) value.remove();
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
}
