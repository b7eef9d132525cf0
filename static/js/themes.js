// System → Light → Dark → System, kept in a cookie so that the server writes the theme before the first paint.
const root = document.documentElement;
const ORDER = ["system", "light", "dark"];
const YEAR = 365 * 24 * 60 * 60; // seconds

const current = () => root.dataset.theme ?? "system";

function keep(theme) {
  const secure = location.protocol === "https:" ? "; secure" : "";
  const age = theme === "system" ? 0 : YEAR;
  document.cookie = `theme=${theme}; path=/; max-age=${age}; samesite=lax${secure}`;
}

function apply(theme) {
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
}

for (const button of document.querySelectorAll("[data-theme-next]")) {
  const name = button.querySelector("[data-theme-name]");
  const show = () => (name.textContent = button.dataset[current()]);
  button.hidden = false;
  show();

  button.addEventListener("click", () => {
    const next = ORDER[(ORDER.indexOf(current()) + 1) % ORDER.length];
    apply(next);
    keep(next);
    show();
  });
}
