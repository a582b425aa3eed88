// Remedies tried: the form, and of each trial both curves and the outcome.

import { ask } from "./ask.js";
import { Chart, colour } from "./chart.js";
import { thinned } from "./series.js";
import { element } from "./words.js";

const id = (name) => document.getElementById(name);
const USUAL = ["second_order", "higher_rate", "longer_run"]; // where nothing shows

export class Trials {
  constructor() {
    this.trials = new Map();
    this.remedies = [];
    this.first = USUAL;
    this.judged = false;
    this.touched = false;
    id("trial-form").addEventListener("submit", (event) => { event.preventDefault(); this.start(); });
    id("try-end").addEventListener("click", () => this.end());
    id("remedy").addEventListener("change", () => { this.touched = true; this.explain(); });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
    new ResizeObserver(() => this.redraw()).observe(id("trial-list"));
  }

  offer({ remedies, seconds }) {
    this.remedies = remedies;
    if (!id("remedy").length) id("seconds").value = seconds;
    this.fill();
  }

  // What the verdict names comes first, or what the signs suggest while there is none.
  suggest(codes, judged = false) {
    const first = codes.length ? codes : USUAL;
    if ((this.judged && !judged) || (judged === this.judged && first.join() === this.first.join())) return;
    this.first = first;
    this.judged = judged;
    this.fill();
  }

  fill() {
    const chosen = this.touched && id("remedy").value;
    const order = [...this.remedies].sort((a, b) => rank(this.first, a.code) - rank(this.first, b.code));
    id("remedy").replaceChildren(...order.map((each) => {
      const named = this.judged && this.first.includes(each.code);
      return element("option", named ? `${each.title} (the verdict's)` : each.title, { value: each.code });
    }));
    if (chosen) id("remedy").value = chosen;
    this.explain();
  }

  explain() {
    const found = this.remedies.find((each) => each.code === id("remedy").value);
    id("remedy-words").textContent = found ? found.explanation : "";
  }

  async start() {
    id("trial-answer").textContent = "";
    const answer = await ask("trials", { remedy: id("remedy").value, seconds: Number(id("seconds").value) });
    id("trial-answer").textContent = answer.sentence || "The trial begins; its control goes first.";
    if (answer.number && !this.trials.has(answer.number)) this.begin(answer.number);
    this.offerEnd();
  }

  offerEnd() { id("try-end").hidden = [...this.trials.values()].every((each) => "outcome" in each.article.dataset); }

  async end() {
    const answer = await ask("trials/end", {});
    if (answer.sentence) id("trial-answer").textContent = answer.sentence;
  }

  tell({ number, lines }) {
    const trial = this.trials.get(number) || this.begin(number);
    for (const line of lines) {
      if (line.kind === "begun") {
        trial.heading.textContent = `Trial ${number}: ${line.title}`;
        const where = line.under_way ? "from the weights of just now, beside the training" : "from the weights at the stop";
        trial.words.textContent = `With ${line.words} against an unchanged control, ${where}, for ${line.seconds} s at most.`;
      } else if (line.kind === "arm") {
        trial.arms.set(`${line.control}/${line.pair}`, { ...line, work: [], error: [], most: line.work });
      } else if (line.kind === "points") {
        const arm = trial.arms.get(`${line.control}/${line.pair}`);
        arm.work.push(...line.work);
        arm.error.push(...line.error);
      } else if (line.kind === "ended") {
        trial.outcome.textContent = line.trial.sentence;
        trial.article.dataset.outcome = line.trial.outcome;
      } else if (line.kind === "failed") {
        trial.outcome.textContent = line.sentence;
        trial.article.dataset.outcome = "failed";
      }
    }
    const over = "outcome" in trial.article.dataset;
    if (over && id("trial-answer").textContent && number === Math.max(...this.trials.keys())) id("trial-answer").textContent = `Trial ${number} is over.`;
    this.offerEnd();
    this.draw(trial);
  }

  begin(number) {
    const article = element("article", undefined, { class: "trial", "aria-labelledby": `trial-${number}` });
    const heading = element("h3", `Trial ${number}`, { id: `trial-${number}` });
    const words = element("p", "", { class: "small" });
    const legend = element("p", "Solid: with the remedy. Dashed: the unchanged control.", { class: "small" });
    const canvas = element("canvas", undefined, { role: "img", "aria-label": "Nothing has come yet." });
    const outcome = element("p", "", { class: "outcome", role: "status" });
    article.append(heading, words, legend, canvas, outcome);
    id("trial-list").prepend(article);
    const trial = { article, heading, words, canvas, outcome, legend, arms: new Map(), chart: new Chart(canvas, "work, in gradients on all rows") };
    this.trials.set(number, trial);
    return trial;
  }

  draw(trial) {
    const arms = [...trial.arms.values()].filter((arm) => arm.work.length);
    const shown = arms.filter((arm) => arm.control || arm.comparable);
    if (!shown.length) return;
    const columns = Math.max(20, Math.floor(trial.chart.columns() / shown.length));
    const lines = shown.map((arm) => ({
      points: thinned(arm.work, arm.error, columns),
      colour: colour(arm.control ? "validation" : "train"),
      dash: arm.control ? [7, 4] : [],
    }));
    const errors = shown.flatMap((arm) => arm.error).filter((value) => value !== null && value > 0);
    const range = { x: [0, Math.max(...shown.map((arm) => Math.max(arm.most, arm.work.at(-1))))], y: [Math.min(...errors), Math.max(...errors)] };
    trial.chart.draw(lines, range);
    if (shown.length < arms.length) trial.legend.textContent = "Dashed: the unchanged control. The remedy's own errors are of another loss or scale and are not drawn; its outcome is told in the control's.";
    const words = (control) => arms.filter((arm) => arm.control === control).length;
    trial.canvas.setAttribute("aria-label", `Error over work on a logarithmic scale: ${words(false)} descents with the remedy, ${words(true)} of the control.`);
  }

  redraw() { this.trials.forEach((trial) => this.draw(trial)); }
}

function rank(first, code) {
  const place = first.indexOf(code);
  return place < 0 ? first.length : place;
}
