"use strict";

// Fetches the page again while [data-following] asks for it, and shows its new figures. It rests
// while nobody looks, and ends with the redrive. Without a script a person reloads the page.
(() => {
  const AGAIN_MILLISECONDS = 2_000;

  // What it says is replaced with the rest by the next answer.
  function say(text) {
    const status = document.querySelector("[data-followed]");
    if (status && status.textContent !== text) {
      status.textContent = text;
    }
  }

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
          throw new Error(`status ${answer.status}`);
        }
        shown.replaceWith(fresh);
        document.dispatchEvent(new Event("jobs:refreshed"));
      } catch {
        say("Not refreshed: the server did not answer, or you are logged out. Trying again.");
      }
    }
    setTimeout(follow, AGAIN_MILLISECONDS);
  }

  document.addEventListener("DOMContentLoaded", () => setTimeout(follow, AGAIN_MILLISECONDS));
})();
