// The form: fills it from what the server says, reads a request from it, remembers it, and shows what is wrong where.

import { element } from "./dom.js";

const KEY = "sjd4j.studio.settings";
const NUMBERS = ["guidance_scale", "window", "denoising_steps", "temperature", "top_k", "top_p"];
const form = document.getElementById("composer");
const fields = form.elements;

let info = null;

const model = () => info.models.find(({ id }) => id === fields.model.value) ?? info.models[0];
const decoder = (name) => info.decoders.find((candidate) => candidate.name === name);
export const sideBySide = () => fields.mode.value === "two";

// Seeds are texts: numbers above 2^53 are not exact here.
const LEAST_SEED = -(2n ** 63n);
const LARGEST_SEED = 2n ** 63n - 1n;

/** A seed that a person can read aloud. */
export const randomSeed = () => String(crypto.getRandomValues(new Uint32Array(1))[0] % 1_000_000);

/** Fills the form's choices, then what was remembered, then what the server proposes for the rest. */
export function start(answer) {
  info = answer;
  fields.model.replaceChildren(...info.models.map(({ id }) => element("option", { value: id }, id)));
  document.getElementById("model-field").hidden = info.models.length < 2;
  fields.n.max = info.limits.images;
  const stored = recall();
  choose(fields.model, stored.model);
  modelChanged(stored);
  for (const name of ["prompt", "negative_prompt", "seed", "n"]) {
    fields[name].value = stored[name] ?? fields[name].value;
  }
  fields.mode.value = stored.mode === "two" ? "two" : "one";
  document.getElementById("more").open = stored.more === true;
  refresh();

  form.addEventListener("input", ({ target }) => {
    setError(target.name, "");
    if (target.name === "model") {
      modelChanged({});
    }
    refresh();
    remember();
  });
  document.getElementById("more").addEventListener("toggle", remember);
  document.getElementById("dice").addEventListener("click", () => set({ seed: randomSeed() }));
  document.getElementById("reset").addEventListener("click", () => {
    modelChanged({});
    set({ negative_prompt: "" });
  });
}

/** The choices and the numbers of the chosen model; what is not in values is the model's default. */
function modelChanged(values) {
  const { sizes, defaults, image_tokens, decoders } = model();
  fields.window.max = image_tokens;
  fields.size.replaceChildren(...sizes.map((size) => element("option", { value: size }, size.replace("x", " × "))));
  choose(fields.size, values.size);
  for (const select of [fields.decoder, fields.second]) {
    select.replaceChildren(
      ...info.decoders.map(({ name, lossless }) => {
        const possible = decoders.includes(name);
        const note = possible ? (lossless ? "" : " (lossy)") : " (not with this model)";
        return element("option", { value: name, disabled: !possible }, name + note);
      }),
    );
  }
  choose(fields.decoder, values.decoder, defaults.decoder);
  choose(fields.second, values.second, "ar");
  for (const name of NUMBERS) {
    fields[name].value = values[name] ?? defaults[name] ?? "";
  }
}

function choose(select, ...wishes) {
  const options = [...select.options].filter((option) => !option.disabled);
  const wanted = wishes.find((wish) => options.some((option) => option.value === wish));
  select.value = wanted ?? options[0]?.value;
}

/** Shows what belongs to the mode and to the decoders chosen. */
function refresh() {
  const two = sideBySide();
  const chosen = [decoder(fields.decoder.value), two ? decoder(fields.second.value) : null].filter(Boolean);
  document.getElementById("second-field").hidden = !two;
  document.getElementById("n-field").hidden = two;
  document.getElementById("decoder-label").textContent = two ? "First decoder" : "Decoder";
  document.getElementById("generate").textContent = two ? "Generate both" : "Generate";
  document.getElementById("decoder-hint").textContent = decoder(fields.decoder.value)?.description ?? "";
  document.getElementById("second-hint").textContent = decoder(fields.second.value)?.description ?? "";
  document.getElementById("negative_prompt-field").hidden = !model().negative_prompt;
  fields.denoising_steps.disabled = !chosen.some(({ denoises }) => denoises);
  fields.window.disabled = chosen.every(({ name }) => name === "ar");
}

/** Puts values into the form, as if they had been typed. */
export function set(values) {
  if (values.model !== undefined && info.models.some(({ id }) => id === values.model)) {
    fields.model.value = values.model;
    modelChanged(values);
  }
  for (const [name, value] of Object.entries(values)) {
    if (fields[name] instanceof HTMLSelectElement) {
      choose(fields[name], value, fields[name].value);
    } else if (fields[name] && value !== null && value !== undefined) {
      fields[name].value = value;
    }
  }
  clearErrors();
  refresh();
  remember();
}

/** The settings of a job that was generated; a decoder that does not denoise leaves the number of denoising steps alone. */
export function reuse(request) {
  const { denoising_steps, ...rest } = request;
  set(decoder(request.decoder)?.denoises ? request : rest);
}

/** The request for the decoder in that field, or null if something in the form is wrong; that is shown then. */
export function read(field = "decoder") {
  clearErrors();
  const name = fields[field].value;
  const request = {
    prompt: fields.prompt.value.trim(),
    model: model().id,
    decoder: name,
    size: fields.size.value,
    seed: seed(),
    n: sideBySide() ? 1 : number("n"),
    negative_prompt: (model().negative_prompt && fields.negative_prompt.value.trim()) || null,
  };
  for (const setting of NUMBERS) {
    request[setting] = number(setting);
  }
  if (!decoder(name)?.denoises) {
    request.denoising_steps = null;
  }
  if (!request.prompt) {
    setError("prompt", "Describe the image first.");
  } else if (request.prompt.length > model().prompt_characters) {
    setError("prompt", `The prompt has ${request.prompt.length} characters; ${model().prompt_characters} are possible.`);
  }
  return focusError() ? null : request;
}

function seed() {
  const text = fields.seed.value.trim();
  if (text === "") {
    return null;
  }
  if (!/^-?\d{1,19}$/.test(text) || BigInt(text) < LEAST_SEED || BigInt(text) > LARGEST_SEED) {
    setError("seed", "The seed is a whole number of at most 64 bits, or nothing for a random one.");
    return null;
  }
  return text;
}

function number(name) {
  const field = fields[name];
  if (field.disabled || (field.value === "" && !field.validity.badInput)) {
    return null;
  }
  if (!field.validity.valid) {
    setError(name, field.validationMessage);
    return null;
  }
  return Number(field.value);
}

/** Shows an error at the field that it is about (also if that is folded away), or else at the button. */
export function showError(message, param = null) {
  const known = param !== null && document.getElementById(`${param}-error`) && fields[param];
  setError(known ? param : "composer", message);
  focusError();
}

function setError(name, message) {
  const line = document.getElementById(`${name}-error`);
  if (line) {
    line.textContent = message;
    fields[name]?.setAttribute?.("aria-invalid", message !== "");
  }
}

export function clearErrors() {
  for (const line of form.querySelectorAll(".error")) {
    setError(line.id.slice(0, -"-error".length), "");
  }
}

function focusError() {
  const invalid = form.querySelector("[aria-invalid=true]");
  if (invalid?.closest("details")) {
    invalid.closest("details").open = true;
  }
  invalid?.focus();
  return invalid !== null;
}

function recall() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {}; // storage is off, or holds something else
  }
}

/** Remembers what a person chose; a model's own default is not written down, so that a better one takes effect. */
function remember() {
  const { defaults } = model();
  const values = { mode: fields.mode.value, more: document.getElementById("more").open };
  for (const name of ["prompt", "negative_prompt", "seed", "n", "model", "size", "decoder", "second", ...NUMBERS]) {
    const value = fields[name].value;
    if (value !== "" && value !== String(defaults[name])) {
      values[name] = value;
    }
  }
  try {
    localStorage.setItem(KEY, JSON.stringify(values));
  } catch {
    // a private window: nothing is remembered
  }
}
