// Follows the day: tabs, opening circuits, live progress of planning and of the trucks.

import { clock, number, say, values } from "../words.js";
import { announce, current, select } from "./selection.js";

const POLL_MS = 4000;
const PLANNING_POLL_MS = 700;
const SLOW_AFTER_MS = 60000;

let version = null;
let lastState = null;
let lastSeen = new Date();
let etag = null;
let isOffline = false;

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
}

function markSelection() {
  const { circuit, container } = current();
  for (const body of document.querySelectorAll("tbody[data-circuit]")) {
    const chosen = Number(body.dataset.circuit) === circuit;
    body.classList.toggle("chosen", chosen);
    body.classList.toggle("open", chosen);
    body.querySelector("[data-open]").setAttribute("aria-expanded", String(chosen));
  }
  for (const row of document.querySelectorAll("[data-container]")) {
    row.classList.toggle("chosen", row.dataset.container === container);
  }
}

// A stop is chosen inside its circuit, which stays open.
function chooseRow(row) {
  const circuit = row.closest("tbody[data-circuit]") ? current().circuit : null;
  select({ circuit, container: row.dataset.container, from: "list" });
}

function onListClick(event) {
  if (event.target.closest("a, form")) return; // they know their own way
  const row = event.target.closest("[data-container]");
  if (row) return chooseRow(row);
  const body = event.target.closest("tbody[data-circuit]");
  if (body && event.target.closest(".circuit-row")) {
    const number_ = Number(body.dataset.circuit);
    select({ circuit: current().circuit === number_ ? null : number_, from: "list" });
  }
}

function onListKey(event) {
  if (event.target.closest("a, button")) return;
  const row = event.target.closest("[data-container]");
  if (row && (event.key === "Enter" || event.key === " ")) {
    event.preventDefault();
    chooseRow(row);
  }
}

function revealInList({ container, circuit, from }) {
  if (from !== "map") return;
  const shown = document.querySelector(".tab:not([hidden])");
  let row = shown?.querySelector(`[data-container="${CSS.escape(container ?? "")}"]`);
  if (circuit && !row) {
    location.hash = "circuits";
    row = document.querySelector(`tbody[data-circuit="${circuit}"]`);
  }
  row?.scrollIntoView({ block: "nearest" });
}

async function refreshPanel() {
  const answer = await fetch(`/operateur/panneau?jour=${values.day}&flotte=${values.fleet}`);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const list = document.getElementById("list");
  const scrolled = list.scrollTop;
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
  const running = ["ordered", "started", "improved"].includes(state.request_state);
  const request = running ? state.request_id : state.request_state;
  const lists = [...state.offers, "!", ...state.alerts, "!", ...state.resting];
  return [state.plan?.plan_id, state.dispatched_plan_id, request, ...lists].join(" ");
}

function note(text, stays = false) {
  const net = document.getElementById("net");
  net.textContent = text ?? "";
  net.hidden = !text;
  if (text && !stays) setTimeout(() => note(null), 4000);
}

async function followDay() {
  try {
    const address = `/api/v1/state?day=${values.day}&fleet=${values.fleet}`;
    const answer = await fetch(address, { headers: etag ? { "If-None-Match": etag } : {} });
    if (answer.status === 401) return location.reload();
    if (answer.status === 200) {
      etag = answer.headers.get("ETag");
      lastState = await answer.json();
      const seen = versionOf(lastState);
      if (version !== null && seen !== version) await refreshPanel();
      version = seen;
      document.getElementById("clock").textContent = clock(lastState.as_of);
      showProgress(lastState);
      announce("state", lastState);
    }
    if (answer.status < 400) {
      if (isOffline) note(say("back"));
      isOffline = false;
      lastSeen = new Date();
    }
  } catch {
    isOffline = true;
    note(say("offline", { time: clock(lastSeen) }), true); // no network: what is shown stays, with its age
  }
  setTimeout(followDay, document.hidden ? POLL_MS * 4 : POLL_MS);
}

async function followPlanning() {
  const request = document.getElementById("bar").dataset.request;
  if (!request) return;
  const started = Date.now();
  let run = null;
  while (!run || ["ordered", "started", "improved"].includes(run.state)) {
    try {
      const answer = await fetch(`/api/v1/planning/${request}`);
      if (answer.ok) showRun((run = await answer.json()), Date.now() - started);
    } catch {
      isOffline = true;
      note(say("offline", { time: clock(lastSeen) }), true);
    }
    await new Promise((resolve) => setTimeout(resolve, PLANNING_POLL_MS));
  }
  etag = null; // the panel changes as soon as the plan itself is stored
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
  followPlanning();
  announce("panel", document.getElementById("bar").dataset.plan);
}

addEventListener("hashchange", showTab);
document.addEventListener("tournee:note", ({ detail }) => note(detail));
document.addEventListener("tournee:changed", async () => {
  await refreshPanel();
  etag = null;
});
addEventListener("keydown", (event) => event.key === "Escape" && !document.querySelector("dialog[open]") && select({ from: "list" }));
document.addEventListener("tournee:selection", ({ detail }) => {
  markSelection();
  revealInList(detail);
});
listen();
followDay();
