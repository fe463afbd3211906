// Before the first paint, as a classic script: the look (theme, language) a person chose, or that of the machine.
(function () {
  const dark = matchMedia("(prefers-color-scheme: dark)");

  function stored(name) {
    try {
      return localStorage.getItem(`lockstep.${name}`);
    } catch {
      return null; // storage may be forbidden
    }
  }

  function show() {
    const theme = stored("theme") || "auto";
    const lang = stored("lang") || navigator.language || "en";
    const root = document.documentElement;
    root.dataset.theme = theme;
    root.dataset.bsTheme = theme === "auto" ? (dark.matches ? "dark" : "light") : theme;
    root.lang = lang.startsWith("de") ? "de" : "en";
  }

  show();
  addEventListener("lab-look", show);
  addEventListener("storage", () => dispatchEvent(new Event("lab-look")));
  dark.addEventListener("change", () => dispatchEvent(new Event("lab-look")));
})();
