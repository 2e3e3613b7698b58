// Finds a container by its number, name, street or zone while it is typed; what is found is chosen like any row.

import { element, say, values } from "../words.js";
import { announce } from "./selection.js";

const WAIT_MS = 200; // a hand that types makes a letter in less

let asked = 0;
let timer = null;
let kept = null; // the form and what it found, over a list that is drawn anew

const field = () => document.querySelector("#search input[type=search]");

async function find() {
  const q = field().value.trim();
  const mine = ++asked;
  if (!q) return show(null);
  const plan = document.getElementById("bar").dataset.plan;
  const wanted = new URLSearchParams({ q, jour: values.day, flotte: values.fleet, ...(plan && { plan }) });
  try {
    const answer = await fetch(`/operateur/trouves?${wanted}`);
    if (!answer.ok) throw new Error(`${answer.status}`);
    const found = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("found");
    if (mine === asked) show(found); // else somebody has typed on
  } catch {
    announce("note", say("search_failed"));
  }
}

function put(found) {
  const tabs = document.querySelector("#list .tabs");
  document.getElementById("found")?.remove();
  tabs.querySelector("a[href='#found']")?.remove();
  if (!found) return;
  tabs.prepend(element("a", { href: "#found" }, `${found.dataset.tab} `, element("span", {}, found.dataset.count)));
  tabs.after(found);
}

function show(found) {
  put(found);
  // Not by `location.hash`: going to a fragment takes the focus from the hand that types.
  const hash = found ? "#found" : location.hash === "#found" ? "#circuits" : location.hash;
  history.replaceState(null, "", hash || location.pathname + location.search);
  announce("tabs");
}

function rows() {
  return [...document.querySelectorAll("#found [tabindex]")];
}

document.addEventListener("input", (event) => {
  if (event.target !== field()) return;
  clearTimeout(timer);
  timer = setTimeout(find, WAIT_MS);
});

document.addEventListener("submit", (event) => {
  if (event.target.id !== "search") return;
  event.preventDefault();
  clearTimeout(timer);
  find().then(() => rows()[0]?.focus());
});

addEventListener("keydown", (event) => {
  const isTyping = event.target.closest?.("input, textarea, select, dialog");
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && field()) {
    event.preventDefault();
    field().focus();
  } else if (event.key === "Escape" && event.target === field() && field().value) {
    field().value = "";
    find();
  } else if (["ArrowDown", "ArrowUp"].includes(event.key) && (event.target === field() || event.target.closest?.("#found"))) {
    const all = [field(), ...rows()];
    const at = Math.max(all.indexOf(event.target.closest("[tabindex]") ?? field()), 0);
    event.preventDefault();
    all[Math.min(Math.max(at + (event.key === "ArrowDown" ? 1 : -1), 0), all.length - 1)].focus();
  }
});

document.addEventListener("tournee:panel-goes", () => {
  kept = { form: document.getElementById("search"), found: document.getElementById("found"), hadFocus: document.activeElement === field() };
});
document.addEventListener("tournee:panel", () => {
  if (!kept) return;
  const { form, found, hadFocus } = kept;
  kept = null;
  document.getElementById("search")?.replaceWith(form);
  if (hadFocus) field().focus();
  if (!found) return;
  put(found);
  announce("tabs");
});
