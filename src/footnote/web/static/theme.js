// Runs before anything is drawn, so that a chosen theme never flashes the other one.
"use strict";
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("footnote.theme");
  } catch {
    // Storage is switched off: the system's theme holds.
  }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
