// Small geometry for the cab.

import { number } from "../words.js";

const EARTH_M = 6371008.8;

/** Metres between two places as the crow flies. */
export function distance(a, b) {
  const rad = (degrees) => (degrees * Math.PI) / 180;
  const h =
    Math.sin(rad(b.lat - a.lat) / 2) ** 2 +
    Math.cos(rad(a.lat)) * Math.cos(rad(b.lat)) * Math.sin(rad(b.lon - a.lon) / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.sqrt(h));
}

/** What the phone's own navigation app opens. */
export function geoLink({ lat, lon, name }) {
  return `geo:${lat},${lon}?q=${lat},${lon}(${encodeURIComponent(name)})`;
}

/** The text and values of a length as people say it: `about_m` or `metres` in tens, `about_km` or `kilometres`. */
export function length(metres, prefix) {
  const isShort = metres < 950;
  const shown = isShort ? number(Math.max(10, Math.round(metres / 10) * 10)) : number(metres / 1000, 1);
  if (prefix) return [`${prefix}${isShort ? "m" : "km"}`, { distance: shown }];
  return [isShort ? "metres" : "kilometres", { distance: shown }];
}
