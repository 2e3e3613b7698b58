// Small geometry for the cab.

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
