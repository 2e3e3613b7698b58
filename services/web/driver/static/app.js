// The crew's day on the phone: shows the next stop, notes what they say, and leaves sending to the sender.

import { element, say, values } from "../words.js";
import * as outbox from "./outbox.js";
import { outcomesOf } from "./said.js";
import * as screens from "./screens.js";
import { Sender } from "./sender.js";
import { way } from "./way.js";

const UNDO_MS = 5000;
const POLL_MS = 60000;

const app = document.getElementById("app");
const head = element("div", { class: "head" });
const body = element("main", {});
app.append(head, body);

const day = {
  circuit: null, streets: null, confirmed: [], outcomes: new Map(), picked: null, screen: "stop", entries: [], refused: 0,
  away: !navigator.onLine, needsPin: false, pinFault: null, last: null, isNew: false,
}; // prettier-ignore

const sender = new Sender({ ...values, changed: (news) => refresh(news) });

function visits() {
  return day.circuit?.visits.filter((v) => v.kind === "stop" || v.kind === "disposal") ?? [];
}

function nextVisit() {
  return day.picked ?? visits().find((v) => !day.outcomes.has(v.sequence)) ?? null;
}

function isNewer(a, b) {
  return !b || a.day > b.day || (a.day === b.day && a.dispatched_at > b.dispatched_at);
}

/** Take a circuit as today's, with all that this phone already said of the day. */
async function takeCircuit(circuit) {
  const isOther = circuit?.version !== day.circuit?.version;
  day.circuit = circuit;
  await takeOutcomes((circuit?.visits ?? []).filter((v) => v.confirmed).map((v) => [v.sequence, v.confirmed]));
  // A reason that is asked for must not go to another container.
  if (isOther) Object.assign(day, { picked: null, last: null, screen: day.screen === "pin" ? "pin" : "stop" });
  await outbox.keep(`circuit/${values.city}/${values.truck}`, circuit);
  day.streets = circuit ? await outbox.recall(`streets/${values.city}/${values.truck}/${circuit.plan_id}`) : null;
}

/** `confirmed`: the office's word, by the visit's sequence. */
async function takeOutcomes(confirmed) {
  day.confirmed = confirmed;
  day.outcomes = day.circuit ? outcomesOf(day.circuit, confirmed, await outbox.wordsOf(workday())) : new Map();
}

/** The day of this truck, as its words are kept by. */
function workday() {
  return `${values.city}/${values.truck}/${day.circuit.day}`;
}

/** The streets around the circuit, once a circuit; without them the way is drawn on white. */
async function askStreets() {
  if (!day.circuit || day.streets) return;
  const answer = await fetch(`/api/v1/driver/streets?day=${day.circuit.day}`);
  if (answer.status !== 200) return;
  day.streets = await answer.json();
  await outbox.keep(`streets/${values.city}/${values.truck}/${day.circuit.plan_id}`, day.streets);
}

async function note(visit, outcome, reason = null) {
  const report = {
    id: crypto.randomUUID(),
    plan_id: day.circuit.plan_id,
    kind: visit.kind,
    place: visit.place,
    outcome,
    reason,
    happened_at: new Date(Date.now() + clockLead()).toISOString(),
  };
  const entry = { truck: values.truck, city: values.city, ripe_at: Date.now() + UNDO_MS, report };
  const sequence = await outbox.put(entry, workday());
  day.last = { sequence, visit, report };
  await takeOutcomes(day.confirmed);
  navigator.vibrate?.(outcome === "done" ? 80 : [40, 60, 40]);
  Object.assign(day, { picked: null, screen: "stop", isNew: false });
  await refresh();
  setTimeout(() => settle(sequence), UNDO_MS);
}

/** The moment to take it back is over: send it. */
async function settle(sequence) {
  if (day.last?.sequence === sequence) day.last = null;
  await refresh();
  sender.hurry();
}

async function undo() {
  const { sequence, visit, report } = day.last;
  await outbox.takeBack(sequence, report, workday());
  await takeOutcomes(day.confirmed);
  Object.assign(day, { last: null, picked: visit });
  await refresh();
}

// In a simulated day the city's clock is not the phone's. In a real one the phone's own word stands.
function clockLead() {
  return Math.abs(values.clock_lead_ms) > 5000 ? values.clock_lead_ms : 0;
}

async function refresh(news = {}) {
  const needed = day.needsPin;
  Object.assign(day, news);
  if (!needed && day.needsPin && !day.circuit) day.screen = "pin";
  day.entries = await outbox.list();
  day.refused = (await outbox.listRefused()).length;
  draw();
}

function show(screen) {
  day.screen = screen;
  draw();
  app.querySelector("h1")?.focus();
}

function heldOf() {
  const others = day.entries.filter((e) => e.truck !== values.truck || e.city !== values.city);
  return others.length ? say("held", { count: others.length, truck: others[0].truck }, others.length) : null;
}

function draw() {
  const all = visits();
  const waiting = day.entries.filter((e) => e.truck === values.truck).length;
  app.classList.toggle("is-called-off", Boolean(day.circuit?.called_off));
  fill(head, headParts(all, waiting));
  const about = `${day.circuit?.version} ${nextVisit()?.sequence} ${Boolean(day.streets)}`;
  fill(body, screenParts(all, waiting), { screen: day.screen, about });
}

/** Put parts in place of what is there, but not the same once more: a poll must not move a list or empty a field.
 *  `about` is what they act on beyond what they show: two bins at one door look alike. */
function fill(place, parts, { screen = "", about = "" } = {}) {
  const fresh = element("div", {}, ...parts);
  const drawn = `${screen} ${about} ${fresh.innerHTML}`;
  if (place.drawn === drawn) return;
  const isSame = place.screen === screen;
  if (place.about !== about) app.scrollTop = 0;
  const scrolled = place.querySelector(".scrolls")?.scrollTop ?? 0;
  place.className = screen ? `screen screen-${screen}` : place.className;
  place.replaceChildren(...fresh.childNodes);
  Object.assign(place, { drawn, screen, about });
  const scroller = place.querySelector(".scrolls");
  if (scroller && isSame) scroller.scrollTop = scrolled;
  else if (scroller) place.querySelector(".is-next")?.scrollIntoView({ block: "center" });
}

function headParts(all, waiting) {
  const handled = all.filter((v) => day.outcomes.has(v.sequence)).length;
  const parts = [screens.strip({ handled, total: all.length, waiting, away: day.away, truck: values.truck })];
  const askPin = element("button", { type: "button", class: "link", id: "ask-pin", onclick: () => show("pin") }, say("enter_pin"));
  if (day.needsPin && day.screen !== "pin") parts.push(screens.warning(say("pin_detail", { truck: values.truck }), askPin));
  if (day.refused) parts.push(screens.warning(say("refused", { count: day.refused }, day.refused)));
  if (heldOf()) parts.push(screens.warning(heldOf()));
  const isSaidBelow = day.screen === "stop" && !nextVisit();
  if (day.circuit?.called_off && !isSaidBelow) parts.push(screens.calledOff(orders(all)));
  if (day.circuit && !day.circuit.called_off && day.isNew) parts.push(screens.newCircuit({ onseen: () => ((day.isNew = false), draw()) }));
  if (day.last && day.screen === "stop") parts.push(screens.noted({ outcome: day.last.report.outcome, onundo: undo }));
  return parts;
}

/** What a crew called off has to do, in a sentence: unload, then come home; a truck that cannot waits for the office. */
function orders(all) {
  const unloading = all.find((v) => v.kind === "disposal" && !day.outcomes.has(v.sequence));
  if (unloading) return say("called_off_unload", { name: unloading.name });
  if (day.circuit.visits.at(-1)?.kind !== "depot") return say("called_off_wait");
  return say(day.outcomes.size ? "called_off_home" : "called_off_stay");
}

function screenParts(all, waiting) {
  const visit = nextVisit();
  if (day.screen === "pin") return screens.pin({ truck: values.truck, fault: day.pinFault, onenter: enterPin, onback: () => show("stop") });
  if (!day.circuit) return screens.nothing({ onlook: () => askDay() });
  if (day.screen === "list") {
    const onpick = (picked) => ((day.picked = picked), show("stop"));
    return screens.list({ visits: all, outcomes: day.outcomes, next: visit, onpick, onback: () => show("stop") });
  }
  if (!visit) {
    const told = day.circuit.called_off ? { title: orders(all), detail: say("called_off") } : {};
    return screens.finished({ ...told, waiting, onlist: () => show("list") });
  }
  if (day.screen === "reasons") {
    return screens.reasons({ visit, onreason: (reason) => note(visit, "skipped", reason), onback: () => show("stop") });
  }
  const leg = day.circuit.legs?.find((l) => l.to === visit.sequence) ?? null;
  if (day.screen === "way" && leg) {
    return way({ visit, leg, circuit: day.circuit, streets: day.streets, onback: () => show("stop") });
  }
  const before = day.circuit.visits.filter((v) => v.sequence < visit.sequence && v.lat !== null).at(-1);
  return screens.stop({ visit, before, ondone: once(() => note(visit, "done")), onskip: () => show("reasons"), onlist: () => show("list"), onway: leg && (() => show("way")), leg });
}

/** A glove presses twice; the stop counts once. What could not be noted can be pressed again. */
function once(act) {
  let pressed = false;
  return async () => {
    if (pressed) return;
    pressed = true;
    try {
      await act();
    } catch (error) {
      pressed = false;
      throw error;
    }
  };
}

async function enterPin(digits) {
  try {
    const { isRight, rest_s: rest } = await sender.logIn(digits);
    day.pinFault = isRight ? null : rest ? say("pin_rests", { minutes: Math.ceil(rest / 60) }) : say("pin_wrong");
    if (isRight) {
      day.screen = "stop";
      await askDay();
    }
  } catch {
    day.pinFault = say("pin_offline");
  }
  draw();
  document.getElementById("pin")?.select();
}

let asking = null;
let asksAgain = false;

/** Ask how the day stands. One asking at a time: whoever asks meanwhile is answered by one more, begun after it. */
function askDay() {
  if (asking) asksAgain = true;
  asking ??= askUntilAnswered().finally(() => (asking = null));
  return asking;
}

async function askUntilAnswered() {
  do {
    asksAgain = false;
    await askOnce();
  } while (asksAgain);
}

/** The circuit itself is asked for only when it is another; without a network the kept one stays. */
async function askOnce() {
  try {
    const state = await sender.fetchState();
    if (state === undefined) return;
    if (state !== null) await followState(state);
    await refresh({ away: false });
    sender.hurry();
    await askStreets();
  } catch {
    sender.stateTag = null; // what this state told was not taken
    await refresh({ away: true });
  }
}

async function followState({ version, confirmed }) {
  if (version === (day.circuit?.version ?? null)) {
    return takeOutcomes(Object.entries(confirmed).map(([sequence, outcome]) => [Number(sequence), outcome]));
  }
  const circuit = await sender.fetchCircuit();
  if (circuit === undefined) throw new Error("the circuit cannot be had now");
  const isNew = circuit && day.circuit && circuit.plan_id !== day.circuit.plan_id;
  await takeCircuit(circuit);
  if (!isNew) return;
  day.isNew = true;
  navigator.vibrate?.(circuit.called_off ? [400, 100, 400, 100, 400] : [100, 80, 100]);
}

async function start() {
  const embedded = JSON.parse(document.getElementById("circuit").textContent);
  const kept = await outbox.recall(`circuit/${values.city}/${values.truck}`);
  await takeCircuit(embedded && isNewer(embedded, kept) ? embedded : (kept ?? embedded));
  document.getElementById("plain").remove();
  opened();
  app.hidden = false;
  await refresh();
  sender.hurry();
  setInterval(askDay, POLL_MS);
  addEventListener("online", askDay);
  await askDay();
  await navigator.serviceWorker?.register("/chauffeur.js", { scope: "/chauffeur" });
  await navigator.storage?.persist?.();
}

/** The page shows itself: what stood there meanwhile goes. */
function opened() {
  document.documentElement.classList.remove("opening");
}

start().catch((error) => {
  opened();
  console.info("the plain list stays:", error.message);
});
