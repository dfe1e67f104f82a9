/* Applies the reader's choice of light or dark before the first paint. Keeps one word in local storage, nothing else. */
(function () {
  "use strict";
  const KEY = "tinel-theme";
  const root = document.documentElement;
  const stored = () => { try { return localStorage.getItem(KEY); } catch { return null; } };
  const current = () => root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  const chosen = stored();
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  root.classList.add("js");

  function label(button) {
    button.textContent = current() === "dark" ? "Light theme" : "Dark theme";
  }
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector("[data-theme-toggle]");
    if (!button) return;
    button.hidden = false;
    label(button);
    button.addEventListener("click", () => {
      root.dataset.theme = current() === "dark" ? "light" : "dark";
      try { localStorage.setItem(KEY, root.dataset.theme); } catch { /* a private window: the choice lasts for this page */ }
      label(button);
    });
  });
})();
