// An image while it settles: the accepted tokens clear, the drafts behind them under a veil.

import { dimensions, element, emptyImage } from "./dom.js";

const ATTEMPTS = 5; // for the finished image, when the connection is lost just then
const PAUSE = 2000; // milliseconds between them

/** The frame's content for a job: show(job) brings it up to date. */
export class Preview {
  #image = null; // the one that is seen
  #veil = element("div", { className: "veil", hidden: true });
  #size;
  #shape;
  #wanted = null; // the newest address
  #last = null; // the address that was asked for before
  #loading = false;

  constructor(size) {
    this.#size = size;
    this.#shape = dimensions(size);
    this.node = element("div", { className: "settling empty" }, this.#veil);
    this.node.style.setProperty("--shape", `${this.#shape.width} / ${this.#shape.height}`);
  }

  show(job) {
    const active = job.state === "queued" || job.state === "running";
    if (job.state === "finished" && job.image) {
      this.#load(job.image, () => (this.#veil.hidden = true), job.request.prompt, ATTEMPTS);
    } else if (job.state === "running" && job.preview) {
      this.#load(job.preview, () => this.#cover(job.accepted, job.tokens));
    }
    this.node.classList.toggle("waits", active);
    this.node.classList.toggle("stopped", !active && job.state !== "finished");
  }

  // One at a time: a new address that stopped the loading of the last would, on a slow line, let nothing ever show.
  // Each has an element of its own, so that the last image stays until the next is there.
  async #load(address, shown, alt = "", attempts = 1) {
    if (address === this.#last) {
      return;
    }
    this.#last = address;
    this.#wanted = { address, shown, alt, attempts };
    if (this.#loading) {
      return;
    }
    this.#loading = true;
    while (this.#wanted) {
      const wanted = this.#wanted;
      this.#wanted = null;
      await this.#try(wanted);
    }
    this.#loading = false;
  }

  async #try(wanted) {
    const image = emptyImage(this.#size, wanted.alt);
    image.src = wanted.address;
    try {
      await image.decode();
    } catch {
      if (wanted.attempts > 1) {
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
        this.#wanted ??= { ...wanted, attempts: wanted.attempts - 1 };
      }
      return;
    }
    this.#image?.remove();
    this.#image = image;
    this.node.prepend(image);
    this.node.classList.remove("empty");
    wanted.shown();
  }

  /** Covers what is not accepted yet: tokens come row by row, so it is the rest of a row and all rows below. */
  #cover(accepted, tokens) {
    if (!(tokens > 0)) {
      return;
    }
    const { width, height } = this.#shape;
    const columns = Math.max(1, Math.round(Math.sqrt((tokens * width) / height)));
    const rows = Math.max(1, Math.ceil(tokens / columns));
    const x = ((accepted % columns) / columns) * 100;
    const top = (Math.floor(accepted / columns) / rows) * 100;
    const below = Math.min(100, top + 100 / rows);
    this.#veil.hidden = accepted >= tokens;
    this.#veil.style.clipPath = `polygon(${x}% ${top}%, 100% ${top}%, 100% 100%, 0% 100%, 0% ${below}%, ${x}% ${below}%)`;
  }
}
