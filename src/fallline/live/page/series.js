// The records of a run, as many as a page can keep, and those of them that are drawn.

const MOST_KEPT = 20000; // records; of more, groups of neighbours keep their lowest and highest
const COLUMNS = ["iteration", "seconds", "train_error", "validation_error", "gradient_norm", "learning_rate"];
const ERRORS = ["train_error", "validation_error"];

export class Series {
  constructor() { this.clear(); }

  clear() {
    this.recorded = 0; // records that the run has written
    this.phases = []; // { name, from }: where each begins on the axis
    this.x = []; // iterations of all phases, one after the other
    for (const name of COLUMNS) this[name] = [];
  }

  get length() { return this.x.length; }

  add(points) {
    const phase = this.phases.at(-1);
    if (!phase || phase.name !== points.phase) {
      this.phases.push({ name: points.phase, from: this.length ? this.x.at(-1) : 0 });
    }
    const from = this.phases.at(-1).from;
    this.recorded += points.count;
    for (let i = 0; i < points.iteration.length; i++) {
      this.x.push(from + points.iteration[i]);
      for (const name of COLUMNS) this[name].push(points[name][i]);
    }
    while (this.length > MOST_KEPT) this.#halve();
  }

  #halve() {
    const kept = new Set([0, this.length - 1]);
    for (let start = 0; start < this.length; start += 8) {
      const stop = Math.min(start + 8, this.length);
      for (const name of ERRORS) {
        const found = extremes(this[name], start, stop);
        if (found) found.forEach((place) => kept.add(place));
      }
    }
    const places = [...kept].sort((a, b) => a - b);
    for (const name of ["x", ...COLUMNS]) this[name] = places.map((place) => this[name][place]);
  }

  // The place of the last record at or before a position on the axis.
  at(x) {
    let low = 0, high = this.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.x[middle] <= x) low = middle; else high = middle - 1;
    }
    return low;
  }

  highest(name) { return this[name].reduce((most, value) => (value !== null && value > most ? value : most), -Infinity); }

  lowest(name) { return this[name].reduce((least, value) => (value !== null && value > 0 && value < least ? value : least), Infinity); }
}

// Of each of `columns` stretches of the axis the lowest and the highest value, in their order: [x, y] pairs.
export function thinned(xs, ys, columns) {
  const n = xs.length;
  if (n === 0) return [];
  const from = xs[0], width = (xs[n - 1] - from) / columns || 1;
  const drawn = [];
  let start = 0;
  while (start < n) {
    const edge = from + width * (Math.floor((xs[start] - from) / width) + 1);
    let stop = start + 1;
    while (stop < n && xs[stop] < edge) stop++;
    const found = extremes(ys, start, stop);
    if (found) {
      const [low, high] = found;
      drawn.push([xs[Math.min(low, high)], ys[Math.min(low, high)]]);
      if (low !== high) drawn.push([xs[Math.max(low, high)], ys[Math.max(low, high)]]);
    }
    start = stop;
  }
  return drawn;
}

function extremes(values, start, stop) {
  let low = -1, high = -1;
  for (let i = start; i < stop; i++) {
    if (values[i] === null) continue;
    if (low < 0 || values[i] < values[low]) low = i;
    if (high < 0 || values[i] > values[high]) high = i;
  }
  return low < 0 ? null : [low, high];
}
