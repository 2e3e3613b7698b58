// The way to a stop: drawn over its streets, and told turn by turn. All of it is on the phone already.

import { element, number, say } from "../words.js";
import { draw } from "./drawing.js";
import { length } from "./places.js";
import { button } from "./screens.js";

const SVG = "http://www.w3.org/2000/svg";
const ARROWS = {
  straight: "M16 28V5M8 13l8-8 8 8",
  left: "M22 28V15a4 4 0 0 0-4-4H6M12 4l-7 7 7 7",
  right: "M10 28V15a4 4 0 0 1 4-4h12M20 4l7 7-7 7",
  uturn: "M24 28V13a7 7 0 0 0-14 0v12M4 19l6 7 6-7",
  arrive: "M16 28s9-9 9-15a9 9 0 0 0-18 0c0 6 9 15 9 15ZM16 14v-2",
};

function arrow(direction) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 32 32");
  svg.setAttribute("class", "arrow");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ARROWS[direction] ?? ARROWS.straight);
  svg.append(path);
  return svg;
}

function step({ text, direction, distance_m: metres }) {
  const far = metres ? say(...length(metres, "")) : "";
  return element("li", {}, arrow(direction), element("span", {}, text), element("span", { class: "far" }, far));
}

export function way({ visit, leg, circuit, streets, onback }) {
  const canvas = element("canvas", { class: "way-map", role: "img", "aria-label": say("way_map") });
  const minutes = number(Math.max(1, Math.round(leg.duration_s / 60)));
  const told = leg.distance_m ? say("way_length", { distance: say(...length(leg.distance_m, "")), minutes }) : null;
  // On the screen first, so that it knows its size.
  requestAnimationFrame(() => draw(canvas, { leg, legs: circuit.legs, streets }));
  return [
    element("h1", { class: "screen-title", tabindex: "-1" }, say("way_title", { name: visit.name })),
    told ? element("p", { class: "way-length" }, told) : null,
    canvas,
    leg.manoeuvres.length
      ? element("ol", { class: "way-steps scrolls", id: "way-steps" }, ...leg.manoeuvres.map(step))
      : element("p", { class: "way-steps way-none", id: "way-steps" }, say("way_none")),
    element("div", { class: "thumb" }, button(say("back"), onback, { wide: true, id: "way-back" })),
  ].filter(Boolean); // prettier-ignore
}
