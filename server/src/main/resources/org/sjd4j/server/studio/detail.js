// One image of the gallery, large, with everything that made it.

import { download, remove } from "./api.js";
import { announce, button, element, emptyImage } from "./dom.js";
import { figures } from "./figures.js";
import * as gallery from "./gallery.js";
import { settings } from "./words.js";

const dialog = document.getElementById("detail");
const content = document.getElementById("detail-content");

let job = null;
let opened = null; // the one that the dialog was opened with: the browser brings the focus back to it
let left = false; // whether the dialog is closed for something else on the page
let actions = {};

/** What the buttons do besides: reuse(job), vary(job), deleted(job). */
export function start(given) {
  actions = given;
  dialog.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step && !event.altKey && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      move(step);
    }
  });
  // A click outside of the content is one on the dialog itself.
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => !left && job.id !== opened && gallery.focus(job.id));
}

export function open(chosen) {
  show(chosen);
  if (!dialog.open) {
    opened = chosen.id;
    left = false;
    dialog.showModal();
  }
  dialog.focus();
}

const index = () => gallery.images().findIndex(({ id }) => id === job.id);

async function move(step) {
  const focused = document.activeElement?.dataset.key;
  if (index() < 0) {
    return; // an image that the search leaves out has no neighbours
  }
  let next = index() + step;
  if (next >= gallery.images().length && gallery.hasMore()) {
    await gallery.loadMore();
    next = index() + step;
  }
  const chosen = gallery.images()[next];
  if (chosen && dialog.open) {
    show(chosen);
    announce(chosen.request.prompt);
    const same = focused ? dialog.querySelector(`[data-key="${focused}"]:not(:disabled)`) : null;
    (same ?? dialog).focus();
  }
}

function show(chosen) {
  job = chosen;
  const image = emptyImage(job.request.size, job.request.prompt);
  image.src = job.image;
  content.replaceChildren(
    element("div", { className: "detail-image" }, image),
    element(
      "div",
      { className: "detail-about" },
      bar(),
      element("h2", { id: "detail-prompt" }, job.request.prompt),
      element("div", { className: "figures" }, ...figures(job)),
      element("dl", {}, ...settings(job).map(([name, value]) => pair(name, String(value)))),
      buttons(),
      element("p", { className: "error", role: "alert", id: "detail-error" }),
    ),
  );
}

const pair = (name, value) => element("div", {}, element("dt", {}, name), element("dd", {}, value));

function bar() {
  const place = index();
  const last = place === gallery.images().length - 1 && !gallery.hasMore();
  const round = (sign, label, title, key, click, disabled = false) =>
    button(sign, click, { className: `round ${key}`, "aria-label": label, title, "data-key": key, disabled });
  return element(
    "div",
    { className: "detail-bar" },
    round("‹", "Newer image", "Newer (←)", "newer", () => move(-1), place <= 0),
    round("›", "Older image", "Older (→)", "older", () => move(1), place < 0 || last),
    round("×", "Close", "Close (Esc)", "close", () => dialog.close()),
  );
}

function buttons() {
  const row = element("div", { className: "detail-buttons" });
  const usual = [
    button("Use these settings", () => leaveTo(actions.reuse), { className: "primary", "data-key": "reuse" }),
    button("Vary the seed", () => leaveTo(actions.vary), { "data-key": "vary" }),
    element("a", { className: "button", href: download(job.id), download: "", "data-key": "download" }, "Download"),
    button("Delete", () => confirm(row, usual), { className: "danger", "data-key": "delete" }),
  ];
  row.append(...usual);
  return row;
}

function leaveTo(action) {
  const chosen = job;
  left = true;
  dialog.close();
  action(chosen);
}

/** Asks in place of the buttons; keeping is what the Enter key does. */
function confirm(row, usual) {
  const keep = button("Keep", () => {
    row.replaceChildren(...usual);
    usual.at(-1).focus();
  });
  row.replaceChildren(
    element("p", {}, "Delete this image for good?"),
    button("Delete", erase, { className: "danger" }),
    keep,
  );
  keep.focus();
}

async function erase() {
  const gone = job;
  const place = index();
  try {
    await remove(gone.id);
  } catch (failure) {
    if (failure.status !== 404) {
      document.getElementById("detail-error").textContent = `Not deleted. ${failure.message}`;
      return;
    }
  }
  actions.deleted(gone);
  announce("Deleted.");
  const next = gallery.images()[place] ?? gallery.images().at(-1);
  if (next) {
    open(next);
  } else {
    dialog.close();
  }
}
