"""The confusion matrix: which classes are taken for which."""

from __future__ import annotations

import altair as alt
import numpy as np

from fallline.data import Task
from fallline.engine.arrays import Index
from fallline.report.figures.answers import answers
from fallline.report.figures.colours import BLUE, INK, ORANGE, PAPER
from fallline.report.figures.elements import values
from fallline.report.figures.figure import WIDTH, Figure, NotDrawnError
from fallline.report.figures.material import Material

TITLE = "Which classes are taken for which"
MOST_CLASSES, MOST_WITH_NUMBERS = 20, 12
LARGEST, LEAST_CELL, LETTER = 76, 14, 7


def confusion(outputs: Index, targets: Index, classes: int) -> Index:
    """Return how many rows of each class (rows of the matrix) were taken for each class (its columns)."""
    return np.bincount(targets * classes + outputs, minlength=classes * classes).reshape(classes, classes)


def draw(material: Material, width: int = WIDTH) -> Figure:
    """Return the confusion matrix with its numbers; of very many classes, those that are confused the most."""
    preparation = material.preparation
    if preparation.task is Task.REGRESSION:
        raise NotDrawnError("a regression has no classes to confuse; see the figure 'residuals'.")
    found, classes = answers(material), preparation.classes or []
    counts = confusion(_classes(found.outputs), _classes(found.targets), len(classes))
    right, rows = int(np.trace(counts)), int(counts.sum())
    shown, notes = np.arange(len(classes)), []
    if len(classes) > MOST_CLASSES:
        wrong = counts.sum(axis=0) + counts.sum(axis=1) - 2 * counts.diagonal()
        shown = np.sort(np.argsort(-wrong, kind="stable")[:MOST_CLASSES])
        notes.append(f"The {MOST_CLASSES} of {len(classes)} classes that are confused the most.")
    names = [classes[i] for i in shown]
    of_class = np.maximum(counts.sum(axis=1), 1)
    cells = [
        {
            "class": classes[i],
            "taken for": classes[j],
            "rows": int(counts[i, j]),
            "label": f"{counts[i, j]:,}" if i == j or counts[i, j] else "",
            "share": float(counts[i, j] / of_class[i]),
            "right": "right" if i == j else "wrong",
        }
        for i in shown
        for j in shown
    ]
    longest = max(map(len, names))
    room = width - min(120, LETTER * longest) - 40
    side = max(LEAST_CELL, min(LARGEST, room // len(names)))
    base = alt.Chart(values(cells)).encode(
        x=alt.X(
            "taken for:N",
            sort=names,
            title="taken for",
            axis=alt.Axis(
                orient="top",
                labelAngle=0 if LETTER * longest <= side else -60,
                labelLimit=110,
                domain=False,
                ticks=False,
            ),
        ),
        y=alt.Y("class:N", sort=names, title="class", axis=alt.Axis(labelLimit=110, domain=False, ticks=False)),
        tooltip=[alt.Tooltip("class:N"), alt.Tooltip("taken for:N"), alt.Tooltip("rows:Q")],
    )
    tiles = base.mark_rect(stroke=PAPER, strokeWidth=2).encode(
        color=alt.Color("right:N", scale=alt.Scale(domain=["right", "wrong"], range=[BLUE, ORANGE]), legend=None),
        fillOpacity=alt.FillOpacity("share:Q", scale=alt.Scale(domain=[0, 1], range=[0.05, 0.55]), legend=None),
    )
    layers = [tiles]
    if len(names) <= MOST_WITH_NUMBERS:
        layers.append(base.mark_text(color=INK, fontSize=12 if side >= 24 else 10).encode(text=alt.Text("label:N")))
    mistakes = sorted(
        ((int(counts[i, j]), i, j) for i in shown for j in shown if i != j and counts[i, j]), reverse=True
    )
    worst = "; ".join(f"{classes[i]} for {classes[j]} {count:,}" for count, i, j in mistakes[:5])
    return Figure(
        "confusion",
        f"{TITLE}, on {found.where}",
        f"On {found.where} {right:,} of {rows:,} are right."
        + (f" The most frequent mistakes: {worst} times." if worst else ""),
        alt.layer(*layers).properties(width=side * len(names), height=side * len(names)),
        notes,
    )


def _classes(values: np.ndarray) -> Index:
    """Return the class of each row (n,): of two by one output at ½, otherwise by the largest."""
    chosen = values[:, 0] >= 0.5 if values.shape[1] == 1 else values.argmax(axis=1)
    return np.asarray(chosen, dtype=np.int64)
