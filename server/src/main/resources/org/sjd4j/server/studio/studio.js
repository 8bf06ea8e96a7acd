// The studio: a form, the stage where images settle, and the gallery. This file ties them together.

import { connection, info, Refused, submit, Unreachable } from "./api.js";
import { compare } from "./compare.js";
import * as detail from "./detail.js";
import { announce, button, element } from "./dom.js";
import * as gallery from "./gallery.js";
import * as settings from "./settings.js";
import * as stage from "./stage.js";

const form = document.getElementById("composer");
const prompt = document.getElementById("prompt");
const cancel = document.getElementById("cancel");
const banner = document.getElementById("connection");
const dialog = document.getElementById("detail");

let sending = false;

async function generate() {
  if (sending) {
    return;
  }
  const two = settings.sideBySide();
  const request = settings.read();
  const second = request && two ? settings.read("second") : null;
  if (!request || (two && !second)) {
    return;
  }
  sending = true;
  try {
    if (two) {
      const seed = request.seed ?? settings.randomSeed();
      const comparison = compare({ ...request, seed }, { ...second, seed });
      sending = false; // others may be asked for meanwhile
      await comparison;
    } else {
      const jobs = await submit(request);
      stage.show(jobs);
    }
  } catch (failure) {
    report(failure);
  } finally {
    sending = false;
  }
}

function report(failure) {
  if (failure instanceof Unreachable) {
    settings.showError("The server cannot be reached. Nothing was sent; try again when the connection is back.");
  } else if (failure instanceof Refused) {
    const again = failure.retryAfter ? ` Try again in ${failure.retryAfter} s.` : "";
    settings.showError(failure.message + again, failure.param);
  } else {
    settings.showError("The page has failed. Load it again.");
    throw failure;
  }
}

function reuse(job) {
  settings.reuse({ ...job.request, n: 1 });
  prompt.focus();
  form.scrollIntoView({ block: "start" });
  announce("The settings are in the form.");
}

function vary(job) {
  settings.reuse({ ...job.request, n: 1, seed: settings.randomSeed() });
  generate();
}

function propose(text) {
  settings.set({ prompt: text });
  prompt.focus();
  prompt.setSelectionRange(text.length, text.length);
}

function examples(prompts) {
  document.getElementById("chips").replaceChildren(
    ...prompts.map((text) => element("li", {}, button(text, () => propose(text), { className: "chip" }))),
  );
  const example = document.getElementById("example");
  example.hidden = prompts.length === 0;
  let next = Math.floor(Math.random() * prompts.length);
  example.addEventListener("click", () => propose(prompts[next++ % prompts.length]));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  generate();
});

document.addEventListener("keydown", (event) => {
  if (dialog.open || event.isComposing) {
    return;
  }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    generate();
  } else if (event.key === "Escape" && !(event.target.type === "search" && event.target.value)) {
    stage.cancelAll();
  }
});

cancel.addEventListener("click", () => {
  stage.cancelAll();
  document.getElementById("generate").focus();
});
stage.generation.addEventListener("changed", () => {
  if (!stage.busy() && document.activeElement === cancel) {
    document.getElementById("generate").focus();
  }
  cancel.hidden = !stage.busy();
});
stage.generation.addEventListener("finished", ({ detail: job }) => gallery.add(job));
stage.generation.addEventListener("refused", ({ detail: failure }) => report(failure));

function notice(text, good = false) {
  banner.textContent = text;
  banner.classList.toggle("good", good);
  banner.hidden = text === "";
}

connection.addEventListener("lost", () => notice("The connection to the server is lost. Trying again …"));
connection.addEventListener("restored", () => {
  notice("Connected again.", true);
  setTimeout(() => banner.classList.contains("good") && notice(""), 3000);
});

async function begin() {
  const answer = await info();
  if (!banner.classList.contains("good")) {
    notice("");
  }
  settings.start(answer);
  form.inert = false;
  document.getElementById("server").textContent = `${answer.models.map(({ id }) => id).join(", ")} · ${answer.version}`;
  examples(answer.examples ?? []);
  stage.start({ open: detail.open, vary });
  detail.start({
    reuse,
    vary,
    deleted({ id }) {
      gallery.forget(id);
      stage.forget(id);
    },
  });
  await gallery.start(detail.open);
  await stage.resume();
}

/** Begins when the server is ready for it: it may be starting just now. */
function beginWhenPossible() {
  begin().catch((failure) => {
    if (failure instanceof Unreachable) {
      connection.addEventListener("restored", beginWhenPossible, { once: true });
    } else if (failure instanceof Refused && failure.status === 503) {
      notice("The server is getting ready …");
      setTimeout(beginWhenPossible, 1000);
    } else {
      notice(`The studio cannot start. ${failure.message}`);
      throw failure;
    }
  });
}

if (/Mac|iPhone|iPad/.test(navigator.platform)) {
  document.querySelector(".keys kbd").textContent = "⌘";
}
beginWhenPossible();
