// Pictures for the map, drawn on a canvas when the map first asks for them: no glyph server, no sprite sheet.

const SCALE = 2; // drawn twice as large, for sharp screens

export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function sheet(width, height, draw) {
  const canvas = document.createElement("canvas");
  canvas.width = width * SCALE;
  canvas.height = height * SCALE;
  const pen = canvas.getContext("2d");
  pen.scale(SCALE, SCALE);
  draw(pen);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

// The scale of fill: hollow ring, half, full disc, disc with a notch, dashed ring. Readable without colour.
function fill(state, faint) {
  return sheet(20, 20, (pen) => {
    pen.globalAlpha = faint ? 0.35 : 1;
    pen.strokeStyle = pen.fillStyle = colour(state);
    pen.lineWidth = 2.2;
    pen.beginPath();
    if (state === "overflow") {
      pen.arc(10, 10, 8, -Math.PI / 2 + 0.55, -Math.PI / 2 - 0.55);
      pen.lineTo(10, 10.5);
      pen.closePath();
      return pen.fill();
    }
    if (state === "due") {
      pen.arc(10, 10, 7, 0, 2 * Math.PI);
      return pen.fill();
    }
    pen.arc(10, 10, 5.5, 0, 2 * Math.PI);
    const inside = new Path2D();
    inside.arc(10, 10, 5.5, 0, 2 * Math.PI);
    pen.save();
    pen.fillStyle = colour("land");
    pen.fill(inside);
    pen.restore();
    if (state === "silent") pen.setLineDash([3, 2.4]);
    pen.stroke();
    if (state === "soon") {
      pen.beginPath();
      pen.arc(10, 10, 5.5, 0, Math.PI);
      pen.fill();
    }
  });
}

function badge(number, hue) {
  return sheet(26, 26, (pen) => {
    pen.fillStyle = colour(`hue-${hue}`);
    pen.strokeStyle = colour("land");
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(13, 13, 11, 0, 2 * Math.PI);
    pen.fill();
    pen.stroke();
    write(pen, number, 13, 13, colour("ground"), 13);
  });
}

function cluster(count, state) {
  const radius = count < 10 ? 13 : count < 100 ? 16 : 20;
  return sheet(44, 44, (pen) => {
    pen.fillStyle = colour("paper");
    pen.strokeStyle = colour(state);
    pen.lineWidth = 3;
    pen.beginPath();
    pen.arc(22, 22, radius, 0, 2 * Math.PI);
    pen.fill();
    pen.stroke();
    write(pen, count, 22, 22, colour("ink"), 14);
  });
}

function arrow(hue) {
  return sheet(12, 12, (pen) => {
    pen.fillStyle = colour(`hue-${hue}`);
    pen.strokeStyle = colour("land");
    pen.beginPath();
    pen.moveTo(2, 1);
    pen.lineTo(11, 6);
    pen.lineTo(2, 11);
    pen.lineTo(4.5, 6);
    pen.closePath();
    pen.fill();
    pen.stroke();
  });
}

function truck(name, stale) {
  return sheet(84, 26, (pen) => {
    pen.font = "700 13px Atkinson Hyperlegible, sans-serif";
    const width = Math.min(80, pen.measureText(name).width + 20);
    const left = (84 - width) / 2;
    pen.fillStyle = stale ? colour("soft") : colour("ink");
    pen.strokeStyle = colour("land");
    pen.lineWidth = 2;
    pen.beginPath();
    pen.roundRect(left, 2, width, 22, 5);
    pen.fill();
    pen.stroke();
    write(pen, name, 42, 13, colour("ground"), 13);
  });
}

// Where a truck is, when its plate is beside it or found no room.
function dot(stale) {
  return sheet(12, 12, (pen) => {
    pen.fillStyle = stale ? colour("soft") : colour("ink");
    pen.strokeStyle = colour("land");
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.arc(6, 6, 4.5, 0, 2 * Math.PI);
    pen.fill();
    pen.stroke();
  });
}

// A house for a depot, a heap for a disposal site.
function site(kind) {
  return sheet(30, 26, (pen) => {
    pen.fillStyle = colour("ink");
    pen.strokeStyle = colour("land");
    pen.lineWidth = 2;
    pen.lineJoin = "round";
    pen.beginPath();
    if (kind === "depot") [[5, 12], [15, 3], [25, 12], [25, 23], [5, 23]].forEach((at) => pen.lineTo(...at));
    else [[3, 23], [11, 7], [15, 11], [19, 5], [27, 23]].forEach((at) => pen.lineTo(...at));
    pen.closePath();
    pen.stroke();
    pen.fill();
  });
} // prettier-ignore

function write(pen, text, x, y, ink, size) {
  pen.fillStyle = ink;
  pen.font = `700 ${size}px Atkinson Hyperlegible, sans-serif`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(String(text), x, y + 0.5);
}

const DRAWERS = {
  fill: (state, faint) => fill(state, faint === "faint"),
  badge: (number, hue) => badge(number, hue),
  cluster: (count, state) => cluster(Number(count), state),
  arrow,
  truck: (name, stale) => truck(name, stale === "stale"),
  dot: (stale) => dot(stale === "stale"),
  site,
};

/** The picture of a name such as `badge|3|7`, or null where the name is not ours. */
export function picture(name) {
  const [kind, ...rest] = name.split("|");
  return DRAWERS[kind]?.(...rest) ?? null;
}

export const PIXEL_RATIO = SCALE;
