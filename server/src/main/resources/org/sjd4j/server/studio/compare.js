// Side by side: two decoders, the same seed, one after the other so that neither takes time from the other.

import { submit } from "./api.js";
import { announce, element } from "./dom.js";
import { newGroup, track } from "./stage.js";
import { verdict } from "./words.js";

/** A job whose image is compared with plain AR's own time, where the other one is plain AR's: no estimate is as good. */
function against(job, other) {
  return other.request.decoder === "ar"
    ? { ...job, result: { ...job.result, autoregression_seconds: other.result.seconds } }
    : job;
}

/** Generates both requests, which differ in the decoder, and says what came of it. An error of the second is thrown. */
export async function compare(first, second) {
  const [job] = await submit(first);
  const group = newGroup(job.request, 2, "versus");
  group.waits = true;
  const statement = element("p", { className: "verdict", hidden: true });
  group.node.append(statement);
  const cards = [group.card(first.decoder), group.card(second.decoder)];
  announce(`Generating with ${first.decoder}, then with ${second.decoder}.`);
  try {
    const one = await track(group, cards[0], job);
    if (one?.state !== "finished") {
      cards[1].say("Not generated, as the first was not finished.");
      announce("Side by side has ended early.");
      return;
    }
    const [next] = await submit({ ...second, seed: job.request.seed });
    const two = await track(group, cards[1], next);
    if (two?.state !== "finished") {
      announce("Side by side has ended early.");
      return;
    }
    cards[0].show(against(one, two));
    cards[1].show(against(two, one));
    const { same, text } = verdict(one, two);
    statement.textContent = text;
    statement.classList.add(same ? "same" : "different");
    statement.hidden = false;
    announce(text);
  } catch (failure) {
    cards[1].say("Not generated.");
    throw failure;
  } finally {
    group.waits = false;
  }
}
