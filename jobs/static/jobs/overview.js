"use strict";

// Asks for the part of the overview that changes, while somebody sees the page. In a hidden tab it
// stops, and asks at once when the tab is seen again.
(() => {
  const EVERY_MILLISECONDS = 10_000;
  const part = document.getElementById("overview-part");
  const status = document.querySelector("[data-refreshed]");
  let timer = null;

  async function fetched() {
    const response = await fetch(part.dataset.url, { redirect: "error" });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return response.text();
  }

  function replace(html) {
    const focused = part.contains(document.activeElement)
      ? document.activeElement.getAttribute("href") : null;
    const made = new DOMParser().parseFromString(html, "text/html");
    part.replaceChildren(...made.body.children);
    document.dispatchEvent(new Event("jobs:refreshed"));
    if (focused === null) return;
    for (const link of part.querySelectorAll("a[href]")) {
      if (link.getAttribute("href") === focused) return link.focus({ preventScroll: true });
    }
  }

  async function refresh() {
    timer = null;
    try {
      replace(await fetched());
      document.body.classList.remove("is-stale");
      say("Refreshes itself every 10 seconds while you see it.");
    } catch (error) {
      document.body.classList.add("is-stale");
      say("Not refreshed: the server did not answer, or you are logged out. Trying again.");
    }
    plan();
  }

  function say(text) {
    if (status.textContent !== text) status.textContent = text;
  }

  function plan() {
    if (timer === null && !document.hidden) timer = setTimeout(refresh, EVERY_MILLISECONDS);
  }

  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    timer = null;
    if (!document.hidden) refresh();
  });
  plan();
})();
