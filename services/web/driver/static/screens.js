// What the cab sees. Each screen is built from the day's state and calls back; none of them knows the network.

import { clock, element, number, say, values } from "../words.js";
import { distance, geoLink, length } from "./places.js";

const sprite = JSON.parse(document.getElementById("sprite").textContent);
const SVG = "http://www.w3.org/2000/svg";

export function pictogram(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "pictogram");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

export function button(text, onclick, { icon = null, look = "plain", wide = false, id = null } = {}) {
  return element("button", { type: "button", class: `button ${look}${wide ? " wide" : ""}`, onclick, id }, icon ? pictogram(icon) : null, element("span", {}, text)); // prettier-ignore
}

/** `12 sur 60 · 2 à envoyer`: always there, never an alarm. */
export function strip({ handled, total, waiting, away, truck }) {
  const sending = waiting ? say("to_send", { count: waiting }, waiting) : say("all_sent");
  return element(
    "header", { class: "strip" },
    element(
      "p", { role: "status" },
      element("b", {}, truck), " ",
      element("b", { id: "count" }, say("of", { done: handled, total })), " ",
      element("span", { class: "net", id: "sending" }, `· ${sending}`), " ",
      away ? element("span", { class: "net away", id: "away" }, say("offline")) : null,
    ),
    element("progress", { max: total || 1, value: handled, "aria-hidden": "true" }),
  ); // prettier-ignore
}

export function noted({ outcome, onundo }) {
  return element(
    "div", { class: "noted", role: "status" },
    say(`undo_${outcome}`),
    element("button", { type: "button", class: "link", onclick: onundo, id: "undo" }, say("undo")),
  ); // prettier-ignore
}

export function warning(text, action = null) {
  return element("p", { class: "warn", role: "status" }, text, action ? " " : null, action);
}

/** The crew's containers went to others: said on every screen, with what is left to do. */
export function calledOff(orders) {
  return element("p", { class: "warn called-off", role: "status", id: "called-off" }, element("b", {}, say("called_off")), " ", orders);
}

export function newCircuit({ onseen }) {
  return element(
    "div", { class: "noted", role: "status", id: "new-circuit" },
    say("new_circuit"),
    element("button", { type: "button", class: "link", onclick: onseen }, say("seen")),
  ); // prettier-ignore
}

function howFar(visit, before, leg) {
  if (leg?.distance_m) return say(...length(leg.distance_m, "about_"));
  if (!before || visit.lat === null || before.lat === null) return null;
  const metres = distance(before, visit) * 1.3; // streets are longer than the crow's flight
  if (metres < 950) return say("about_m", { distance: number(Math.max(50, Math.round(metres / 50) * 50)) });
  return say("about_km", { distance: number(metres / 1000, 1) });
}

export function stop({ visit, before, ondone, onskip, onlist, onway, leg = null }) {
  const isStop = visit.kind === "stop";
  const facts = [howFar(visit, before, leg), say("planned_at", { time: clock(visit.start_at) })].filter(Boolean);
  const full = visit.fill_ratio === null ? null : say("expected", { percent: number(visit.fill_ratio * 100) });
  return [
    element(
      "div", { class: "stop scrolls", id: "stop" },
      element("div", { class: "top" }, pictogram(visit.kind), element("p", { class: "kind" }, isStop ? (full ?? "") : say("empty_at"))),
      element("h1", { tabindex: "-1" }, visit.name),
      visit.zone ? element("p", { class: "where" }, visit.zone) : null,
      element("p", { class: "when" }, facts.join(" · ")),
    ),
    element(
      "div", { class: "thumb" },
      element(
        "div", { class: "wide trio" },
        visit.lat === null ? null : element("a", { class: "button plain", href: geoLink(visit) }, pictogram("navigate"), element("span", {}, say("navigate"))),
        onway ? button(say("way"), onway, { icon: "way", id: "to-way" }) : null,
        button(say("list"), onlist, { icon: "list", id: "to-list" }),
      ),
      button(isStop ? say("done") : say("emptied"), ondone, { icon: "done", look: "go", wide: true, id: "done" }),
      button(say("skip"), onskip, { icon: "skip", wide: true, id: "skip" }),
    ),
  ]; // prettier-ignore
}

export function reasons({ visit, onreason, onback }) {
  return [
    element("h1", { class: "screen-title", tabindex: "-1" }, say("why")),
    element(
      "div", { class: "thumb reasons scrolls" },
      ...values.reasons.map((reason) => button(say(`reason.${reason}`), () => onreason(reason), { icon: reason, id: `reason-${reason}` })),
    ),
    element("div", { class: "thumb" }, button(say("back"), onback, { wide: true })),
  ]; // prettier-ignore
}

export function list({ visits, outcomes, next, onpick, onback }) {
  const line = (visit) => {
    const outcome = outcomes.get(visit.sequence);
    const state = outcome ? `is-${outcome}` : visit === next ? "is-next" : null;
    const icon = outcome === "done" ? "done" : outcome === "skipped" ? "skip" : visit.kind;
    const name = visit.kind === "stop" ? visit.name : say("empty_at_name", { name: visit.name });
    const spoken = outcome ? element("span", { class: "hidden" }, say(`was_${outcome}`)) : null;
    return element("button", { type: "button", class: state, "aria-current": visit === next ? "step" : null, onclick: () => onpick(visit) }, pictogram(icon), element("span", {}, name, " ", spoken), element("time", {}, clock(visit.start_at))); // prettier-ignore
  };
  return [
    element("h1", { class: "screen-title", tabindex: "-1" }, say("list_title")),
    element("div", { class: "all scrolls" }, ...visits.map(line)),
    element("div", { class: "thumb" }, button(say("back"), onback, { wide: true })),
  ];
}

export function finished({ waiting, onlist, title = say("finished"), detail = say("finished_detail") }) {
  const left = waiting ? say("finished_left", { count: waiting }, waiting) : say("all_sent");
  return [
    element("div", { class: "stop scrolls" }, pictogram("finished"), element("h1", { tabindex: "-1" }, title), element("p", {}, detail), element("p", {}, left)),
    element("div", { class: "thumb" }, button(say("list"), onlist, { icon: "list", wide: true })),
  ]; // prettier-ignore
}

export function nothing({ onlook }) {
  return [
    element("div", { class: "stop scrolls" }, pictogram("finished"), element("h1", { tabindex: "-1" }, say("nothing_title")), element("p", {}, say("nothing_detail"))),
    element("div", { class: "thumb" }, button(say("look_again"), onlook, { look: "go", wide: true })),
  ]; // prettier-ignore
}

export function pin({ truck, fault, onenter, onback }) {
  const field = element("input", { id: "pin", type: "password", inputmode: "numeric", autocomplete: "current-password", required: true }); // prettier-ignore
  const submit = (event) => {
    event.preventDefault();
    onenter(field.value);
  };
  const form = element(
    "form", { class: "pin scrolls", onsubmit: submit },
    element("h1", {}, element("label", { for: "pin" }, say("enter_pin"))),
    element("p", {}, say("pin_detail", { truck })),
    field,
    fault ? element("p", { role: "alert" }, fault) : null,
    element("button", { class: "button go" }, say("enter")),
    button(say("later"), onback),
  ); // prettier-ignore
  return [form];
}
