// Containers, badges of circuits and plates of trucks. In a small city all of them stand where they are, one over the
// other; in a large one they would hide the map and each other, so they make room: a truck, drawn as a dot, and a cluster
// before a plate, a plate before a badge. What belongs to the chosen circuit stands in any case.

import { colour } from "./icons.js";
import { STREETS_FROM, byZoom } from "./zooms.js";

/** Drawn wherever they are, and names keep off them: what is placed later here is placed first on the map. */
export const FIRM = { "icon-allow-overlap": true, "icon-padding": 0 };
const FREE = { "icon-allow-overlap": true, "icon-ignore-placement": true };
const MAKING_ROOM = { "icon-padding": 1 };
const OVER_DOT = { ...MAKING_ROOM, "icon-anchor": "bottom", "icon-offset": [0, -8] };
const FAINT = 0.35;

/** How containers of the source are gathered: of a large city a thousand would lie on one another, in every frame. */
export function clustering(isMany) {
  const count = (state) => ["+", ["case", ["==", ["get", "state"], state], 1, 0]];
  const properties = { due: count("due"), overflow: count("overflow") };
  const far = isMany ? { clusterMaxZoom: STREETS_FROM - 1, clusterRadius: 72 } : { clusterMaxZoom: 11, clusterRadius: 36 };
  return { cluster: true, clusterProperties: properties, ...far };
}

export function signLayers(isMany) {
  return isMany
    ? [container(), start(MAKING_ROOM), truck(OVER_DOT), cluster(), truckDot(), told(), halo(), ...chosen()]
    : [container(), cluster(), start(FIRM), told(), halo(), truck(FIRM)];
}

/** In a large city: badge and plate of the chosen circuit wherever they are, the other trucks and clusters faint. */
export function showSigns(map, { number = null, truck: plate = null } = {}) {
  map.setFilter("start-chosen", ["==", ["get", "number"], number]);
  map.setFilter("truck-chosen", ["==", ["get", "truck"], plate]);
  for (const layer of ["truck", "truck-dot", "cluster"]) map.setPaintProperty(layer, "icon-opacity", number === null ? 1 : FAINT);
}

function chosen() {
  const none = ["boolean", false];
  return [
    { ...start(FIRM), id: "start-chosen", filter: none },
    { ...truck({ ...OVER_DOT, ...FIRM }), id: "truck-chosen", filter: none },
  ];
}

function container() {
  const filter = ["!", ["has", "point_count"]];
  const order = ["match", ["get", "state"], "overflow", 3, "due", 2, "soon", 1, 0];
  return { id: "container", type: "symbol", source: "containers", filter, layout: { ...FREE, "icon-image": ["concat", "fill|", ["get", "state"]], "icon-size": byZoom(0.6, 1.25), "symbol-sort-key": order } }; // prettier-ignore
}

function cluster() {
  const state = ["case", [">", ["get", "overflow"], 0], "overflow", [">", ["get", "due"], 0], "due", "low"];
  return { id: "cluster", type: "symbol", source: "containers", filter: ["has", "point_count"], layout: { ...FIRM, "icon-image": ["concat", "cluster|", ["get", "point_count"], "|", state] } }; // prettier-ignore
}

function start(room) {
  return { id: "start", type: "symbol", source: "starts", layout: { ...room, "icon-image": ["concat", "badge|", ["get", "number"], "|", ["get", "hue"]] } }; // prettier-ignore
}

function told() {
  return { id: "told", type: "circle", source: "told", paint: { "circle-radius": 6, "circle-color": ["match", ["get", "outcome"], "done", colour("go"), colour("now")], "circle-stroke-color": colour("land"), "circle-stroke-width": 2 } }; // prettier-ignore
}

function halo() {
  return { id: "halo", type: "circle", source: "chosen", paint: { "circle-radius": 14, "circle-color": "transparent", "circle-stroke-color": colour("ink"), "circle-stroke-width": 3 } }; // prettier-ignore
}

function truck(room) {
  return { id: "truck", type: "symbol", source: "trucks", layout: { ...room, "icon-image": ["concat", "truck|", ["get", "truck"], "|", ["case", ["get", "stale"], "stale", "fresh"]] } }; // prettier-ignore
}

function truckDot() {
  return { id: "truck-dot", type: "symbol", source: "trucks", layout: { ...FIRM, "icon-image": ["concat", "dot|", ["case", ["get", "stale"], "stale", "fresh"]] } }; // prettier-ignore
}
