"""A run and a model in words for the terminal."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from fallline import data
from fallline.data import Prepared, Task
from fallline.network.model import Model
from fallline.report.columns import columns_table
from fallline.report.curve import Curve
from fallline.report.facts import Facts
from fallline.report.verdict import verdict_in_words
from fallline.training.run import ON_ALL_ROWS, Run
from fallline.training.run_directory import MODEL
from fallline.training.scores import Score
from fallline.training.settings import Plan


def before_training(table: data.Table, prepared: Prepared, plan: Plan) -> RenderableType:
    """Return what was inferred from the table, and what is going to be done."""
    parts: list[RenderableType] = []
    parts.append(Text(", ".join(filter(None, [f"{table.name}: {prepared.rows:,} rows", table.read_as])), style="bold"))
    parts.append(columns_table(prepared.preparation.columns))
    parts.extend(Text(f"note: {note}", style="yellow") for note in prepared.notes)
    parts.append(Text(f"network {network_in_words(plan.architecture.shape, plan.architecture.activations)}"))
    return Group(*parts)


def network_in_words(shape: tuple[int, ...], activations: tuple[str, ...]) -> str:
    """Return for instance "10-16-1, tanh then identity"."""
    hidden, output = activations[:-1], activations[-1]
    names = [hidden[0]] if len(set(hidden)) == 1 else list(hidden)
    return f"{'-'.join(map(str, shape))}, {', '.join([*names, output])}"


def summary(run: Run, verdict: dict[str, Any] | None = None, report: Path | None = None) -> RenderableType:
    """Return the account of a run: network, descent, stop, errors against the baselines, its verdict, and what next.

    Parameters
    ----------
    verdict
        As `Verdict.to_dict` gives it; None where the run was not examined.
    report
        Its page; None where none was written.
    """
    architecture = run.model.network.architecture
    facts = Facts()
    rows = f"{run.prepared.rows:,} rows, {len(run.prepared.preparation.columns)} columns"
    facts.add("table", f"{run.table_name}: {rows}; target {_target(run)}")
    facts.add(
        "network",
        f"{network_in_words(architecture.shape, architecture.activations)}; "
        f"{architecture.parameter_count:,} parameters, {run.model.network.parameters.dtype.name}",
    )
    facts.add("descent", _descent(run))
    for name, words in _starts_and_finish(run):
        facts.add(name, words)
    detail = f" ({run.descent.detail})" if run.descent.detail else ""
    facts.add("stopped", f"{run.stop_reason.text}{detail}.")
    if verdict is None:  # which says more exactly what a lower error needs, if it needs anything
        facts.add("", run.stop_reason.remedy, style="dim")
    parts: list[RenderableType] = [facts.grid, Text(), curve_of(run), Text(), _comparison(run)]
    if verdict is not None:
        parts += [Text(), verdict_in_words(verdict)]
    if run.directory is not None:
        page = f"fallline report {run.directory} writes one" if report is None else str(report)
        parts += [Text(), Text.assemble(("page   ", "bold"), (page, "dim" if report is None else ""))]
        parts.append(Text.assemble(("model  ", "bold"), str(run.directory / MODEL)))
    return Group(*parts)


def curve_of(run: Run) -> Curve:
    """Return the descent on the training rows as a small curve."""
    column = next(iter(run.phases.values())).history.column
    return Curve(column("iteration"), column("train_error"))


def _target(run: Run) -> str:
    preparation = run.model.preparation
    names = ", ".join(f"'{name}'" for name in preparation.targets)
    if preparation.task is Task.REGRESSION:
        return f"{names} (regression)"
    classes = preparation.classes or []
    return f"{names} ({len(classes)} classes)"


def _descent(run: Run) -> str:
    reason = run.plan.reasons.get("optimizer")
    words = run.plan.optimizer.name + (f" ({reason})" if reason else "")
    counts = [f"{descent.iterations:,}" for descent in run.phases.values()]
    counts[0] += " iterations"
    if len(counts) > 1:
        counts = [f"{count} on {phase}" for count, phase in zip(counts, run.phases, strict=True)]
    words += f", {' and '.join(counts)}, {run.seconds:.1f} s in all"
    if run.l2:
        words += f"; penalty l2 {run.l2:.3g}"
        if "l2" in run.plan.reasons:
            words += f" ({run.plan.reasons['l2']})"
    return words


def _starts_and_finish(run: Run) -> list[tuple[str, str]]:
    """Return how many starts there were and what they say, and where the finish began: what there was of them."""
    lines = []
    if run.restarts:
        phase, found = list(run.restarts.items())[-1]
        spread = found.spread
        where = f" on {phase}" if phase not in list(run.phases)[-1:] else ""
        words = f"{spread.starts} starts{where}"
        if spread.starts < run.plan.restarts:
            words += f" of {run.plan.restarts}, as far as there was time"
        if spread.given_up:
            words += f", {spread.given_up} given up early"
        if spread.distinct > 1:
            words += f"; errors at the minima {spread.lowest:.4g} to {spread.highest:.4g}"
        lines += [("starts", f"{words}; seed {found.seed} kept."), ("", spread.sentence)]
    switch = run.descent.history.switch
    if switch is not None:
        words = f"{switch.optimizer} in {switch.dtype} from iteration {switch.iteration:,} on"
        lines.append(("finish", f"{words}, after {run.plan.optimizer.name}: {switch.reason}."))
    return lines


def _comparison(run: Run) -> RenderableType:
    """Errors of the network, a linear model and a constant answer, side by side."""
    validated = "validation" in run.scores
    judged = len(run.prepared.validation_rows) if validated else len(run.prepared.train_rows)
    where = f"on {judged:,} validation rows" if validated else f"on the {judged:,} training rows"
    regression = run.model.preparation.task is Task.REGRESSION
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(where)
    targets = run.model.preparation.targets
    for name in targets if regression and len(targets) > 1 else [""]:
        for heading in ("RMSE", "R²") if regression else ("right", "accuracy"):
            table.add_column(Text(f"{name} {heading}".strip()), justify="right")
    lines = [
        ("this network", run.scores["validation" if validated else "train"], judged),
        ("a linear model", run.baselines["linear"], judged),
        (f"always the {'mean' if regression else 'majority'}", run.baselines["constant"], judged),
    ]
    for name, score, rows in lines:
        table.add_row(name, *_cells(score, rows, len(targets)), style="bold" if name == "this network" else "")
    if not validated:
        return table
    everything = ON_ALL_ROWS in run.phases
    note = f"loss ({run.model.network.architecture.loss}): validation {_error(run.validation_error)}"
    rows = run.prepared.rows if everything else len(run.prepared.train_rows)
    words = " ".join(_cells(run.scores["train"], rows, len(targets)))
    note += f", training {_error(run.descent.train_error)}; on the rows it learned from: {words}"
    parts: list[RenderableType] = [table, Text(note, style="dim")]
    if everything:
        told = "Then all of it was done once more on all rows, for the model that is kept; validation judged the way."
        parts.append(Text(told, style="dim"))
    if run.plan.limits.patience is not None:
        parts.append(
            Text("The validation rows also chose when to stop, which flatters their error a little.", style="dim")
        )
    return Group(*parts)


def _cells(score: Score | None, rows: int, targets: int) -> list[str]:
    """Return a score's numbers, to the digits that mean something."""
    if score is None:
        return ["interrupted"]
    if "rmse" not in score:
        right = rows - score["wrong"]
        return [f"{right:,} of {rows:,}", f"{100 * score['accuracy']:.1f} %"]
    cells = []
    for rmse, r2 in zip(score["rmse"], score["r2"], strict=True):
        cells += [f"{rmse:.4g}", "–" if r2 is None else f"{r2:.3f}"]
    return cells


def score_in_words(score: Score, rows: int, model: Model) -> str:
    """Return a score in one line."""
    if "rmse" not in score:
        right, accuracy = _cells(score, rows, 1)
        return f"{right} right, accuracy {accuracy}"
    cells = _cells(score, rows, len(model.preparation.targets))
    names = model.preparation.targets
    return "; ".join(f"{name}: RMSE {cells[2 * i]}, R² {cells[2 * i + 1]}" for i, name in enumerate(names))


def _error(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.4g}"


def model_in_words(path: str, model: Model) -> RenderableType:
    """Return what a model file holds."""
    network, preparation = model.network, model.preparation
    facts = Facts()
    facts.add("model", f"{path}, written by Fallline {model.written_by}")
    facts.add("network", network_in_words(network.shape, network.architecture.activations))
    facts.add("loss", network.architecture.loss)
    facts.add("predicts", f"{', '.join(preparation.targets)} ({preparation.task.value})")
    if preparation.classes:
        facts.add("classes", ", ".join(preparation.classes))
    layers = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("layer", "units", "inputs", "activation", "weights from", "to", "mean size"):
        layers.add_column(heading, justify="left" if heading == "activation" else "right")
    for i, (W, activation) in enumerate(zip(network.layers, network.architecture.activations, strict=True), start=1):
        numbers = (f"{W.min():.3g}", f"{W.max():.3g}", f"{abs(W).mean():.3g}")
        layers.add_row(str(i), str(W.shape[0]), str(W.shape[1] - 1), activation, *numbers)
    return Group(facts.grid, Text(), layers, Text(), columns_table(preparation.columns))
