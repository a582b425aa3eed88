// The page of a run: what the server tells goes to the part that shows it.

import { Controls } from "./controls.js";
import { Descent } from "./descent.js";
import { Network } from "./network.js";
import { listen } from "./stream.js";
import { Trials } from "./trials.js";
import { count, duration, element } from "./words.js";

const LATE = 5; // seconds without a word, from which on it is said loudly
const WORDS = {
  starting: "starting", running: "running", paused: "paused", stopping: "stopping", ended: "ended",
  gone: "the training's process is gone, without an end", lost: "connection lost", connecting: "connecting",
};

const id = (name) => document.getElementById(name);
const descent = new Descent(), network = new Network(), trials = new Trials(), controls = new Controls();
let run = { status: "connecting" };
let connected = false;
let silent = null; // seconds since the training was last heard, when the server last said so …
let saidAt = 0; // … and when that was

function status() {
  const shown = connected ? run.status : (run.status === "connecting" ? "connecting" : "lost");
  let words = WORDS[shown];
  if (shown === "ended" && run.stop_text) words = `ended: ${run.stop_text}`;
  if (shown === "running" && run.doing) words = `running: ${run.doing}`;
  if (id("status").textContent !== words) id("status").textContent = words;
  id("status").dataset.status = shown;
  document.title = `${WORDS[shown].split(",")[0]} · ${run.name || "Fallline"}`;
}

function heard() {
  const place = id("heard");
  const finished = run.status === "ended";
  place.classList.toggle("late", false);
  if (!connected) {
    const since = (Date.now() - stream.heard()) / 1000;
    place.textContent = `last heard ${duration(since)} ago; trying again`;
    place.classList.add("late");
  } else if (finished) place.textContent = run.seconds ? `took ${duration(run.seconds)}` : "";
  else if (silent === null) place.textContent = "not heard yet";
  else {
    const since = silent + (Date.now() - saidAt) / 1000;
    place.textContent = `last heard ${duration(Math.max(0, since))} ago`;
    place.classList.toggle("late", since > LATE);
  }
}

function facts(told) {
  run = told;
  id("name").textContent = told.name;
  const parts = [];
  if (told.table) parts.push(`${told.table}: ${count(told.rows)} rows`);
  if (told.shape) parts.push(`network ${told.shape.join("-")}, ${count(told.parameters)} parameters`);
  if (told.optimizer) parts.push(told.optimizer);
  if (told.loss) parts.push(told.loss.replaceAll("_", " "));
  id("what").textContent = parts.join(" · ");
  const over = told.status === "ended" || told.status === "gone";
  id("n-left").parentElement.hidden = over;
  id("n-left").textContent = told.left === undefined ? "–" : told.left === null ? "no limit" : duration(told.left);
  id("signs-title").textContent = over ? "What the curves and units show" : "What shows so far";
  if (told.restarts > 1 && id("thinning").dataset.recorded === "0") {
    id("thinning").textContent = "Several starts are under way; the curve comes when the best of them is known.";
  }
  descent.mark(told.changes);
  controls.tell(told);
  status();
  heard();
}

function signs({ signs: found, plateaus, phase }) {
  trials.suggest([...new Set(found.flatMap((sign) => sign.remedies))]);
  descent.shade(plateaus, phase);
  id("no-signs").hidden = found.length > 0;
  if (phase) id("no-signs").textContent = "Nothing out of the ordinary.";
  const list = id("sign-list");
  const known = new Map([...list.children].map((each) => [each.dataset.key, each]));
  list.replaceChildren(...found.map((sign) => {
    const key = sign.title + sign.sentence.replace(/ \(of.*/, "").slice(0, 24);
    const item = known.get(key) || element("li");
    item.dataset.key = key;
    item.dataset.code = sign.code;
    if (item.dataset.words !== sign.sentence) {
      item.dataset.words = sign.sentence;
      item.replaceChildren(element("strong", sign.title), element("span", sign.sentence));
    }
    return item;
  }));
}

function verdict(told) {
  id("verdict").hidden = false;
  const made = [element("p", told.sentence)];
  if (told.plateau) made.push(element("p", told.plateau));
  told.causes.forEach((cause) => {
    const item = element("p");
    item.append(element("strong", cause.title), element("span", cause.sentence));
    made.push(item);
  });
  told.trials.forEach((trial) => made.push(element("p", trial.sentence, { class: "small" })));
  id("verdict-words").replaceChildren(...made);
  if (told.remedies.length) trials.suggest(told.remedies, true);
}

const stream = listen({
  run: facts,
  points: (points) => descent.add(points),
  reset: () => descent.clear(),
  network: (told) => network.tell(told),
  signs,
  verdict,
  remedies: (told) => trials.offer(told),
  trial: (told) => trials.tell(told),
  trouble: (told) => { id("answer").textContent = told.sentence; id("actions").hidden = false; },
  beat: (told) => { silent = told.silent; saidAt = Date.now(); heard(); },
}, (is) => { connected = is; status(); heard(); });

setInterval(heard, 500);
