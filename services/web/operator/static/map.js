// The live map: containers, circuits and trucks over a quiet base; what is chosen here is chosen in the list.

import { clock, element, number, say, values } from "../words.js";
import { circuitsToHit, showCircuit } from "./circuits.js";
import { closing, isDrawing } from "./closing.js";
import { PIXEL_RATIO, picture } from "./icons.js";
import { current, select } from "./selection.js";
import { showSigns } from "./signs.js";
import { style } from "./style.js";

const box = document.getElementById("map");
const note = document.getElementById("map-note");
const loaded = { containers: null, circuits: null };
const OF_DAY = `day=${values.day}&fleet=${values.fleet}`;

/** The one that the list shows. */
const plan = () => document.getElementById("bar").dataset.plan;

async function load(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}

function collection(features) {
  return { type: "FeatureCollection", features };
}

function point(coordinates, properties) {
  return { type: "Feature", properties, geometry: { type: "Point", coordinates } };
}

function extent(features) {
  let [west, south, east, north] = [180, 90, -180, -90];
  const widen = (item) => {
    if (typeof item[0] !== "number") return item.forEach(widen);
    [west, east] = [Math.min(west, item[0]), Math.max(east, item[0])];
    [south, north] = [Math.min(south, item[1]), Math.max(north, item[1])];
  };
  features.forEach((feature) => widen(feature.geometry.coordinates));
  return west <= east ? [[west, south], [east, north]] : null; // prettier-ignore
}

function middle(feature) {
  const [[west, south], [east, north]] = extent([feature]);
  return [(west + east) / 2, (south + north) / 2];
}

/** Reads tiles out of one file, by requests for parts of it. The package is a classic script: it leaves a global. */
async function tiles() {
  const script = element("script", { src: new URL("../vendor/pmtiles.js", import.meta.url).href });
  await new Promise((resolve, reject) => {
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => reject(new Error("pmtiles.js is not installed")));
    document.head.append(script);
  });
  return new globalThis.pmtiles.Protocol().tile;
}

/** The library's own style: the page without its map does not wait for it. */
function dress() {
  const sheet = element("link", { rel: "stylesheet", href: new URL("../vendor/maplibre-gl.css", import.meta.url).href });
  return new Promise((resolve, reject) => {
    sheet.addEventListener("load", resolve);
    sheet.addEventListener("error", () => reject(new Error("maplibre-gl.css cannot be had")));
    document.head.append(sheet);
  });
}

/** What is kept free around things that must be seen: for names, and for the legend where it lies on the map. */
function room() {
  return { top: 48, bottom: getComputedStyle(document.querySelector(".map .legend")).position === "static" ? 48 : 104, left: 64, right: 80 };
}

/** What the map's own controls say. */
function spoken() {
  return {
    "Map.Title": say("map_title"), "NavigationControl.ZoomIn": say("zoom_in"), "NavigationControl.ZoomOut": say("zoom_out"),
    "ScaleControl.Meters": "m", "ScaleControl.Kilometers": "km",
  }; // prettier-ignore
}

/** `bounds`: what is seen first; null where the city has no place yet. */
async function makeMap(library, bounds) {
  const { Map, NavigationControl, ScaleControl, addProtocol } = await library;
  if (values.map?.tiles) addProtocol("pmtiles", await tiles());
  const canvas = element("div", { class: "canvas", id: "canvas" });
  box.prepend(canvas);
  const map = new Map({
    container: canvas, style: style(values.map, values.many), attributionControl: false, dragRotate: false, pitchWithRotate: false,
    maxPitch: 0, fadeDuration: 0, maxZoom: 18, minZoom: 8, locale: spoken(), ...(bounds && { bounds, fitBoundsOptions: { padding: room() } }),
  }); // prettier-ignore
  map.touchZoomRotate.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "bottom-right");
  map.addControl(new ScaleControl({ maxWidth: 96, unit: "metric" }), "bottom-right");
  map.setMissingStyleImageResolver((id) => {
    const image = picture(id);
    if (image && !map.hasImage(id)) map.addImage(id, image, { pixelRatio: PIXEL_RATIO });
  });
  await until(map, "style.load");
  return map;
}

/** What fails before is thrown. */
function until(map, event) {
  return new Promise((resolve, reject) => {
    map.once(event, resolve);
    map.once("error", ({ error }) => reject(error));
  });
}

async function loadBase() {
  const [base, sites, zones] = await Promise.all([
    values.map?.tiles ? null : load("/api/v1/basemap.geojson"),
    load("/api/v1/sites.geojson"),
    load(`/api/v1/public/zones.geojson?city=${values.city}`),
  ]);
  // The town fills the view; a landfill far outside is a drag away.
  return { base, sites, zones, bounds: extent(zones.features.length ? zones.features : sites.features) };
}

function drawBase(map, { base, sites, zones }) {
  if (base) map.getSource("base").setData(base);
  map.getSource("sites").setData(sites);
  map.getSource("zones").setData(zones);
  map.getSource("places").setData(collection(zones.features.map((z) => point(middle(z), { name: z.properties.name }))));
}

function scopeOf(made) {
  return `fleet=${values.fleet}${made ? `&plan=${made}` : ""}`;
}

/** Every container of the fleet, as the plan has them; of a large city without what the note says of a single one. */
async function loadContainers(made) {
  const scope = scopeOf(made);
  if (!values.many) return load(`/api/v1/containers.geojson?${scope}`);
  const { states, id, name, lon, lat, state, circuit } = await load(`/api/v1/map_containers?${scope}`);
  let [x, y] = [0, 0];
  const features = id.map((own, n) => {
    [x, y] = [x + lon[n], y + lat[n]];
    return point([x / 1e5, y / 1e5], { id: own, name: name[n], state: states[state[n]], circuit: circuit[n] || null });
  });
  return collection(features);
}

/** What the note says of a container, asked for where the map was not given it. */
async function whole(feature) {
  if (!feature || "forecast" in feature.properties) return feature;
  const scope = `${scopeOf(plan())}&container=${encodeURIComponent(feature.properties.id)}`;
  const found = await load(`/api/v1/containers.geojson?${scope}`).catch(() => null);
  return Object.assign(feature, { properties: { ...feature.properties, ...found?.features[0]?.properties } });
}

async function loadPlan(made) {
  const [containers, circuits] = await Promise.all([
    loadContainers(made),
    made ? load(`/api/v1/plans/${made}/circuits.geojson`) : collection([]),
  ]);
  return { containers, circuits };
}

function drawPlan(map, { containers, circuits }) {
  Object.assign(loaded, { containers, circuits });
  map.getSource("containers").setData(containers);
  map.getSource("circuits").setData(circuits);
  const started = circuits.features.filter((f) => f.properties.first_stop);
  const starts = started.map((f) => point(f.properties.first_stop, { number: f.properties.number, hue: f.properties.hue }));
  map.getSource("starts").setData(collection(starts));
  showSelection(map, current());
}

let playing = false;

// What was said up to an instant of the past, and where trucks were then; null: the day as it is now again.
function drawPlayback(map, played) {
  playing = played !== null;
  if (playing) map.getSource("trucks").setData(collection(played.trucks.map((t) => point([t.lon, t.lat], t))));
  else load(`/api/v1/state?${OF_DAY}`).then((state) => drawTrucks(map, state));
  const placed = (played?.told ?? []).filter((word) => word.kind === "stop" && word.lon !== null);
  map.getSource("told").setData(collection(placed.map((word) => point([word.lon, word.lat], { outcome: word.outcome }))));
}

function drawTrucks(map, state) {
  if (playing) return;
  map.getSource("trucks").setData(collection(state.trucks.map((t) => point([t.lon, t.lat], t))));
}

function showSelection(map, { circuit, container, from }) {
  const line = loaded.circuits?.features.find((f) => f.properties.number === circuit);
  showCircuit(map, values.many, circuit);
  if (values.many) showSigns(map, line?.properties);
  const ofCircuit = circuit === null ? 1 : ["case", ["==", ["get", "circuit"], circuit], 1, 0.25];
  map.setPaintProperty("container", "icon-opacity", ofCircuit);
  const feature = loaded.containers?.features.find((f) => f.properties.id === container);
  map.getSource("chosen").setData(collection(feature ? [feature] : []));
  explain(feature);
  if (values.many) whole(feature).then(() => feature && current().container === container && explain(feature));
  if (from !== "list" && from !== "address") return;
  if (feature) return map.easeTo({ center: feature.geometry.coordinates, zoom: Math.max(map.getZoom(), 14.5) });
  if (line) map.fitBounds(extent([line]), { padding: room(), maxZoom: 15 });
}

function explain(feature) {
  note.hidden = !feature;
  if (!feature) return;
  const { id, name, zone, forecast = null, forecast_low: low = null, forecast_high: high, fill_ratio: fill = null, circuit, fill_at: at, serving_cost: cost = null } = feature.properties; // prettier-ignore
  const shown = forecast ?? fill;
  const facts = [
    zone,
    shown === null ? null : `${number(shown * 100)} %${forecast === null || low === null ? "" : ` (${say("band", { low: number(low * 100), high: number(high * 100) })})`}`,
    circuit === null ? null : say("circuit", { number: circuit }),
    at ? clock(at) : null,
  ];
  const page = element("a", { href: `/bacs/${encodeURIComponent(id)}` }, say("history"));
  note.replaceChildren(element("b", {}, name), facts.filter(Boolean).join(" · "), priced(cost, circuit), page);
}

// What serving costs, as the list says it; nothing where the plan does not say.
function priced(cost, circuit) {
  if (cost === null) return "";
  const digits = Math.abs(cost) < 100 ? values.cents : 0;
  if (Number(cost.toFixed(digits)) <= 0) return element("p", {}, say("costs_nothing"));
  const money = `${number(cost, digits)}\u00a0${values.currency}`;
  return element("p", {}, circuit === null ? say("would_cost", { money }) : say("costs", { money }));
}

function listen(map) {
  map.on("click", ({ point: spot }) => {
    if (isDrawing()) return;
    const near = [[spot.x - 6, spot.y - 6], [spot.x + 6, spot.y + 6]]; // prettier-ignore
    const [hit] = map.queryRenderedFeatures(near, { layers: ["container", "cluster", ...circuitsToHit(values.many)] });
    if (!hit) return select({ from: "map" });
    if (hit.layer.id === "cluster") return reveal(map, hit);
    if (hit.layer.id === "container") return select({ container: hit.properties.id, from: "map" });
    return select({ circuit: hit.properties.number, from: "map" });
  });
  for (const layer of ["container", "cluster", "start", "circuit"]) {
    map.on("mouseenter", layer, () => (map.getCanvas().style.cursor = "pointer"));
    map.on("mouseleave", layer, () => (map.getCanvas().style.cursor = ""));
  }
  document.addEventListener("tournee:selection", ({ detail }) => showSelection(map, detail));
  document.addEventListener("tournee:state", ({ detail }) => drawTrucks(map, detail));
  document.addEventListener("tournee:playback", ({ detail }) => drawPlayback(map, detail));
  document.addEventListener("tournee:panel", async ({ detail }) => drawPlan(map, await loadPlan(detail)));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => location.reload());
}

async function reveal(map, hit) {
  const zoom = await map.getSource("containers").getClusterExpansionZoom(hit.properties.cluster_id);
  map.easeTo({ center: hit.geometry.coordinates, zoom });
}

async function start() {
  // Over a slow line all of it is on its way at once, the library, mostly in the browser already, too.
  const library = import("../vendor/maplibre-gl.mjs");
  const fonts = ["400", "700"].map((weight) => document.fonts.load(`${weight} 13px Atkinson Hyperlegible`));
  const shown = plan();
  const [base, drawn, state] = await Promise.all([loadBase(), loadPlan(shown), load(`/api/v1/state?${OF_DAY}`), dress(), ...fonts]);
  const map = await makeMap(library, base.bounds);
  listen(map);
  drawBase(map, base);
  drawPlan(map, plan() === shown ? drawn : await loadPlan(plan()));
  drawTrucks(map, state);
  await closing(map);
  await until(map, "idle");
  if (current().container || current().circuit) showSelection(map, { ...current(), from: "address" });
  document.getElementById("drawn-map").remove();
  box.dataset.live = "true";
}

start().catch((error) => {
  console.info("the drawn map stays:", error.message);
  document.getElementById("canvas")?.remove();
  note.textContent = say("no_webgl");
  note.hidden = false;
});
