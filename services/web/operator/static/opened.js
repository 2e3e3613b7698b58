// A long plan's list comes without stops and without its ladder: they are asked for when somebody opens them.

import { say, values } from "../words.js";
import { announce } from "./selection.js";

async function part(address) {
  const answer = await fetch(address).catch(() => null);
  return answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
}

function plan() {
  return document.getElementById("bar").dataset.plan;
}

/** Whether a tab holds only the way to what it will show. */
export function isLater(tab) {
  return tab !== undefined && "later" in tab.dataset;
}

/** The stops of a circuit that the list does not hold yet. */
export async function openStops(number) {
  const place = document.querySelector(`[data-stops="${number}"]`);
  if (!place || place.ariaBusy) return;
  place.ariaBusy = "true";
  const fresh = await part(`/operateur/arrets?plan=${plan()}&circuit=${number}`);
  place.ariaBusy = null;
  if (!fresh?.querySelector(".stops")) return announce("note", say("stops_failed")); // the link to them stays
  place.replaceWith(...fresh.body.childNodes);
  announce("tabs"); // one of them may be chosen
}

/** The ladder of the plan that is shown, as it stands now; null where it cannot be had. */
export async function fetchLadder() {
  const fresh = await part(`/operateur/frise?jour=${values.day}&flotte=${values.fleet}&plan=${plan()}`);
  return fresh?.getElementById("ladder") ?? null;
}
