// What an image cost against plain AR, as lines: the sentence says it, a thin bar shows it.

import { element } from "./dom.js";
import { against, compression, speed, unknown } from "./words.js";

/** Steps, seconds, tokens per step, what else is given, and the words that the model does not know. */
export function figures(job, ...more) {
  const parts = against(job);
  const missing = unknown(job.result);
  return [
    ...speed(job).flatMap((text, i) => [element("p", { className: "strong" }, text), ...bar(parts[i])]),
    ...[compression(job.result), ...more].map((text) => element("p", {}, text)),
    ...(missing ? [element("p", { className: "note" }, missing)] : []),
  ];
}

function bar(part) {
  if (part === null) {
    return [];
  }
  const className = part > 1 ? "against slower" : "against";
  return [element("progress", { className, max: 1, value: Math.min(part, 1), "aria-hidden": "true" })];
}
