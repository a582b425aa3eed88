// The network: units in layers, weights between them, and how the units stand.

import { element, number } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const id = (name) => document.getElementById(name);
const STEP = 24; // pixels between units

export class Network {
  constructor() {
    this.told = null;
    new ResizeObserver(() => this.draw()).observe(id("network"));
  }

  tell(told) {
    this.told = told;
    this.draw();
  }

  draw() {
    const { told } = this;
    if (!told) return;
    id("network-none").hidden = true;
    const figure = id("network").querySelector("figure");
    figure.hidden = false;
    const svg = id("drawing");
    const width = Math.max(260, svg.clientWidth || figure.clientWidth);
    const sizes = [told.inputs.drawn.length, ...told.layers.map((layer) => layer.drawn.length)];
    const step = Math.min(STEP, 460 / Math.max(...sizes)), radius = Math.min(8, 0.4 * step + 1);
    const height = step * Math.max(...sizes) + 40;
    const names = told.inputs.names.length && width > 560;
    const left = names ? 150 : 18;
    const x = (layer) => left + ((width - left - 18) * layer) / (sizes.length - 1);
    const y = (layer, unit) => 8 + (height - 40) / 2 + step * (unit - (sizes[layer] - 1) / 2);
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("height", height);
    const made = [];

    told.layers.forEach((layer, i) => {
      const largest = layer.largest || 1;
      const edges = [];
      layer.weights.forEach((row, unit) => row.forEach((weight, below) => {
        const share = Math.abs(weight || 0) / largest;
        if (share > 0.02) edges.push([share, weight, unit, below]);
      }));
      edges.sort((a, b) => a[0] - b[0]);
      for (const [share, weight, unit, below] of edges) {
        made.push(node("line", {
          class: weight > 0 ? "positive" : "negative",
          x1: x(i), y1: y(i, below), x2: x(i + 1), y2: y(i + 1, unit),
          "stroke-width": (0.4 + 2.6 * share).toFixed(2), "stroke-opacity": (0.08 + 0.85 * share).toFixed(2),
        }));
      }
    });
    told.inputs.drawn.forEach((input, unit) => {
      made.push(node("circle", { class: "unit", cx: x(0), cy: y(0, unit), r: radius * 0.7 }, told.inputs.names[unit] || `input ${input + 1}`));
      if (names) made.push(node("text", { x: x(0) - radius - 4, y: y(0, unit) + 4, "text-anchor": "end" }, undefined, shortened(told.inputs.names[unit])));
    });
    told.layers.forEach((layer, i) => layer.drawn.forEach((index, unit) => {
      const dead = layer.dead_drawn[unit], saturated = layer.saturated_drawn[unit];
      const flat = layer.flat ? layer.flat[unit] : null;
      const state = dead ? "dead" : saturated ? "saturated" : "";
      let words = `layer ${i + 1}, unit ${index + 1}`;
      if (state) words += `: ${state}`;
      if (flat !== null) words += `; passes no gradient on ${Math.round(100 * flat)} % of the rows`;
      made.push(node("circle", { class: `unit ${state}`.trim(), cx: x(i + 1), cy: y(i + 1, unit), r: radius }, words));
      if (flat && !dead) made.push(node("circle", { class: "flat", cx: x(i + 1), cy: y(i + 1, unit), r: ((radius - 1) * Math.sqrt(flat)).toFixed(2) }));
      if (dead) {
        const a = radius * 0.6, cx = x(i + 1), cy = y(i + 1, unit);
        made.push(node("path", { class: "cross", d: `M${cx - a} ${cy - a} ${cx + a} ${cy + a}M${cx + a} ${cy - a} ${cx - a} ${cy + a}` }));
      }
    }));
    const captions = ["inputs", ...told.layers.map((layer) => layer.activation)];
    captions.forEach((text, layer) => {
      const anchor = layer === captions.length - 1 ? "end" : layer === 0 && !names ? "start" : "middle";
      const at = layer === captions.length - 1 ? width - 4 : layer === 0 && !names ? 4 : x(layer);
      made.push(node("text", { x: at, y: height - 8, "text-anchor": anchor }, undefined, text));
    });
    svg.replaceChildren(...made);
    this.words(svg);
  }

  words(svg) {
    const { told } = this;
    const lines = told.layers.map((layer, i) => {
      const parts = [`Layer ${i + 1}, ${layer.activation}: ${layer.units === 1 ? "1 unit" : `${layer.units} units`}`];
      if (layer.drawn.length < layer.units) parts[0] += ` (${layer.drawn.length} of them drawn)`;
      if (layer.saturated) parts.push(`${layer.saturated} saturated`);
      if (layer.dead) parts.push(`${layer.dead} dead`);
      parts.push(`weights up to ${number(layer.largest, 3)}, ${number(layer.mean_size, 3)} on average`);
      return parts.join("; ");
    });
    if (told.inputs.drawn.length < told.inputs.units) lines.unshift(`${told.inputs.drawn.length} of ${told.inputs.units} inputs drawn`);
    lines.push(told.rows ? `Units looked at on ${told.rows} training rows.` : "How the units stand is not known: the table cannot be read again.");
    const list = id("layers");
    if (list.dataset.words !== lines.join()) {
      list.dataset.words = lines.join();
      list.replaceChildren(...lines.map((line) => element("li", line)));
    }
    svg.setAttribute("aria-label", `The network. ${lines.join(". ")}`);
  }
}

function node(name, attributes, title, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  if (title) {
    const words = document.createElementNS(SVG, "title");
    words.textContent = title;
    made.append(words);
  }
  return made;
}

function shortened(name) {
  return name.length > 19 ? `${name.slice(0, 18)}…` : name;
}
