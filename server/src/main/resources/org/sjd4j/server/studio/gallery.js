// Finished images, newest first, with a search.

import { connection, finished, Unreachable } from "./api.js";
import { button, element, emptyImage } from "./dom.js";
import { duration } from "./words.js";

const PAGE = 24;
const PATIENCE = 250; // milliseconds without a key until a search begins

const list = document.getElementById("images");
const status = document.getElementById("gallery-status");
const search = document.getElementById("search");
const more = document.getElementById("load-more");
const invitation = document.getElementById("invitation");

let jobs = [];
let further = false; // whether the server has older ones
let asked = null; // what stops the question under way
let open = () => {};

const term = () => search.value.trim();

/** The images shown, newest first. */
export const images = () => jobs;

export const hasMore = () => further;

export function start(opened) {
  open = opened;
  let timer = null;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(load, PATIENCE);
  });
  more.addEventListener("click", async () => {
    const before = jobs.length;
    await loadMore();
    list.children[before]?.querySelector("button").focus({ preventScroll: true });
  });
  connection.addEventListener("restored", load);
  return load();
}

/** Loads the newest images that match the search. */
export async function load() {
  const answer = await ask(null);
  if (answer) {
    jobs = answer.jobs;
    further = answer.more;
    list.replaceChildren(...jobs.map(item));
    describe();
  }
}

/** Loads older images behind those shown. */
export async function loadMore() {
  const answer = await ask(jobs.at(-1)?.id ?? null);
  if (answer) {
    const known = new Set(jobs.map(({ id }) => id));
    const older = answer.jobs.filter(({ id }) => !known.has(id));
    jobs.push(...older);
    further = answer.more;
    list.append(...older.map(item));
    describe();
  }
}

async function ask(before) {
  asked?.abort();
  const mine = new AbortController();
  asked = mine;
  try {
    const answer = await finished({ search: term(), before, limit: PAGE, signal: mine.signal });
    return asked === mine ? answer : null;
  } catch (failure) {
    if (!mine.signal.aborted && !(failure instanceof Unreachable)) {
      status.textContent = `The gallery could not be loaded. ${failure.message}`;
    }
    return null;
  }
}

/** Puts an image that was just finished in front, if it is what is searched for. */
export function add(job) {
  if (job.request.prompt.toLowerCase().includes(term().toLowerCase()) && !jobs.some(({ id }) => id === job.id)) {
    jobs.unshift(job);
    list.prepend(item(job));
    describe();
  }
}

/** Takes out an image that was deleted. */
export function forget(id) {
  const index = jobs.findIndex((job) => job.id === id);
  if (index >= 0) {
    jobs.splice(index, 1);
    list.children[index].remove();
    describe();
  }
}

/** Moves the focus to an image, for example when its detail is closed. */
export function focus(id) {
  list.children[jobs.findIndex((job) => job.id === id)]?.querySelector("button").focus();
}

function describe() {
  const nothing = jobs.length === 0;
  invitation.hidden = !nothing || term() !== "";
  search.hidden = nothing && term() === "";
  more.hidden = !further;
  status.textContent = nothing && term() !== "" ? `No image has “${term()}” in its prompt.` : "";
}

function item(job) {
  const { prompt, decoder, seed, size } = job.request;
  const image = emptyImage(size, "", { loading: "lazy" });
  image.src = job.image;
  const figures = job.result ? `${job.result.steps} steps · ${duration(job.result.seconds)}` : "";
  const node = button("", () => open(job), { className: "thumb", title: prompt });
  node.append(
    element("span", { className: "thumb-frame" }, image),
    element("span", { className: "thumb-prompt" }, prompt),
    element("span", { className: "thumb-figures" }, figures),
    element("span", { className: "unseen" }, `, ${decoder}, seed ${seed}`),
  );
  return element("li", {}, node);
}
