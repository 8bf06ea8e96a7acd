// Keeps every job that is not final up to date: by a stream of events for some, by asking for the others.

import { connection, events, isFinal, job as ask, Refused, Unreachable } from "./api.js";

// A browser opens six connections to a host, for all tabs together; images and requests need some of them.
const STREAMS = 2;
const PAUSE = 500; // milliseconds between rounds of asking
const HIDDEN_PAUSE = 4000; // the same while nobody looks
const SILENCE = 5000; // a running job whose stream says nothing for so long is asked for

const followed = new Map(); // id -> { job, changed, source, heard }
let timer = null;

/**
 * Calls changed(job) now and at every change until the job is final; changed(null) if the server does not know
 * the job any more.
 */
export function follow(job, changed) {
  changed(job);
  if (!isFinal(job.state)) {
    followed.set(job.id, { job, changed, source: null, heard: Date.now() });
    openStreams();
    timer ??= setTimeout(round, PAUSE);
  }
}

/** Takes over what an answer told about a job, such as that it was cancelled. */
export function heard(job) {
  const entry = followed.get(job.id);
  if (!entry) {
    return;
  }
  entry.job = job;
  entry.heard = Date.now();
  if (isFinal(job.state)) {
    forget(job.id);
  }
  entry.changed(job);
}

function forget(id) {
  closeStream(followed.get(id));
  followed.delete(id);
  openStreams();
}

function openStreams() {
  if (document.hidden) {
    return;
  }
  const entries = [...followed.values()];
  const free = STREAMS - entries.filter((entry) => entry.source).length;
  // Map keeps the order of submission, which is nearly the order of generation.
  for (const entry of entries.filter((entry) => !entry.source).slice(0, Math.max(0, free))) {
    openStream(entry);
  }
}

function openStream(entry) {
  const source = events(entry.job.id);
  entry.source = source;
  source.addEventListener("job", (event) => heard(JSON.parse(event.data)));
  // The browser would try again by itself, but not after every kind of failure: asking decides what is true.
  source.addEventListener("error", () => {
    closeStream(entry);
    refresh(entry);
  });
}

function closeStream(entry) {
  entry?.source?.close();
  if (entry) {
    entry.source = null;
  }
}

/** Asks for a job; false if there was nobody to ask. */
async function refresh(entry) {
  const id = entry.job.id;
  try {
    const job = await ask(id);
    if (!entry.source || isFinal(job.state) || Date.now() - entry.heard > SILENCE) {
      heard(job);
    }
  } catch (failure) {
    if (failure instanceof Refused && failure.status === 404 && followed.has(id)) {
      forget(id);
      entry.changed(null);
    }
    return !(failure instanceof Unreachable);
  }
  return true;
}

async function round() {
  for (const entry of [...followed.values()]) {
    if (!entry.source || (entry.job.state === "running" && Date.now() - entry.heard > SILENCE)) {
      if (!(await refresh(entry))) {
        break;
      }
    }
  }
  openStreams();
  timer = followed.size > 0 ? setTimeout(round, document.hidden ? HIDDEN_PAUSE : PAUSE) : null;
}

// A hidden tab gives its connections to the one that is looked at.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    followed.forEach(closeStream);
  } else {
    openStreams();
  }
});

connection.addEventListener("restored", openStreams);
