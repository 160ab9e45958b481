// Light or dark (as the visitor chose here, else as his system is; before the first paint), buttons that copy, and boxes that tick all others.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const chosen = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const apply = () => { root.dataset.bsTheme = chosen() || (system.matches ? "dark" : "light"); };
  apply();
  system.addEventListener("change", apply);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-switch]");
    if (button) {
      try { localStorage.setItem("theme", root.dataset.bsTheme === "dark" ? "light" : "dark"); } catch { return; }
      apply();
    }
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      navigator.clipboard.writeText(document.getElementById(copy.dataset.copy).textContent.trim()).then(() => {
        copy.textContent = copy.dataset.copied;
      });
    }
  });
  const boxes = (all) => [...all.form.elements].filter((each) => each.name === all.dataset.tickAll && each.type === "checkbox");
  // Without a script there is none.
  document.addEventListener("DOMContentLoaded", () => {
    for (const all of document.querySelectorAll("[data-tick-all]")) { all.hidden = boxes(all).length === 0; }
  });
  document.addEventListener("change", ({ target }) => {
    if (target.dataset.tickAll) { for (const box of boxes(target)) { box.checked = target.checked; } }
    for (const all of target.form?.querySelectorAll(`[data-tick-all="${CSS.escape(target.name)}"]`) ?? []) {
      all.checked = boxes(all).every((box) => box.checked);
    }
  });
})();
