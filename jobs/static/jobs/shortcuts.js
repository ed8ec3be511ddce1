"use strict";

// A few keys for whoever works here all day. The button that this puts into the header lists them,
// as `?` does, and switches them off: a voice or a hand may press keys that nobody meant. All that
// they do a click does, too, and none works while somebody writes.
(() => {
  const OFF = "jobs.shortcuts.off";
  const SEQUENCE_MILLISECONDS = 1_500;
  const WRITTEN_IN = "input, textarea, select, [contenteditable]";
  // After `g`: where to, and how the address ends. Only what the navigation of this person has.
  const PLACES = {
    o: ["Overview", "/admin/"],
    j: ["Jobs", "/jobs/job/"],
    g: ["Dead letter groups", "/jobs/deadlettergroup/"],
    d: ["Dead letters", "/jobs/deadletter/"],
    r: ["Redrives", "/jobs/redrive/"],
    q: ["Queues", "/jobs/queue/"],
    s: ["Schedules", "/jobs/schedule/"],
    w: ["Workers", "/jobs/worker/"],
  };

  let begunAt = -Infinity; // when `g` was pressed

  const isOn = () => localStorage.getItem(OFF) === null;
  const linkTo = (key) => key in PLACES && document.querySelector(`a[href$="${PLACES[key][1]}"]`);
  const search = () => document.getElementById("searchbar");

  function rows() {
    return [...document.querySelectorAll("#result_list tbody tr, .page-table tbody tr")].filter(linkOf);
  }

  function linkOf(row) {
    return row.querySelector("th a[href], td a[href]");
  }

  function move(step) {
    const all = rows();
    const at = all.findIndex((row) => row.contains(document.activeElement));
    const next = all[at === -1 ? (step > 0 ? 0 : all.length - 1) : at + step];
    if (next) linkOf(next).focus();
  }

  function choose() {
    const row = rows().find((one) => one.contains(document.activeElement));
    row?.querySelector("input.action-select")?.click();
  }

  const KEYS = {
    "?": ["Show this list", () => dialog().showModal(), () => true],
    "/": ["Search", () => search().focus(), () => search() !== null],
    j: ["Next row; Enter opens it", () => move(1), () => rows().length > 0],
    k: ["Row before", () => move(-1), () => rows().length > 0],
    x: ["Select the row", choose, () => document.querySelector("input.action-select") !== null],
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (!isOn() || event.target.closest(WRITTEN_IN) || document.querySelector("dialog[open]")) return;
    const isSecond = event.timeStamp - begunAt < SEQUENCE_MILLISECONDS;
    begunAt = -Infinity;
    if (isSecond && linkTo(event.key)) {
      event.preventDefault();
      linkTo(event.key).click();
    } else if (event.key === "g") {
      begunAt = event.timeStamp;
    } else if (Object.hasOwn(KEYS, event.key) && KEYS[event.key][2]()) {
      event.preventDefault();
      KEYS[event.key][1]();
    }
  });

  function made(name, text, ...children) {
    const element = document.createElement(name);
    if (text) element.textContent = text;
    element.append(...children);
    return element;
  }

  function entry(keys, words) {
    const pressed = keys.flatMap((key, index) => [index ? " " : "", made("kbd", key)]);
    return made("div", "", made("dt", "", ...pressed), made("dd", words));
  }

  // Made anew each time: what a page has may have changed.
  function dialog() {
    document.getElementById("shortcuts")?.remove();
    const here = Object.entries(KEYS).filter(([, one]) => one[2]());
    const places = Object.entries(PLACES).filter(([key]) => linkTo(key));
    const list = made(
      "dl", "",
      ...here.map(([key, [words]]) => entry([key], words)),
      ...places.map(([key, [words]]) => entry(["g", key], `Go to ${words.toLowerCase()}`)),
    );
    const box = made("input");
    box.type = "checkbox";
    box.checked = isOn();
    box.addEventListener("change", () =>
      box.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "yes"));
    const close = made("button", "Close");
    close.className = "button";
    close.autofocus = true;
    const foot = made("form", "", made("label", "", box, " Keys work in this browser"), close);
    foot.method = "dialog";
    const heading = made("h2", "Keyboard shortcuts");
    heading.id = "shortcuts-heading";
    const shown = made("dialog", "", heading, list, foot);
    shown.id = "shortcuts";
    shown.setAttribute("aria-labelledby", heading.id);
    document.body.append(shown);
    return shown;
  }

  function addButton() {
    const header = document.querySelector("#header-inner > div, #user-tools");
    if (header === null) return;
    const button = made("button", "?");
    button.type = "button";
    button.className = "shortcuts-button";
    button.title = "Keyboard shortcuts";
    button.setAttribute("aria-label", button.title);
    button.addEventListener("click", () => dialog().showModal());
    header.append(button);
  }

  addButton();
})();
