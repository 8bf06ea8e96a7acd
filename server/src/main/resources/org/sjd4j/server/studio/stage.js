// What was just asked for: a group of cards for every press of the button, the newest on top.

import { cancel as cancelJob, isFinal, job as ask } from "./api.js";
import { Card } from "./card.js";
import { announce, element } from "./dom.js";
import { follow, heard } from "./follow.js";
import { count, duration } from "./words.js";

const KEY = "sjd4j.studio.running"; // ids of this page's unfinished jobs, so that a reload takes them up again
const stage = document.getElementById("stage");
const groups = new Set();

/** Tells "finished" with the job in detail, and "changed" when a job begins or ends. */
export const generation = new EventTarget();

let actions = {};

/** What the cards' buttons do: open(job) and vary(job). */
export function start(given) {
  actions = { ...given, cancel };
}

/** Shows jobs of one request; resolves with them when all are final. */
export async function show(jobs) {
  const group = newGroup(jobs[0].request, jobs.length);
  announce(jobs.length === 1 ? "Generating." : `Generating ${jobs.length} images.`);
  const results = await Promise.all(jobs.map((job) => track(group, group.card(), job)));
  announce(summary(results));
  return results;
}

function summary(jobs) {
  const failed = jobs.find((job) => job?.state === "failed");
  const finished = jobs.filter((job) => job?.state === "finished");
  const parts = [];
  if (jobs.length === 1 && finished.length === 1) {
    parts.push(`Finished: ${count(finished[0].result.steps, "step")}, ${duration(finished[0].result.seconds)}.`);
  } else if (finished.length > 0) {
    parts.push(`${count(finished.length, "image")} finished.`);
  }
  if (failed) {
    parts.push(`Failed: ${failed.error?.message ?? ""}`);
  }
  return parts.join(" ") || "Cancelled.";
}

/** A group for a request; groups with nothing to generate any more make room, the gallery has their images. */
export function newGroup(request, size, kind = "") {
  for (const group of groups) {
    if ([...group.cards].every(({ job }) => job === null || isFinal(job.state)) && !group.waits) {
      groups.delete(group);
      group.node.remove();
    }
  }
  const list = element("div", { className: "cards" });
  const node = element(
    "section",
    { className: `group ${size === 1 ? "solo" : "many"} ${kind}` },
    element("h2", { className: "prompt" }, request.prompt),
    list,
  );
  const group = {
    node,
    cards: new Set(),
    waits: false, // whether more will be generated in it
    card(title = null) {
      const card = new Card(request.size, actions, title);
      group.cards.add(card);
      list.append(card.node);
      return card;
    },
  };
  groups.add(group);
  stage.prepend(node);
  stage.hidden = false;
  bringIntoView();
  return group;
}

function bringIntoView() {
  const { top } = stage.getBoundingClientRect();
  if (top > innerHeight * 0.6 || top < -stage.offsetHeight) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    stage.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
  }
}

/** Follows a job on its card; resolves with it when it is final, with null if the server forgot it. */
export function track(group, card, job) {
  return new Promise((resolve) => {
    follow(job, (now) => {
      card.show(now);
      if (now === null || isFinal(now.state)) {
        if (now?.state === "finished") {
          generation.dispatchEvent(new CustomEvent("finished", { detail: now }));
        }
        resolve(now);
      }
      changed();
    });
  });
}

const running = () =>
  [...groups].flatMap((group) => [...group.cards]).map(({ job }) => job).filter((job) => job && !isFinal(job.state));

function changed() {
  try {
    localStorage.setItem(KEY, JSON.stringify(running().map(({ id }) => id)));
  } catch {
    // nothing is remembered
  }
  generation.dispatchEvent(new Event("changed"));
}

export const busy = () => running().length > 0;

async function cancel(job) {
  try {
    const answer = await cancelJob(job.id);
    if (answer) {
      heard(answer);
    }
  } catch (failure) {
    generation.dispatchEvent(new CustomEvent("refused", { detail: failure }));
  }
}

/** Cancels everything that this page still waits for, the last first, so that none begins in between. */
export async function cancelAll() {
  await Promise.all(running().reverse().map(cancel));
}

/** Takes an image that was deleted off the stage. */
export function forget(id) {
  for (const group of groups) {
    for (const card of group.cards) {
      if (card.job?.id === id) {
        group.cards.delete(card);
        card.node.remove();
      }
    }
    if (group.cards.size === 0) {
      groups.delete(group);
      group.node.remove();
    }
  }
  stage.hidden = groups.size === 0;
}

/** Takes up jobs that were running when the page was left. */
export async function resume() {
  let ids = [];
  try {
    ids = JSON.parse(localStorage.getItem(KEY)) ?? [];
  } catch {
    return;
  }
  const jobs = await Promise.all(ids.map((id) => ask(id).catch(() => null)));
  for (const job of jobs.filter((job) => job && !isFinal(job.state))) {
    show([job]);
  }
}
