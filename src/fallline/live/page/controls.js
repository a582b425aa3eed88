// What can be asked of a training: pause, resume, stop, another learning rate.

import { ask } from "./ask.js";
import { number } from "./words.js";

const id = (name) => document.getElementById(name);

export class Controls {
  constructor() {
    this.asked = null; // number of the last command
    this.typed = false;
    id("pause").addEventListener("click", () => this.send({ action: this.paused ? "resume" : "pause" }));
    id("stop").addEventListener("click", () => this.send({ action: "stop" }));
    id("rate").addEventListener("input", () => { this.typed = true; });
    id("rate-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const value = Number(id("rate").value.trim().replace(",", "."));
      if (!(value > 0) || !Number.isFinite(value)) {
        id("answer").textContent = "A learning rate is a number above 0, such as 0.01.";
        return;
      }
      this.typed = false;
      this.send({ action: "learning_rate", value });
    });
  }

  async send(command) {
    id("answer").textContent = "Asked; the training answers at its next look.";
    const answer = await ask("commands", command);
    this.asked = answer.number || null;
    if (answer.sentence) id("answer").textContent = answer.sentence;
  }

  tell(run) {
    this.paused = run.status === "paused";
    const going = run.status === "running" || this.paused;
    id("actions").hidden = run.status === "ended" || run.status === "gone";
    id("pause").textContent = this.paused ? "Resume" : "Pause";
    id("pause").disabled = id("stop").disabled = !going;
    const can = going && run.learning_rate !== null && run.learning_rate !== undefined;
    id("rate").disabled = id("rate-set").disabled = !can;
    if (can && !this.typed && document.activeElement !== id("rate")) id("rate").value = String(Number(run.learning_rate.toPrecision(4)));
    id("rate-why").textContent = going && !can && run.why_no_rate ? `The learning rate cannot be changed: ${run.why_no_rate}.` : "";
    const found = (run.answers || []).find((each) => each.number === this.asked);
    if (found && id("answer").textContent !== found.said) id("answer").textContent = found.said;
    id("numbers").dataset.rate = number(run.learning_rate, 4);
  }
}
