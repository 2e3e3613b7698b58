// Follows the day: tabs, opening circuits, live progress of planning and of the trucks.

import { clock, number, say, values } from "../words.js";
import { follow } from "./live.js";
import { fetchLadder, isLater, openStops } from "./opened.js";
import { announce, current, select } from "./selection.js";

const SLOW_AFTER_MS = 60000;
const LADDER_EVERY_MS = 20000;
const OTHERS_WAIT_MS = 1500;
const AGAIN_MS = 3000;

// Whoever has just ordered a plan came back to a page that says so.
const ownRequest = document.getElementById("bar").dataset.request;

let version = null;
let lastSeen = new Date();
let isOffline = false;
let planning = null;
let ladderAt = 0;

function showTab() {
  const list = document.getElementById("list");
  const tabs = [...list.querySelectorAll(".tab")];
  const wanted = location.hash.slice(1);
  const shown = tabs.find((tab) => tab.id === wanted) ?? tabs[0];
  list.classList.add("tabbed");
  for (const tab of tabs) tab.hidden = tab !== shown;
  for (const link of list.querySelectorAll(".tabs a")) {
    if (shown && link.hash === `#${shown.id}`) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  if (isLater(shown)) showLadder();
}

function markSelection() {
  const { circuit, container } = current();
  for (const body of document.querySelectorAll("tbody[data-circuit]")) {
    const chosen = Number(body.dataset.circuit) === circuit;
    body.classList.toggle("chosen", chosen);
    body.classList.toggle("open", chosen);
    body.querySelector("[data-open]").setAttribute("aria-expanded", String(chosen));
  }
  for (const row of document.querySelectorAll("[data-container], [data-of-circuit]")) {
    const isOwn = row.dataset.container ? row.dataset.container === container : !container && Number(row.dataset.ofCircuit) === circuit;
    row.classList.toggle("chosen", isOwn);
  }
  openStops(circuit);
}

// A stop is chosen inside its circuit, which stays open; a doubt brings the circuit that it is about.
function chooseRow(row) {
  const own = row.dataset.ofCircuit ? Number(row.dataset.ofCircuit) : null;
  const circuit = row.closest("tbody[data-circuit]") ? current().circuit : own;
  select({ circuit, container: row.dataset.container ?? null, from: "list" });
}

function onListClick(event) {
  if (event.target.closest("a, form")) return; // they know their own way
  const row = event.target.closest("[data-container], [data-of-circuit]");
  if (row) return chooseRow(row);
  const body = event.target.closest("tbody[data-circuit]");
  if (body && event.target.closest(".circuit-row")) {
    const number_ = Number(body.dataset.circuit);
    select({ circuit: current().circuit === number_ ? null : number_, from: "list" });
  }
}

function onListKey(event) {
  if (event.target.closest("a, button")) return;
  const row = event.target.closest("[data-container], [data-of-circuit]");
  if (row && (event.key === "Enter" || event.key === " ")) {
    event.preventDefault();
    chooseRow(row);
  }
}

function revealInList({ container, circuit, from }) {
  if (from === "list") return;
  const named = `[data-container="${CSS.escape(container ?? "")}"]`;
  let row = document.querySelector(".tab:not([hidden])")?.querySelector(named);
  if (from === "address") row = openTabOf(row ?? document.querySelector(`#list ${named}`));
  if (circuit && !row) {
    location.hash = "circuits";
    row = document.querySelector(`tbody[data-circuit="${circuit}"]`);
  }
  row?.scrollIntoView({ block: "nearest" });
}

// Whatever tab it stands in, and whatever circuit.
function openTabOf(row) {
  const tab = row?.closest(".tab");
  if (tab) location.hash = tab.id;
  const number_ = row?.closest("tbody[data-circuit]")?.dataset.circuit;
  if (number_) select({ circuit: Number(number_), container: row.dataset.container, from: "list" });
  return row;
}

async function refreshPanel() {
  const wanted = new URLSearchParams({ jour: values.day, flotte: values.fleet });
  if (current().circuit) wanted.set("circuit", current().circuit); // open it stays
  if (location.hash === "#ladder") wanted.set("frise", "1");
  const answer = await fetch(`/operateur/panneau?${wanted}`).catch(() => null);
  if (!answer?.ok) return setTimeout(refreshPanel, AGAIN_MS); // what is shown stays, and is brought up to date later
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const list = document.getElementById("list");
  const scrolled = list.scrollTop;
  announce("panel-goes");
  for (const id of ["bar", "list"]) document.getElementById(id).replaceWith(fresh.getElementById(id));
  document.getElementById("list").scrollTop = scrolled;
  listen();
}

function showProgress(state) {
  for (const circuit of state.circuits) {
    const handled = circuit.done + circuit.skipped;
    const bar = document.querySelector(`[data-progress="${circuit.number}"]`);
    const count = document.querySelector(`[data-handled="${circuit.number}"]`);
    if (bar) bar.value = handled;
    if (count) count.textContent = number(handled);
  }
}

function versionOf(state) {
  const request = state.progress ? state.request_id : state.request_state;
  const lists = [...state.offers, "!", ...state.alerts, "!", ...state.resting];
  return [state.plan?.plan_id, state.dispatched_plan_id, request, ...lists].join(" ");
}

function note(text, stays = false) {
  const net = document.getElementById("net");
  net.textContent = text ?? "";
  net.hidden = !text;
  if (text && !stays) setTimeout(() => note(null), 4000);
}

async function onState({ detail: state }) {
  const seen = versionOf(state);
  lastSeen = new Date();
  document.getElementById("clock").textContent = clock(state.as_of);
  // What the page was drawn with may be over by the time it hears its first word.
  const wasPlanning = document.getElementById("bar").dataset.request !== "";
  if (version === null ? wasPlanning !== Boolean(state.progress) : seen !== version) {
    version = seen;
    // Two hundred pages hear of a new plan at once: they do not all ask at once, and who ordered it does not wait.
    const isOwn = ownRequest && state.request_id === ownRequest;
    if (!isOwn) await new Promise((resolve) => setTimeout(resolve, Math.random() * OTHERS_WAIT_MS));
    await refreshPanel();
  }
  version ??= seen;
  showProgress(state);
  if (state.progress) followRun(state.request_id, state.progress);
  refreshLadder(state);
}

function onLine({ detail: { up } }) {
  if (up && isOffline) note(say("back"));
  if (!up && !isOffline) note(say("offline", { time: clock(lastSeen) }), true); // what is shown stays, with its age
  isOffline = !up;
}

// The ladder is drawn by the server; it moves with every word of a crew, and with the minutes.
function refreshLadder(state) {
  const shown = document.getElementById("ladder");
  if (!shown || shown.hidden) return;
  const done = state.circuits.map((circuit) => circuit.done + circuit.skipped).join();
  if (shown.dataset.done === done && Date.now() - ladderAt < LADDER_EVERY_MS) return;
  showLadder(done);
}

async function showLadder(done = "") {
  const shown = document.getElementById("ladder");
  ladderAt = Date.now();
  const fresh = await fetchLadder();
  if (!fresh || document.getElementById("ladder") !== shown || shown.contains(document.activeElement)) return;
  fresh.dataset.done = done;
  shown.replaceWith(fresh);
  showTab();
  markSelection();
}

// Played again, the ladder's now-line goes with the slider.
function moveNowLine(played) {
  const ladder = document.querySelector("#ladder .ladder");
  if (!ladder || !played) return;
  const [since, until] = [new Date(ladder.dataset.since), new Date(ladder.dataset.until)];
  const share = Math.min(Math.max((played.at - since) / (until - since), 0), 1);
  for (const line of ladder.querySelectorAll(".now-line")) {
    line.setAttribute("x1", `${100 * share}%`);
    line.setAttribute("x2", `${100 * share}%`);
  }
}

function followRun(request, run) {
  if (planning?.request !== request) planning = { request, since: Date.now() };
  showRun(run, Date.now() - planning.since);
}

function showRun(run, waited_ms) {
  const what = document.getElementById("planning-what");
  if (!what) return;
  const isSlow = run.state === "ordered" && waited_ms > SLOW_AFTER_MS;
  what.textContent = isSlow ? say("slow") : say(`planning.${run.state}`);
  const times = { elapsed: number(run.elapsed_s), limit: number(run.time_limit_s) };
  document.getElementById("planning-time").textContent = say("planning_time", times);
  document.getElementById("planning-bar").value = run.elapsed_s;
  if (run.distance_m !== null) {
    const best = { km: number(run.distance_m / 1000, 1), circuits: run.circuits ?? 0 };
    document.getElementById("planning-best").textContent = say("best", best);
  }
}

function listen() {
  const list = document.getElementById("list");
  list.addEventListener("click", onListClick);
  list.addEventListener("keydown", onListKey);
  showTab();
  markSelection();
  announce("panel", document.getElementById("bar").dataset.plan);
}

addEventListener("hashchange", showTab);
document.addEventListener("tournee:tabs", () => (showTab(), markSelection()));
document.addEventListener("tournee:note", ({ detail }) => note(detail));
document.addEventListener("tournee:changed", () => refreshPanel());
document.addEventListener("tournee:state", onState);
document.addEventListener("tournee:line", onLine);
document.addEventListener("tournee:playback", ({ detail }) => moveNowLine(detail));
addEventListener("keydown", (event) => event.key === "Escape" && !document.querySelector("dialog[open]") && select({ from: "list" }));
document.addEventListener("tournee:selection", ({ detail }) => {
  markSelection();
  revealInList(detail);
});
listen();
follow();
// An address may name what it is about: a doubt, a container's own page.
const named = new URLSearchParams(location.search);
if (named.has("bac")) select({ container: named.get("bac"), from: "address" });
if (named.has("circuit")) select({ circuit: Number(named.get("circuit")), from: "address" });
