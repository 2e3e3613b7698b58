// The streets around a leg on a plain canvas: no WebGL, nothing asked of the network, drawn in some milliseconds.

const PADDING = 28;
const WIDTHS = { 2: [1.2, 9], 3: [2.4, 15] }; // street, avenue: far and near, in pixels
const NEAR = 0.35; // metres a pixel at which streets have their near width
const FAR = 8;

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** From lon, lat to pixels: all points of the leg within the canvas. */
function frame(line, width, height) {
  const lons = line.map((p) => p[0]);
  const lats = line.map((p) => p[1]);
  const middle = [(Math.min(...lons) + Math.max(...lons)) / 2, (Math.min(...lats) + Math.max(...lats)) / 2];
  const shrink = Math.cos((middle[1] * Math.PI) / 180);
  const wide = (Math.max(...lons) - Math.min(...lons)) * shrink * 111320;
  const tall = (Math.max(...lats) - Math.min(...lats)) * 111320;
  const metres = Math.max(wide / (width - 2 * PADDING), tall / (height - 2 * PADDING), 0.4); // a pixel
  const scale = 111320 / metres;
  const place = ([lon, lat]) => [width / 2 + (lon - middle[0]) * shrink * scale, height / 2 - (lat - middle[1]) * scale];
  return { place, metres };
}

function trace(pen, points) {
  pen.beginPath();
  points.forEach(([x, y], index) => (index ? pen.lineTo(x, y) : pen.moveTo(x, y)));
}

function unpack({ unit, origin }, [kind, ...steps]) {
  let [x, y] = [0, 0];
  const points = [];
  for (let i = 0; i < steps.length; i += 2) {
    [x, y] = [x + steps[i], y + steps[i + 1]];
    points.push([origin[0] + x / unit, origin[1] + y / unit]);
  }
  return { kind, points };
}

function drawStreets(pen, streets, { place, metres }) {
  const lines = streets.lines.map((line) => unpack(streets, line));
  const nearness = Math.min(1, Math.max(0, Math.log(FAR / metres) / Math.log(FAR / NEAR)));
  for (const kind of [0, 1]) {
    pen.fillStyle = colour(kind === 0 ? "water" : "park");
    for (const line of lines) if (line.kind === kind) (trace(pen, line.points.map(place)), pen.fill());
  }
  for (const [edge, name] of [[2, "road-edge"], [0, "road"]]) {
    pen.strokeStyle = colour(name);
    for (const kind of [2, 3]) {
      const [far, near] = WIDTHS[kind];
      pen.lineWidth = far + (near - far) * nearness + edge;
      for (const line of lines) if (line.kind === kind) (trace(pen, line.points.map(place)), pen.stroke());
    }
  }
}

function drawLeg(pen, line, place) {
  const points = line.map(place);
  trace(pen, points);
  pen.strokeStyle = colour("paper");
  pen.lineWidth = 11;
  pen.stroke();
  pen.strokeStyle = colour("go");
  pen.lineWidth = 6;
  pen.stroke();
  dot(pen, points[0], 7, colour("paper"), colour("go"));
  dot(pen, points.at(-1), 11, colour("go"), colour("paper"));
}

function dot(pen, [x, y], radius, inside, edge) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fillStyle = inside;
  pen.fill();
  pen.strokeStyle = edge;
  pen.lineWidth = 4;
  pen.stroke();
}

/** Draw one leg over its streets, where they are known, with the rest of the circuit faint. */
export function draw(canvas, { leg, legs, streets }) {
  const { clientWidth: width, clientHeight: height } = canvas;
  if (!width || !leg.line.length) return;
  const sharp = Math.min(devicePixelRatio || 1, 2);
  [canvas.width, canvas.height] = [width * sharp, height * sharp];
  const pen = canvas.getContext("2d");
  pen.scale(sharp, sharp);
  pen.lineCap = pen.lineJoin = "round";
  pen.fillStyle = colour("land");
  pen.fillRect(0, 0, width, height);
  const seen = frame(leg.line, width, height);
  if (streets) drawStreets(pen, streets, seen);
  pen.strokeStyle = colour("faint-way");
  pen.lineWidth = 3;
  for (const other of legs) if (other !== leg && other.line.length > 1) (trace(pen, other.line.map(seen.place)), pen.stroke());
  drawLeg(pen, leg.line, seen.place);
}
