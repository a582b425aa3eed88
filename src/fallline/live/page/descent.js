// The descent as it happens: the curve, the numbers, what was thinned, and a look back.

import { Chart, colour } from "./chart.js";
import { Series, thinned } from "./series.js";
import { count, duration, number } from "./words.js";

const id = (name) => document.getElementById(name);

export class Descent {
  constructor() {
    this.series = new Series();
    this.chart = new Chart(id("chart"), "iterations");
    this.plateaus = [];
    this.plateauPhase = "";
    this.changes = [];
    this.waiting = false;
    id("look").addEventListener("input", () => this.look());
    new ResizeObserver(() => this.later()).observe(id("chart"));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.later());
  }

  add(points) {
    this.series.add(points);
    this.later();
  }

  clear() {
    this.series.clear();
    this.later();
  }

  shade(plateaus, phase) {
    this.plateaus = plateaus;
    this.plateauPhase = phase;
    this.later();
  }

  mark(changes) {
    this.changes = changes || [];
    this.later();
  }

  // Draw once a frame, however much has come.
  later() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.draw(); });
  }

  from(phase) {
    const found = this.series.phases.find((each) => each.name === phase);
    return found ? found.from : 0;
  }

  draw() {
    const { series } = this;
    const caption = id("thinning");
    if (!series.length) return;
    const columns = this.chart.columns();
    const validated = series.highest("validation_error") > -Infinity;
    const train = thinned(series.x, series.train_error, columns);
    const validation = validated ? thinned(series.x, series.validation_error, columns) : [];
    const lines = [{ points: train, colour: colour("train") }];
    if (validated) lines.push({ points: validation, colour: colour("validation"), dash: [7, 4] });
    id("legend-validation").hidden = !validated;
    id("legend-plateau").hidden = !this.plateaus.length;
    const low = Math.min(series.lowest("train_error"), series.lowest("validation_error"));
    const high = Math.max(series.highest("train_error"), series.highest("validation_error"));
    const range = { x: [series.x[0], Math.max(series.x.at(-1), series.x[0] + 1)], y: [low, high] };
    const offset = this.from(this.plateauPhase);
    const marks = series.phases.slice(1).map((phase) => ({ x: phase.from, text: `on ${phase.name}` }));
    this.changes.forEach((change, i) => marks.push({ x: this.from(change.phase) + change.iteration, text: `rate ${number(change.after, 3)}`, row: 1 + (i % 3) }));
    const looking = Number(id("look").value) < Number(id("look").max);
    const cursor = looking ? this.looked() : null;
    this.chart.draw(lines, range, { shades: this.plateaus.map(([a, b]) => [a + offset, b + offset]), marks, cursor });

    const drawn = train.length + validation.length;
    const recorded = series.recorded;
    caption.dataset.recorded = recorded;
    caption.dataset.drawn = drawn;
    const errors = validated ? 2 * recorded : recorded;
    caption.textContent = drawn < errors
      ? `Thinned: ${count(recorded)} iterations are recorded, with ${count(errors)} errors; ${count(drawn)} points are drawn, of neighbours the lowest and the highest.`
      : `${count(recorded)} iterations are recorded, and all of them drawn.`;
    this.numbers();
    this.look();
  }

  numbers() {
    const { series } = this, last = series.length - 1;
    id("n-iteration").textContent = count(series.iteration[last]);
    id("n-train").textContent = number(series.train_error[last]);
    id("n-validation").textContent = number(series.validation_error[last]);
    id("n-gradient").textContent = number(series.gradient_norm[last], 3);
    id("n-rate").textContent = number(series.learning_rate[last], 3);
    id("n-time").textContent = duration(series.seconds[last]);
    const phase = series.phases.at(-1).name;
    id("chart").setAttribute("aria-label",
      `The error on a logarithmic scale over ${count(series.x[last])} iterations, on ${phase}: the training error goes from `
      + `${number(series.train_error[0])} to ${number(series.train_error[last])}, its lowest is ${number(series.lowest("train_error"))}.`);
  }

  looked() {
    const { series } = this, range = id("look");
    const share = Number(range.value) / Number(range.max);
    return series.x[0] + share * (series.x.at(-1) - series.x[0]);
  }

  look() {
    const { series } = this, range = id("look");
    range.disabled = series.length < 2;
    if (!series.length || Number(range.value) === Number(range.max)) {
      id("looked").textContent = "";
      range.setAttribute("aria-valuetext", "the last iteration");
      if (this.cursorShown) { this.cursorShown = false; this.later(); }
      return;
    }
    const place = series.at(this.looked());
    let words = `iteration ${count(series.iteration[place])}: training error ${number(series.train_error[place])}`;
    if (series.validation_error[place] !== null) words += `, validation error ${number(series.validation_error[place])}`;
    words += `, after ${duration(series.seconds[place])}`;
    if (words !== id("looked").textContent) {
      id("looked").textContent = words;
      range.setAttribute("aria-valuetext", words);
      this.cursorShown = true;
      this.later();
    }
  }
}
