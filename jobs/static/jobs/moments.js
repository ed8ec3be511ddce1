"use strict";

// Shows every <time class="moment"> in the reader's zone, and how long ago it was. The page itself
// has UTC, which stays in its title, and is what is read where no script runs.
(() => {
  const AGAIN_MILLISECONDS = 10_000;
  const DAY = 86_400;

  function ago(seconds) {
    const size = Math.abs(seconds);
    const [count, unit] =
      size < 60 ? [size, "s"]
        : size < 3_600 ? [size / 60, "min"]
          : size < 2 * DAY ? [size / 3_600, "h"]
            : [size / DAY, "days"];
    const words = `${Math.floor(count)} ${unit}`;
    return seconds >= 0 ? `${words} ago` : `in ${words}`;
  }

  const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
  const hour = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
  const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
  const dayOfYear = new Intl.DateTimeFormat("en-GB", {
    day: "numeric", month: "short", year: "numeric",
  });

  function absolute(when, now) {
    const isThisYear = when.getFullYear() === now.getFullYear();
    return `${(isThisYear ? day : dayOfYear).format(when)}, ${clock.format(when)}`;
  }

  function span(name, text) {
    const made = document.createElement("span");
    made.className = name;
    made.textContent = text;
    return made;
  }

  function show() {
    const now = new Date();
    for (const element of document.querySelectorAll("time.moment")) {
      const when = new Date(element.dateTime);
      const relative = ago((now - when) / 1_000);
      if (element.firstElementChild === null) {
        element.replaceChildren(
          span("moment-at", absolute(when, now)), " ", span("moment-ago", relative)
        );
      } else if (element.lastElementChild.textContent !== relative) {
        element.lastElementChild.textContent = relative;
      }
    }
  }

  // Beside a chart there is room for the hour, or the day of a chart of many days.
  function showShort() {
    for (const plot of document.querySelectorAll(".plot-times")) {
      const times = [...plot.querySelectorAll("time.moment-short")];
      const moments = times.map((element) => new Date(element.dateTime));
      const isLong = moments.at(-1) - moments[0] > 2 * DAY * 1_000;
      times.forEach((element, index) => {
        element.textContent = (isLong ? day : hour).format(moments[index]);
      });
    }
  }

  function showAll() {
    show();
    showShort();
  }

  showAll();
  document.addEventListener("jobs:refreshed", showAll);
  setInterval(() => document.hidden || show(), AGAIN_MILLISECONDS);
})();
