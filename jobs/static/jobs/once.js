"use strict";

// A form that changes something is sent once: the second click of a double click is no decision.
// After some seconds it may be sent again, as the first sending may have been stopped by hand.
(() => {
  const AGAIN_MILLISECONDS = 10_000;
  const sent = new WeakMap();

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || "again" in form.dataset) return;
    if (performance.now() - (sent.get(form) ?? -Infinity) < AGAIN_MILLISECONDS) {
      event.preventDefault();
      return;
    }
    sent.set(form, performance.now());
  });

  // Back on a page that the browser has kept, a person may decide anew.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) for (const form of document.forms) sent.delete(form);
  });
})();
