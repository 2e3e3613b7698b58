// Circuits on the map. A large city seen as a whole has thin, plain lines: two hundred circuits with edges, dashes and
// arrows hide one another, and took three quarters of each frame. From the streets' zoom on, and the chosen one always,
// they are drawn in full, as every circuit of a small city is.

import { colour } from "./icons.js";
import { STREETS_FROM, byZoom } from "./zooms.js";

const NONE = -1;
const FAINT = 0.15;
const FAR = 0.7;
const FULL = {
  "circuit-edge": true,
  circuit: ["!=", ["get", "line"], "estimated"],
  "circuit-straight": ["==", ["get", "line"], "estimated"],
  "circuit-arrow": true,
};
const LINES = ["circuit", "circuit-straight"];

const hue = () => ["match", ["get", "hue"], ...Array.from({ length: 12 }, (_, i) => [i + 1, colour(`hue-${i + 1}`)]).flat(), colour("ink")]; // prettier-ignore

/** The circuits that a layer draws in full. */
function inFull(layer, isMany, chosen) {
  if (!isMany) return ["all", FULL[layer]];
  return ["all", FULL[layer], ["any", [">=", ["zoom"], STREETS_FROM], isOf(chosen)]];
}

function isOf(circuit) {
  return ["==", ["get", "number"], circuit ?? NONE];
}

/** Of the source: corners that nobody sees are left out, and tiles overlap by no more than the widest line. */
export function thinning(isMany) {
  return isMany ? { tolerance: 1, buffer: 16 } : {};
}

export function circuitLayers(isMany) {
  const round = { "line-cap": "round", "line-join": "round" };
  const full = (id) => ({ id, source: "circuits", filter: inFull(id, isMany, null) });
  const far = { id: "circuit-far", type: "line", source: "circuits", maxzoom: STREETS_FROM, paint: { "line-color": hue(), "line-width": byZoom(0.8, 1.8), "line-opacity": FAR } }; // prettier-ignore
  return [
    ...(isMany ? [far] : []),
    { ...full("circuit-edge"), type: "line", layout: round, paint: { "line-color": colour("land"), "line-width": byZoom(3, 8), "line-opacity": 0.8 } },
    { ...full("circuit"), type: "line", layout: round, paint: { "line-color": hue(), "line-width": byZoom(1.6, 4.5) } },
    { ...full("circuit-straight"), type: "line", layout: { "line-join": "round" }, paint: { "line-color": hue(), "line-width": byZoom(1.6, 4.5), "line-dasharray": [3, 1.5] } },
    { ...full("circuit-arrow"), type: "symbol", minzoom: 11.5, layout: { "symbol-placement": "line", "symbol-spacing": 110, "icon-image": ["concat", "arrow|", ["get", "hue"]], "icon-allow-overlap": true, "icon-ignore-placement": true } },
  ]; // prettier-ignore
}

/** The layers that answer to a click on a circuit. */
export function circuitsToHit(isMany) {
  return ["start", ...LINES, ...(isMany ? ["start-chosen", "circuit-far"] : [])];
}

/** The chosen circuit strong and over the others, where streets are shared; the others faint. Null: none is chosen. */
export function showCircuit(map, isMany, chosen) {
  const strength = chosen === null ? 1 : ["case", isOf(chosen), 1, FAINT];
  for (const layer of ["circuit-edge", ...LINES]) map.setPaintProperty(layer, "line-opacity", strength);
  for (const layer of LINES) map.setLayoutProperty(layer, "line-sort-key", ["case", isOf(chosen), 1, 0]);
  map.setPaintProperty("circuit-arrow", "icon-opacity", strength);
  map.setPaintProperty("start", "icon-opacity", strength);
  if (!isMany) return;
  for (const layer of Object.keys(FULL)) map.setFilter(layer, inFull(layer, isMany, chosen));
  map.setPaintProperty("circuit-far", "line-opacity", chosen === null ? FAR : FAINT);
}
