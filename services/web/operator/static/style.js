// The layers over the base: zones, circuits, containers, trucks. Everything comes from this server.

import { baseLayers, baseSources, fontFaces, nameLayers } from "./base.js";
import { circuitLayers, thinning } from "./circuits.js";
import { colour } from "./icons.js";
import { FIRM, clustering, signLayers } from "./signs.js";
import { byZoom } from "./zooms.js";

const empty = { type: "FeatureCollection", features: [] };

// A name that steps aside for a plate, a badge or another name, and comes back when there is room.
const MOVING_NAME = { "text-font": ["Atkinson Hyperlegible"], "text-size": 13, "text-max-width": 9, "text-padding": 2, "text-justify": "auto" };
const inked = (name) => ({ "text-color": colour(name), "text-halo-color": colour("land"), "text-halo-width": 1.6 });

function zones() {
  return [{ id: "zone", type: "line", source: "zones", paint: { "line-color": colour("zone-line"), "line-width": 1, "line-dasharray": [4, 3] } }]; // prettier-ignore
}

function closures() {
  const drawn = { "line-color": colour("ink"), "line-width": byZoom(2, 5) };
  return [
    { id: "closed-street", type: "line", source: "closed", paint: { "line-color": colour("now"), "line-width": byZoom(2.4, 6), "line-dasharray": [2, 1.2] } },
    { id: "drawing-line", type: "line", source: "drawing", layout: { "line-cap": "round", "line-join": "round" }, paint: drawn },
    { id: "drawing-point", type: "circle", source: "drawing", paint: { "circle-radius": 5, "circle-color": colour("ink"), "circle-stroke-color": colour("land"), "circle-stroke-width": 2 } },
  ]; // prettier-ignore
}

function places() {
  return [
    { id: "place", type: "symbol", source: "places", layout: { ...MOVING_NAME, "text-field": ["upcase", ["get", "name"]], "text-letter-spacing": 0.08, "text-variable-anchor": ["center", "bottom", "top", "left", "right"], "text-radial-offset": 1.2 }, paint: inked("soft") },
    { id: "site", type: "symbol", source: "sites", layout: { ...MOVING_NAME, ...FIRM, "icon-image": ["concat", "site|", ["get", "kind"]], "text-field": ["get", "name"], "text-optional": true, "text-variable-anchor": ["top", "bottom", "left", "right"], "text-radial-offset": 1.1 }, paint: inked("ink") },
  ]; // prettier-ignore
}

/** The whole style; `map` tells where tiles are, or is null; `isMany`: of a city with thousands of containers. */
export function style(map, isMany) {
  const plain = { type: "geojson", data: empty };
  return {
    version: 8,
    "font-faces": fontFaces(),
    sources: {
      ...baseSources(map), zones: plain, places: plain, sites: plain, starts: plain, trucks: plain, chosen: plain, told: plain, closed: plain, drawing: plain,
      circuits: { ...plain, ...thinning(isMany) },
      containers: { ...plain, ...clustering(isMany) },
    },
    layers: [...baseLayers(map), ...zones(), ...circuitLayers(isMany), ...closures(), ...nameLayers(map), ...places(), ...signLayers(isMany)],
  }; // prettier-ignore
}
