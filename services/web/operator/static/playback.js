// A day played again: where each truck was, and what its crew said, at the instant of a slider.

import { clock, number, say, values } from "../words.js";
import { announce } from "./selection.js";

const FRAME_MS = 200;
const GAP_S = 300; // a truck that was not heard for so long is where it was last

const box = document.getElementById("playback");
const replay = document.getElementById("replay");
const panel = box.querySelector(".playing");
const play = document.getElementById("play");
const instant = document.getElementById("instant");
const speed = document.getElementById("speed");

let day = null;
let timer = null;

function at(seconds) {
  return new Date(new Date(day.since).getTime() + seconds * 1000);
}

/** The last of sorted rows whose first entry is not after `seconds`; -1 before all. */
function lastBefore(rows, seconds) {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle][0] <= seconds) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function truckAt({ truck, fixes }, seconds) {
  const n = lastBefore(fixes, seconds);
  if (n < 0) return null;
  const [from, next] = [fixes[n], fixes[n + 1]];
  const happened_at = at(from[0]).toISOString();
  if (!next || next[0] - from[0] > GAP_S) {
    return { truck, lon: from[1], lat: from[2], happened_at, stale: seconds - from[0] > GAP_S };
  }
  const share = (seconds - from[0]) / (next[0] - from[0]);
  const between = (a, b) => a + share * (b - a);
  return { truck, lon: between(from[1], next[1]), lat: between(from[2], next[2]), happened_at, stale: false };
}

function sentence(word) {
  const outcome = word.kind === "disposal" ? say("played_tip") : say(word.outcome === "done" ? "played_done" : "played_skipped");
  return `${clock(at(word.at_s))} ${word.truck} · ${word.name} : ${outcome}`;
}

function show() {
  const seconds = Number(instant.value);
  const told = day.words.filter((word) => word.at_s <= seconds);
  document.getElementById("played-at").textContent = clock(at(seconds));
  document.getElementById("played-words").textContent = told.length ? sentence(told.at(-1)) : say("played_nothing");
  announce("playback", { at: at(seconds), trucks: day.tracks.map((track) => truckAt(track, seconds)).filter(Boolean), told });
}

function pause() {
  clearInterval(timer);
  timer = null;
  play.textContent = say("play");
  play.setAttribute("aria-pressed", "false");
}

function run() {
  if (timer) return pause();
  if (Number(instant.value) >= Number(instant.max)) instant.value = 0;
  play.textContent = say("pause");
  play.setAttribute("aria-pressed", "true");
  timer = setInterval(() => {
    instant.value = Number(instant.value) + (Number(speed.value) * FRAME_MS) / 1000;
    show();
    if (Number(instant.value) >= Number(instant.max)) pause();
  }, FRAME_MS);
}

async function open() {
  replay.disabled = true;
  try {
    const answer = await fetch(`/api/v1/playback?day=${values.day}&fleet=${values.fleet}`);
    if (!answer.ok) throw new Error(`${answer.status}`);
    day = await answer.json();
  } catch {
    announce("note", say("change_failed"));
    return;
  } finally {
    replay.disabled = false;
  }
  // Steps no larger than a frame at the slowest speed, so that the slider does not stand still.
  instant.step = 5;
  instant.max = day.duration_s;
  instant.value = 0;
  if (!day.tracks.length) announce("note", say("played_without_positions", { count: number(day.words.length) }));
  replay.hidden = true;
  panel.hidden = false;
  play.focus();
  show();
}

function close() {
  pause();
  panel.hidden = true;
  replay.hidden = false;
  replay.focus();
  announce("playback", null);
}

replay.hidden = false;
replay.addEventListener("click", open);
play.addEventListener("click", run);
instant.addEventListener("input", show);
document.getElementById("stop-playback").addEventListener("click", close);
