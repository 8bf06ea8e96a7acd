// The server's native API as functions, and what is known about the connection to it.

const PATIENCE = 15_000; // milliseconds until a request without an answer counts as a lost connection
const PAUSES = [1000, 2000, 4000, 5000]; // between attempts to reach a lost server

/** The server refused: its message, the field that caused it (or null), and when to try again (seconds or null). */
export class Refused extends Error {
  constructor(status, error, retryAfter) {
    super(error?.message ?? `The server answered with status ${status}.`);
    this.status = status;
    this.param = error?.param ?? null;
    this.retryAfter = retryAfter;
  }
}

/** The server could not be reached. */
export class Unreachable extends Error {
  constructor() {
    super("The server cannot be reached.");
  }
}

/** Tells "lost" when the server stops answering and "restored" when it answers again. */
export const connection = new EventTarget();

let lost = false;
let attempts = 0;
let timer = null;

/** Notes that the server did not answer, and tries until it does. */
export function connectionLost() {
  if (!lost) {
    lost = true;
    attempts = 0;
    connection.dispatchEvent(new Event("lost"));
    tryAgain();
  }
}

function tryAgain() {
  clearTimeout(timer);
  const pause = PAUSES[Math.min(attempts++, PAUSES.length - 1)];
  timer = setTimeout(() => info().catch(() => {}).then(() => lost && tryAgain()), pause);
}

function connectionWorks() {
  if (lost) {
    lost = false;
    clearTimeout(timer);
    connection.dispatchEvent(new Event("restored"));
  }
}

addEventListener("online", () => lost && info().catch(() => {}));

async function call(method, path, { body, signal } = {}) {
  const limit = AbortSignal.timeout(PATIENCE);
  let response;
  let text;
  try {
    response = await fetch(path, {
      method,
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      headers: body ? { "Content-Type": "application/json" } : {},
      body: body ? JSON.stringify(body) : undefined,
    });
    text = await response.text();
  } catch (failure) {
    if (signal?.aborted) {
      throw failure;
    }
    connectionLost();
    throw new Unreachable();
  }
  connectionWorks();
  const answer = json(text);
  if (!response.ok) {
    const seconds = Number(response.headers.get("Retry-After"));
    throw new Refused(response.status, answer?.error, seconds > 0 ? seconds : null);
  }
  return answer;
}

function json(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // no content, or a proxy's own page
  }
}

const address = (id) => `/api/jobs/${encodeURIComponent(id)}`;

export const info = () => call("GET", "/api/info");

/** Starts one job, or n with seeds one after the other. */
export const submit = async (request) => (await call("POST", "/api/jobs", { body: request })).jobs;

export const job = (id) => call("GET", address(id));

/** Removes a final job with its image. */
export const remove = (id) => call("DELETE", address(id));

/** Cancels a job and gives it back; one that has just finished keeps its image. */
export const cancel = (id) => call("DELETE", `${address(id)}?cancel=true`);

/** Finished jobs, newest first: { jobs, more }. */
export function finished({ search = "", before = null, limit = 24, signal } = {}) {
  const query = new URLSearchParams({ state: "finished", limit });
  if (search) {
    query.set("search", search);
  }
  if (before) {
    query.set("before", before);
  }
  return call("GET", `/api/jobs?${query}`, { signal });
}

/** A stream of the job's changes. */
export const events = (id) => new EventSource(`${address(id)}/events`);

/** Where the image can be downloaded with its metadata, under a telling name. */
export const download = (id) => `${address(id)}/image?download=1`;

export const isFinal = (state) => state === "finished" || state === "failed" || state === "cancelled";
