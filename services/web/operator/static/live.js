// The day as it changes: server-sent events, and calm questions where they do not come through.

import { values } from "../words.js";
import { announce } from "./selection.js";

const SCOPE = `day=${values.day}&fleet=${values.fleet}`;
const POLL_MS = 5000;
const AGAIN_MS = 30000;
const GRACE_MS = 4000;
const SILENT_MS = 40000; // the server says something each 15 s: a line that is dead and does not know it
const KEYS = { trucks: "truck", circuits: "number" };

let source = null;
let state = null;
let lastId = "";
let heardAt = 0;
let polling = null;
let grace = null;

function tell(next) {
  state = next;
  announce("state", state);
}

/** The state with the fields of a change, and of its lists the rows that it brings. */
function changed(before, change) {
  const after = { ...before, ...change };
  for (const [name, key] of Object.entries(KEYS)) {
    if (!change[name]) continue;
    const fresh = new Map(change[name].map((row) => [row[key], row]));
    after[name] = before[name].map((row) => fresh.get(row[key]) ?? row);
  }
  return after;
}

function here() {
  heardAt = Date.now();
  clearTimeout(grace);
  grace = null;
  announce("line", { up: true });
}

// A line that drops comes back by itself within seconds: only one that stays away is worth a word.
function lost() {
  grace ??= setTimeout(() => announce("line", { up: false }), GRACE_MS);
}

async function ask() {
  try {
    const answer = await fetch(`/api/v1/state?${SCOPE}`);
    if (answer.status === 401) return location.reload();
    if (!answer.ok) return lost();
    here();
    tell(await answer.json());
  } catch {
    lost();
  }
}

function poll() {
  if (polling) return;
  ask();
  polling = setInterval(ask, POLL_MS);
  setTimeout(open, AGAIN_MS);
}

function stopPolling() {
  clearInterval(polling);
  polling = null;
}

function open() {
  if (source || document.hidden) return;
  heardAt = Date.now();
  source = new EventSource(`/api/v1/live?${SCOPE}&last=${state ? lastId : ""}`);
  source.addEventListener("open", () => {
    stopPolling();
    here();
  });
  source.addEventListener("state", ({ data, lastEventId }) => {
    lastId = lastEventId;
    here();
    tell(JSON.parse(data));
  });
  source.addEventListener("change", ({ data, lastEventId }) => {
    lastId = lastEventId;
    here();
    tell(changed(state, JSON.parse(data)));
  });
  source.addEventListener("here", () => (heardAt = Date.now()));
  source.addEventListener("away", () => announce("line", { up: false }));
  source.addEventListener("back", here);
  source.addEventListener("error", () => {
    lost();
    if (source?.readyState !== EventSource.CLOSED) return; // it comes back by itself, with the last id
    close();
    poll(); // refused: the session is over, or something between us does not carry events
  });
}

function close() {
  source?.close();
  source = null;
}

/** Begin; a page that nobody looks at holds no line, and is brought up to date when somebody does. */
export function follow() {
  open();
  setInterval(() => {
    if (!source || Date.now() - heardAt < SILENT_MS) return;
    lost();
    close();
    open();
  }, GRACE_MS);
  addEventListener("offline", () => {
    lost();
    close();
  });
  addEventListener("online", open);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return close();
    open();
  });
}
