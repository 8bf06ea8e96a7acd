// One job on the stage: waiting, running, finished, failed or cancelled.

import { download, isFinal } from "./api.js";
import { button, element } from "./dom.js";
import { figures } from "./figures.js";
import { Preview } from "./preview.js";
import { progress } from "./words.js";

export class Card {
  job = null;
  #preview;
  #open;
  #text = element("div", { className: "card-text" });
  #bar = element("progress", { max: 1, value: 0 });
  #buttons = element("div", { className: "card-buttons" });
  #final = null; // whether the buttons are those of a job that has ended
  #actions;
  #title;

  /**
   * A card for an image of that size, still without a job. The actions are open(job), cancel(job) and vary(job);
   * the title stands above, where there are several.
   */
  constructor(size, actions, title = null) {
    this.#actions = actions;
    this.#title = title;
    this.#preview = new Preview(size);
    this.#open = button("", () => actions.open(this.job), { className: "frame", disabled: true, "aria-label": "Not finished yet" });
    this.#open.append(this.#preview.node);
    this.#bar.setAttribute("aria-label", "Progress");
    this.node = element(
      "article",
      { className: "card", tabIndex: -1 },
      this.#open,
      element(
        "div",
        { className: "card-about" },
        title === null ? null : element("h3", {}, title),
        this.#bar,
        this.#text,
        this.#buttons,
      ),
    );
    this.say("Waits until the first is generated.");
  }

  say(...lines) {
    this.#text.replaceChildren(...lines.filter(Boolean).map((line) => element("p", {}, line)));
  }

  /** Brings the card up to date; null stands for a job that the server does not know any more. */
  show(job) {
    if (job === null) {
      this.job = { ...this.job, state: "cancelled" };
      this.#settle("cancelled", "The server does not know this job any more.");
      return;
    }
    this.job = job;
    this.#preview.show(job);
    if (!isFinal(job.state)) {
      this.#bar.value = job.tokens > 0 ? (job.accepted ?? 0) / job.tokens : 0;
      this.say(...progress(job));
      this.#become(job.state, [button("Cancel", () => this.#actions.cancel(this.job))]);
    } else if (job.state === "finished") {
      this.#finish(job);
    } else if (job.state === "failed") {
      this.#settle("failed", job.error?.message ?? "The image could not be generated.");
    } else {
      this.#settle("cancelled", job.step > 0 ? `Cancelled after ${job.step} steps.` : "Cancelled.");
    }
  }

  #finish(job) {
    this.#open.disabled = false;
    this.#open.setAttribute("aria-label", `Open the image: ${job.request.prompt}, seed ${job.request.seed}`);
    const { decoder, seed } = job.request;
    this.#text.replaceChildren(...figures(job, this.#title ? `seed ${seed}` : `${decoder} · seed ${seed}`));
    this.#become("finished", [
      button("Vary the seed", () => this.#actions.vary(this.job)),
      element("a", { className: "button", href: download(job.id), download: "" }, "Download"),
    ]);
  }

  #settle(state, message) {
    this.say(message);
    this.#become(state, []);
  }

  /** Buttons change only when the job ends, so that the one that has the focus keeps it. */
  #become(state, buttons) {
    this.node.dataset.state = state;
    if (this.#final === isFinal(state)) {
      return;
    }
    this.#final = isFinal(state);
    this.#bar.hidden = this.#final;
    const focused = this.#buttons.contains(document.activeElement);
    this.#buttons.replaceChildren(...buttons);
    if (focused) {
      (this.#open.disabled ? this.node : this.#open).focus();
    }
  }
}
