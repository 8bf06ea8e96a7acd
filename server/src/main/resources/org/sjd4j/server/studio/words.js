// What the page says about a job: plain sentences from figures. Knows no element, so it can be tested alone.

const BLANK = "\u00a0"; // a line with nothing in it

/** 0.62 s, 12.4 s, 2 min 5 s. */
export function duration(seconds) {
  if (seconds < 10) {
    return `${seconds.toFixed(2)} s`;
  }
  if (seconds < 60) {
    return `${seconds.toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** A time that is only an estimate, without digits that nobody knows. */
function about(seconds) {
  if (seconds < 1) {
    return "under 1 s";
  }
  return seconds < 60 ? `about ${Math.ceil(seconds)} s` : `about ${Math.ceil(seconds / 60)} min`;
}

export const count = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;

/** Where a waiting or running job stands: short lines, always as many, so that nothing jumps. */
export function progress(job) {
  if (job.state === "queued") {
    return ["Queued", job.place > 0 ? `${count(job.place, "image")} before it` : "next in line", BLANK];
  }
  const expected = Math.max(job.steps_expected ?? 0, job.step ?? 0);
  const steps = job.steps_expected > 0 ? `Step ${job.step} of about ${expected}` : `Step ${job.step ?? 0}`;
  const tokens = job.tokens > 0 ? `${job.accepted ?? 0} of ${job.tokens} tokens accepted` : BLANK;
  return [steps, tokens, Number.isFinite(job.seconds_left) ? `${about(job.seconds_left)} left` : BLANK];
}

/** Steps and seconds against plain AR, also where AR won. */
export function speed({ request, result }) {
  return [steps(request, result), seconds(request, result)];
}

function steps(request, result) {
  const plain = result.autoregression_steps;
  const own = count(result.steps, "step");
  if (request.decoder === "ar" || !plain) {
    return own;
  }
  if (result.steps === plain) {
    return `${own}, as many as plain AR`;
  }
  return result.steps < plain ? `${own} instead of ${plain}` : `${own}, more than plain AR’s ${plain}`;
}

function seconds(request, result) {
  const plain = result.autoregression_seconds;
  const own = duration(result.seconds);
  if (request.decoder === "ar" || !plain || !result.seconds) {
    return own;
  }
  const other = duration(plain);
  if (own === other) {
    return `${own}, as long as plain AR`;
  }
  return result.seconds < plain ? `${own} instead of ${other}` : `${own}, slower than plain AR’s ${other}`;
}

/** Steps and seconds as parts of what plain AR needs, or null for plain AR itself and where nothing is known. */
export function against({ request, result }) {
  const part = (own, plain) => (request.decoder !== "ar" && own > 0 && plain > 0 ? own / plain : null);
  return [
    part(result.steps, result.autoregression_steps),
    part(result.seconds, result.autoregression_seconds),
  ];
}

/** How many tokens a step accepted on average. */
export const compression = (result) => `${result.tokens_per_step.toFixed(2)} tokens per step`;

/** The words of the prompt that the model was never taught, or null. */
export function unknown(result) {
  const words = result.unknown_words ?? [];
  if (words.length === 0) {
    return null;
  }
  const quoted = words.map((word) => `“${word}”`);
  const list = quoted.length === 1 ? quoted[0] : `${quoted.slice(0, -1).join(", ")} and ${quoted.at(-1)}`;
  return `The model does not know ${list}.`;
}

/** What side by side has shown. */
export function verdict(first, second) {
  const [a, b] = [first.request.decoder, second.request.decoder];
  const same = first.result.tokens_hash === second.result.tokens_hash;
  return { same, text: `${sameness(same, first, second)} ${comparison(first, second, a, b)}` };
}

function sameness(same, first, second) {
  if (same) {
    return first.result.tokens
      ? `The same image, token for token: all ${first.result.tokens} are equal.`
      : "The same image, token for token.";
  }
  return "Not the same image: the tokens differ.";
}

function comparison(first, second, a, b) {
  const [one, two] = [first.result.seconds, second.result.seconds];
  if (!(one > 0 && two > 0) || a === b) {
    return "";
  }
  const ratio = Math.max(one, two) / Math.min(one, two);
  if (ratio < 1.02) {
    return `${a} and ${b} took equally long.`;
  }
  return `${one < two ? a : b} was ${ratio.toFixed(ratio < 10 ? 2 : 0)} times as fast.`;
}

/** The settings of a request as pairs of a name and a value, for people. */
export function settings(job) {
  const { request, result } = job;
  return [
    ["Decoder", request.decoder],
    ["Seed", request.seed],
    ["Guidance", request.guidance_scale],
    ["Size", String(request.size ?? "").replace("x", " × ")],
    ["Window", request.decoder === "ar" ? null : request.window],
    ["Denoising steps", request.denoising_steps || null],
    ["Temperature", request.temperature],
    ["Top-k", request.top_k === 0 ? "off" : request.top_k],
    ["Top-p", request.top_p],
    ["Negative prompt", request.negative_prompt || null],
    ["Model", request.model],
    ["Generated", when(job.created)],
    ["Hash of the tokens", result?.tokens_hash?.slice(0, 12)],
  ].filter(([, value]) => value !== null && value !== undefined && value !== "");
}

const clock = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });

const when = (unixSeconds) => clock.format(new Date(unixSeconds * 1000));
