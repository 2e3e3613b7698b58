// Closed streets on the map, and one drawn along a street: its form is the page of closed streets.

import { say } from "../words.js";

const MOST = 200; // points, as the form takes them
const tool = document.getElementById("closing");
const button = document.getElementById("draw-street");

let points = null;

/** Whether a click on the map is a point of a street. */
export function isDrawing() {
  return points !== null;
}

function show(map) {
  const line = points ?? [];
  const geometry = line.length > 1 ? { type: "LineString", coordinates: line } : { type: "MultiPoint", coordinates: line };
  map.getSource("drawing").setData({ type: "Feature", properties: {}, geometry });
  document.getElementById("closing-help").textContent = points === null ? "" : say("draw_help", { count: line.length });
  document.getElementById("closing-go").hidden = line.length < 2;
  button.textContent = say(points === null ? "draw_street" : "draw_stop");
  button.setAttribute("aria-pressed", String(points !== null));
  map.getCanvas().style.cursor = points === null ? "" : "crosshair";
}

function send() {
  const line = points.map(([lon, lat]) => `${lon.toFixed(6)},${lat.toFixed(6)}`).join(";");
  location.assign(`/rues-fermees?ligne=${line}`);
}

/** Draw what is closed, and let somebody draw. */
export async function closing(map) {
  const answer = await fetch("/api/v1/closed_streets.geojson");
  if (answer.ok) map.getSource("closed").setData(await answer.json());
  map.on("click", ({ lngLat }) => {
    if (points === null || points.length >= MOST) return;
    points = [...points, [lngLat.lng, lngLat.lat]];
    show(map);
  });
  button.addEventListener("click", () => {
    points = points === null ? [] : null;
    show(map);
  });
  document.getElementById("closing-go").addEventListener("click", send);
  document.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || points === null) return;
    points = null;
    show(map);
  });
  show(map);
  tool.hidden = false;
}
