// The quiet base: pale land, soft water, thin roads, few names. From the city's own tiles (OpenMapTiles' schema), or,
// where it has none, from its streets as GeoJSON. Names are drawn in the browser with the page's own type: no glyph files.

import { colour } from "./icons.js";

const TYPE = { "text-font": ["Atkinson Hyperlegible"], "text-max-width": 7, "text-padding": 6 };
// French where the map has it, else the name that people there use.
const NAME = ["coalesce", ["get", "name:fr"], ["get", "name"]];
const is = (field, ...values) => ["match", ["get", field], values, true, false];
const wide = (far, near) => ["interpolate", ["exponential", 1.6], ["zoom"], 10, far, 17, near];

const GREAT = ["motorway", "trunk", "primary"];
const MIDDLE = ["secondary", "tertiary"];

export function baseSources(map) {
  if (!map?.tiles) return { base: { type: "geojson", data: { type: "FeatureCollection", features: [] } } };
  const address = new URL(map.tiles, location.href).href;
  return { base: { type: "vector", url: `pmtiles://${address}`, attribution: map.attribution } };
}

/** The type of names, from this server; where it is not installed the browser takes its own. */
export function fontFaces() {
  const file = new URL("../vendor/atkinson-400.woff2", import.meta.url).href;
  return { "Atkinson Hyperlegible": [{ url: file }] };
}

/** What lies under circuits. */
export function baseLayers(map) {
  const land = { id: "land", type: "background", paint: { "background-color": colour("land") } };
  return [land, ...(map?.tiles ? tiled() : plain())];
}

/** Names, over circuits but under containers. */
export function nameLayers(map) {
  return map?.tiles ? names() : [];
}

function tiled() {
  const from = (layer) => ({ source: "base", "source-layer": layer });
  const road = (id, classes, paint, minzoom = 8) => ({
    id, type: "line", ...from("transportation"), minzoom, filter: is("class", ...classes),
    layout: { "line-cap": "round", "line-join": "round" }, paint,
  }); // prettier-ignore
  const edge = (far, near) => ({ "line-color": colour("road-edge"), "line-width": wide(far, near) });
  const inside = (far, near) => ({ "line-color": colour("road"), "line-width": wide(far, near) });
  return [
    { id: "green", type: "fill", ...from("landcover"), filter: is("class", "wood", "grass", "wetland"), paint: { "fill-color": colour("park"), "fill-antialias": false } },
    { id: "market", type: "fill", ...from("landuse"), filter: is("class", "market"), paint: { "fill-color": colour("market") } },
    { id: "water", type: "fill", ...from("water"), paint: { "fill-color": colour("water") } },
    { id: "stream", type: "line", ...from("waterway"), filter: is("class", "river", "canal", "stream"), minzoom: 12, paint: { "line-color": colour("water"), "line-width": wide(0.5, 4) } },
    { id: "building", type: "fill", ...from("building"), minzoom: 14, paint: { "fill-color": colour("built"), "fill-opacity": ["interpolate", ["linear"], ["zoom"], 14, 0, 15.5, 1] } },
    road("rail", ["rail"], { "line-color": colour("rail"), "line-width": wide(0.6, 2) }, 12),
    road("path", ["path", "track"], { "line-color": colour("road-edge"), "line-width": 1, "line-dasharray": [3, 2] }, 15.5),
    road("street-edge", ["minor", "service"], edge(0.4, 12), 12),
    road("middle-edge", MIDDLE, edge(1.6, 17), 10),
    road("great-edge", GREAT, edge(2.4, 22)),
    road("street", ["minor", "service"], inside(0.2, 10), 13.5),
    road("middle", MIDDLE, inside(0.8, 14.5), 11),
    road("great", GREAT, inside(1.4, 19)),
    { id: "boundary", type: "line", ...from("boundary"), filter: ["<=", ["get", "admin_level"], 6], paint: { "line-color": colour("zone-line"), "line-width": 1, "line-dasharray": [6, 3] } },
  ]; // prettier-ignore
}

function names() {
  const ink = (name) => ({ "text-color": colour(name), "text-halo-color": colour("land"), "text-halo-width": 1.4 });
  const label = (id, layer, minzoom, layout, paint, filter) => ({
    id, type: "symbol", source: "base", "source-layer": layer, minzoom, ...(filter && { filter }),
    layout: { ...TYPE, "text-field": NAME, "text-size": 13, ...layout }, paint,
  }); // prettier-ignore
  const along = { "symbol-placement": "line", "symbol-spacing": 420, "text-size": 12.5 };
  return [
    label("water-name", "water_name", 13, { "text-size": 13 }, { ...ink("water-name"), "text-halo-color": colour("water") }),
    label("river-name", "waterway", 12, { ...along, "text-size": 14, "text-letter-spacing": 0.08 }, { ...ink("water-name"), "text-halo-color": colour("water") }, is("class", "river")),
    label("great-name", "transportation_name", 14, along, ink("name"), is("class", ...GREAT, ...MIDDLE)),
    label("street-name", "transportation_name", 15.5, along, ink("name"), is("class", "minor")),
    label("town-name", "place", 9, { "text-size": 15 }, ink("name"), is("class", "town", "village")),
    label("quarter-name", "place", 13, {}, ink("name"), is("class", "suburb", "quarter")),
  ]; // prettier-ignore
}

function plain() {
  const kind = (...kinds) => is("kind", ...kinds);
  return [
    { id: "water", type: "fill", source: "base", filter: kind("sea", "lagoon", "water"), paint: { "fill-color": colour("water") } },
    { id: "green", type: "fill", source: "base", filter: kind("park"), paint: { "fill-color": colour("park") } },
    { id: "market", type: "fill", source: "base", filter: kind("market"), paint: { "fill-color": colour("market") } },
    { id: "street", type: "line", source: "base", filter: kind("street"), minzoom: 11.5, paint: { "line-color": colour("road-edge"), "line-width": wide(0.3, 7) } },
    { id: "avenue-edge", type: "line", source: "base", filter: kind("avenue", "bridge"), paint: { "line-color": colour("road-edge"), "line-width": wide(1.6, 17) } },
    { id: "avenue", type: "line", source: "base", filter: kind("avenue", "bridge"), paint: { "line-color": colour("road"), "line-width": wide(0.9, 14) } },
  ]; // prettier-ignore
}
