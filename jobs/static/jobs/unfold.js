"use strict";

// django-unfold builds buttons of elements that no keyboard reaches, and icons of words that a
// screen reader would read aloud. This makes buttons of the first and hides the second.
(() => {
  const CLICKABLE = "[x-on\\:click]";
  const NATIVE = "a[href], button, input, select, textarea, label, summary";
  const ICON = ".material-symbols-outlined";
  const LABELS = {
    dock_to_right: "Navigation", close: "Close", arrow_back: "Back",
    computer: "Theme", dark_mode: "Theme", light_mode: "Theme",
  };

  function isForEyes(element) {
    return element.textContent.trim() === "" || element.querySelector(NATIVE) !== null;
  }

  function asButton(element) {
    if (element.matches(NATIVE) || element.hasAttribute("role") || isForEyes(element)) return;
    element.setAttribute("role", "button");
    element.tabIndex = 0;
    const label = LABELS[element.textContent.trim()];
    if (label) element.setAttribute("aria-label", label);
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      element.click();
    });
  }

  // A link or button of an icon alone gets a name.
  function named(icon) {
    const element = icon.closest("a, button");
    if (element === null || element.textContent.trim() !== icon.textContent.trim()) return;
    if (element.hasAttribute("aria-label") || element.title !== "") return;
    const word = icon.textContent.trim();
    const home = document.querySelector("#site-name a");
    const isHome = home !== null && element.href === home.href;
    element.setAttribute("aria-label", isHome ? "Overview" : LABELS[word] || word.replaceAll("_", " "));
  }

  function mend() {
    document.querySelectorAll(CLICKABLE).forEach(asButton);
    for (const icon of document.querySelectorAll(`${ICON}:not([role])`)) {
      named(icon);
      icon.setAttribute("aria-hidden", "true");
    }
  }

  document.addEventListener("DOMContentLoaded", mend);
  document.addEventListener("jobs:refreshed", mend);
})();
