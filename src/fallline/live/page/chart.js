// A canvas with a logarithmic axis upwards: lines, shaded stretches, and marks.

import { count, number } from "./words.js";

const MARGIN = { left: 62, right: 12, top: 10, bottom: 34 };
const MOST_COLUMNS = 1200; // so that two lines have no more than 4,800 points

export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export class Chart {
  // canvas, and what the axis is of
  constructor(canvas, label) {
    this.canvas = canvas;
    this.label = label;
  }

  // How many points a line has at most, at the present width.
  columns() { return Math.max(50, Math.min(MOST_COLUMNS, Math.floor(this.canvas.clientWidth - MARGIN.left - MARGIN.right))); }

  // lines: [{ points: [[x, y], …], colour, dash, dots }], range: { x: [from, to], y: [from, to] }
  draw(lines, range, { shades = [], marks = [], cursor = null } = {}) {
    const { canvas } = this;
    const ratio = Math.min(3, window.devicePixelRatio || 1);
    const width = canvas.clientWidth, height = canvas.clientHeight;
    if (!width || !height) return;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.font = "12px system-ui, sans-serif";
    const inner = { x: MARGIN.left, y: MARGIN.top, width: width - MARGIN.left - MARGIN.right, height: height - MARGIN.top - MARGIN.bottom };
    const [x0, x1] = range.x, logs = logRange(range.y);
    const atX = (x) => inner.x + (inner.width * (x - x0)) / (x1 - x0 || 1);
    const atY = (y) => inner.y + inner.height * (1 - (Math.log10(y) - logs[0]) / (logs[1] - logs[0]));
    const floor = inner.y + inner.height;

    context.fillStyle = colour("plateau");
    for (const [from, to] of shades) context.fillRect(atX(from), inner.y, Math.max(1, atX(to) - atX(from)), inner.height);

    context.strokeStyle = colour("line");
    context.fillStyle = colour("soft");
    context.lineWidth = 1;
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const value of logTicks(logs, inner.height)) {
      stroke(context, [[inner.x, atY(value)], [inner.x + inner.width, atY(value)]]);
      context.fillText(number(value, 3), inner.x - 6, atY(value));
    }
    context.textBaseline = "top";
    const ticks = linearTicks(x0, x1, Math.max(2, Math.floor(inner.width / 110)));
    ticks.forEach((value, i) => {
      context.textAlign = i === ticks.length - 1 && atX(value) > width - 30 ? "right" : "center";
      context.fillText(count(value), atX(value), floor + 5);
    });
    context.textAlign = "right";
    context.fillText(this.label, inner.x + inner.width, floor + 19);

    context.save();
    context.beginPath();
    context.rect(inner.x, inner.y - 2, inner.width + 2, inner.height + 4);
    context.clip();
    for (const line of lines) {
      context.strokeStyle = line.colour;
      context.lineWidth = line.width || 1.8;
      context.setLineDash(line.dash || []);
      stroke(context, line.points.map(([x, y]) => [atX(x), y > 0 ? Math.min(floor, Math.max(inner.y - 2, atY(y))) : floor]));
    }
    context.restore();

    context.setLineDash([3, 3]);
    context.lineWidth = 1;
    context.textAlign = "left";
    for (const mark of marks) {
      context.strokeStyle = context.fillStyle = colour("mark");
      stroke(context, [[atX(mark.x), inner.y], [atX(mark.x), floor]]);
      const there = atX(mark.x) + 4, wide = context.measureText(mark.text).width;
      context.fillText(mark.text, Math.min(there, inner.x + inner.width - wide), inner.y + 2 + 14 * (mark.row || 0));
    }
    if (cursor !== null) {
      context.setLineDash([]);
      context.strokeStyle = colour("ink");
      stroke(context, [[atX(cursor), inner.y], [atX(cursor), floor]]);
    }
    context.setLineDash([]);
  }
}

function stroke(context, points) {
  if (!points.length) return;
  context.beginPath();
  context.moveTo(...points[0]);
  for (const point of points) context.lineTo(...point);
  context.stroke();
}

// The powers of ten between which the axis goes, with some room.
function logRange([low, high]) {
  if (!(low > 0) || !Number.isFinite(low)) low = high > 0 && Number.isFinite(high) ? high / 10 : 0.1;
  if (!Number.isFinite(high) || high < low) high = low;
  const room = Math.max(0.03, 0.05 * (Math.log10(high) - Math.log10(low)));
  return [Math.log10(low) - room, Math.log10(high) + room];
}

function logTicks([low, high], height) {
  const found = [], span = high - low;
  const steps = span > 2.5 ? [1] : span > 1 ? [1, 2, 5] : span > 0.35 ? [1, 2, 3, 4, 5, 6, 8] : null;
  if (!steps) return linearTicks(10 ** low, 10 ** high, Math.max(3, Math.floor(height / 45))).filter((value) => value > 0);
  const every = span > 2.5 ? Math.max(1, Math.ceil(span / Math.max(2, height / 30))) : 1;
  for (let power = Math.floor(low); power <= Math.ceil(high); power++) {
    if (((power % every) + every) % every) continue;
    for (const step of steps) {
      const value = Number(`${step}e${power}`);
      if (Math.log10(value) >= low && Math.log10(value) <= high) found.push(value);
    }
  }
  return found;
}

function linearTicks(from, to, most) {
  const span = to - from;
  if (!(span > 0)) return [from];
  const rough = span / most, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
  const found = [];
  for (let value = Math.ceil(from / step - 1e-9) * step; value <= to + 1e-9 * span; value += step) found.push(Number(value.toPrecision(12)));
  return found;
}
