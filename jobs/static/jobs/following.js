"use strict";

// Fetches the page again while [data-following] asks for it, and shows its new figures. It rests
// while nobody looks, and ends with the redrive. Without a script a person reloads the page.
(() => {
  const AGAIN_MILLISECONDS = 2_000;

  async function follow() {
    const shown = document.querySelector("[data-following]");
    if (!shown) {
      return;
    }
    if (document.visibilityState === "visible") {
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById(shown.id);
        if (!answer.ok || !fresh) {
          return;
        }
        shown.replaceWith(fresh);
        document.dispatchEvent(new Event("jobs:refreshed"));
      } catch {
        // The server is away: the next turn asks again.
      }
    }
    setTimeout(follow, AGAIN_MILLISECONDS);
  }

  document.addEventListener("DOMContentLoaded", () => setTimeout(follow, AGAIN_MILLISECONDS));
})();
