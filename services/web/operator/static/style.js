// The layers over the base: zones, circuits, containers, trucks. Everything comes from this server.

import { baseLayers, baseSources, fontFaces, nameLayers } from "./base.js";
import { colour } from "./icons.js";

const empty = { type: "FeatureCollection", features: [] };
const byZoom = (far, near) => ["interpolate", ["exponential", 1.6], ["zoom"], 10, far, 16, near];
const hue = () => ["match", ["get", "hue"], ...Array.from({ length: 12 }, (_, i) => [i + 1, colour(`hue-${i + 1}`)]).flat(), colour("ink")]; // prettier-ignore

// A name that steps aside for a plate, a badge or another name, and comes back when there is room.
const MOVING_NAME = { "text-font": ["Atkinson Hyperlegible"], "text-size": 13, "text-max-width": 9, "text-padding": 2, "text-justify": "auto" };
const inked = (name) => ({ "text-color": colour(name), "text-halo-color": colour("land"), "text-halo-width": 1.6 });

function zones() {
  return [{ id: "zone", type: "line", source: "zones", paint: { "line-color": colour("zone-line"), "line-width": 1, "line-dasharray": [4, 3] } }]; // prettier-ignore
}

function circuits(arrowsFrom) {
  const round = { "line-cap": "round", "line-join": "round" };
  return [
    { id: "circuit-edge", type: "line", source: "circuits", layout: round, paint: { "line-color": colour("land"), "line-width": byZoom(3, 8), "line-opacity": 0.8 } },
    { id: "circuit", type: "line", source: "circuits", layout: round, filter: ["!=", ["get", "line"], "estimated"], paint: { "line-color": hue(), "line-width": byZoom(1.6, 4.5) } },
    { id: "circuit-straight", type: "line", source: "circuits", layout: { "line-join": "round" }, filter: ["==", ["get", "line"], "estimated"], paint: { "line-color": hue(), "line-width": byZoom(1.6, 4.5), "line-dasharray": [3, 1.5] } },
    { id: "circuit-arrow", type: "symbol", source: "circuits", minzoom: arrowsFrom, layout: { "symbol-placement": "line", "symbol-spacing": 110, "icon-image": ["concat", "arrow|", ["get", "hue"]], "icon-allow-overlap": true, "icon-ignore-placement": true } },
  ]; // prettier-ignore
}

function closures() {
  const drawn = { "line-color": colour("ink"), "line-width": byZoom(2, 5) };
  return [
    { id: "closed-street", type: "line", source: "closed", paint: { "line-color": colour("now"), "line-width": byZoom(2.4, 6), "line-dasharray": [2, 1.2] } },
    { id: "drawing-line", type: "line", source: "drawing", layout: { "line-cap": "round", "line-join": "round" }, paint: drawn },
    { id: "drawing-point", type: "circle", source: "drawing", paint: { "circle-radius": 5, "circle-color": colour("ink"), "circle-stroke-color": colour("land"), "circle-stroke-width": 2 } },
  ]; // prettier-ignore
}

function things() {
  const free = { "icon-allow-overlap": true, "icon-ignore-placement": true };
  // Drawn wherever they are, and names keep off them: what is placed later here is placed first on the map.
  const firm = { "icon-allow-overlap": true, "icon-padding": 0 };
  const state = ["case", [">", ["get", "overflow"], 0], "overflow", [">", ["get", "due"], 0], "due", "low"];
  return [
    { id: "place", type: "symbol", source: "places", layout: { ...MOVING_NAME, "text-field": ["upcase", ["get", "name"]], "text-letter-spacing": 0.08, "text-variable-anchor": ["center", "bottom", "top", "left", "right"], "text-radial-offset": 1.2 }, paint: inked("soft") },
    { id: "site", type: "symbol", source: "sites", layout: { ...MOVING_NAME, ...firm, "icon-image": ["concat", "site|", ["get", "kind"]], "text-field": ["get", "name"], "text-optional": true, "text-variable-anchor": ["top", "bottom", "left", "right"], "text-radial-offset": 1.1 }, paint: inked("ink") },
    { id: "container", type: "symbol", source: "containers", filter: ["!", ["has", "point_count"]], layout: { ...free, "icon-image": ["concat", "fill|", ["get", "state"]], "icon-size": byZoom(0.6, 1.25), "symbol-sort-key": ["match", ["get", "state"], "overflow", 3, "due", 2, "soon", 1, 0] } },
    { id: "cluster", type: "symbol", source: "containers", filter: ["has", "point_count"], layout: { ...firm, "icon-image": ["concat", "cluster|", ["get", "point_count"], "|", state] } },
    { id: "start", type: "symbol", source: "starts", layout: { ...firm, "icon-image": ["concat", "badge|", ["get", "number"], "|", ["get", "hue"]] } },
    { id: "told", type: "circle", source: "told", paint: { "circle-radius": 6, "circle-color": ["match", ["get", "outcome"], "done", colour("go"), colour("now")], "circle-stroke-color": colour("land"), "circle-stroke-width": 2 } },
    { id: "halo", type: "circle", source: "chosen", paint: { "circle-radius": 14, "circle-color": "transparent", "circle-stroke-color": colour("ink"), "circle-stroke-width": 3 } },
    { id: "truck", type: "symbol", source: "trucks", layout: { ...firm, "icon-image": ["concat", "truck|", ["get", "truck"], "|", ["case", ["get", "stale"], "stale", "fresh"]] } },
  ]; // prettier-ignore
}

// Of a large city a thousand containers would lie on one another, and each frame would draw them all.
const FEW = { clusterMaxZoom: 11, arrowsFrom: 11.5 };
const MANY = { clusterMaxZoom: 14, arrowsFrom: 13.5 };

/** The whole style; `map` tells where tiles are, or is null; `isMany`: of a city with thousands of containers. */
export function style(map, isMany) {
  const { clusterMaxZoom, arrowsFrom } = isMany ? MANY : FEW;
  const count = (state) => ["+", ["case", ["==", ["get", "state"], state], 1, 0]];
  const plain = { type: "geojson", data: empty };
  const clustered = { clusterMaxZoom, clusterRadius: 36, clusterProperties: { due: count("due"), overflow: count("overflow") } };
  return {
    version: 8,
    "font-faces": fontFaces(),
    sources: {
      ...baseSources(map), zones: plain, places: plain, sites: plain, circuits: plain, starts: plain, trucks: plain, chosen: plain, told: plain, closed: plain, drawing: plain,
      containers: { ...plain, cluster: true, ...clustered },
    },
    layers: [...baseLayers(map), ...zones(), ...circuits(arrowsFrom), ...closures(), ...nameLayers(map), ...things()],
  }; // prettier-ignore
}
