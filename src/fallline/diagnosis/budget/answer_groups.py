"""The sentence that explains an odd number: rows that get the same output although their targets differ.

Where a network answers several rows alike, the best that it can do is their common answer: the mean of their
targets for squared errors and cross-entropies, the median for absolute errors. What then is left is the spread of the
targets inside such groups, a number such as ⅓ or ln 2 that says nothing until one sees the groups.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from fallline.diagnosis.budget.group_answers import best_answers, group_means
from fallline.diagnosis.measurements import Measurements
from fallline.engine import Array, Index

MOST_GROUPS = 6
SAME_ANSWER = 0.03  # of the targets' range: outputs that near to each other are one answer
EXACTLY = 0.003  # of the targets' range: an answer that near to their mean is called it
EXPLAINED = 0.015  # of the error, that the spread inside the groups may differ from it
FEW_ROWS = 12  # which are named by number
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True)
class AnswerGroup:
    """Rows that get the same output."""

    rows: tuple[int, ...]  # numbers from 1 on, of tables with few rows; else empty
    count: int
    answer: tuple[float, ...]  # mean output
    target: tuple[float, ...]  # the best common answer: the mean (or median) of their targets
    spread: float  # what their targets' spread adds to the error, in the loss's unit
    alike: bool  # whether they have the same inputs, too

    def to_dict(self) -> dict[str, Any]:
        """Return it in plain JSON types."""
        return {
            "rows": list(self.rows),
            "count": self.count,
            "answer": list(self.answer),
            "target": list(self.target),
            "spread": self.spread,
            "identical_inputs": self.alike,
        }


@dataclass(frozen=True)
class AnswerGroups:
    """Groups of rows with one output each that explain the error."""

    groups: tuple[AnswerGroup, ...]  # the one that adds most first
    sentence: str

    def to_dict(self) -> dict[str, Any]:
        """Return it in plain JSON types."""
        return {"groups": [group.to_dict() for group in self.groups], "sentence": self.sentence}


def answer_groups(measured: Measurements, replicates: Index) -> AnswerGroups | None:
    """Return the groups of rows with the same output, if the spread of targets inside them is the error; else None."""
    outputs, y, error = measured.outputs, measured.y, measured.error
    width = SAME_ANSWER * float(np.ptp(y, axis=0).max())
    if not (math.isfinite(error) and error > 0.0 and width > 0.0):
        return None
    numbers = same_answers(outputs, width)
    if numbers is None:
        return None
    count = int(numbers.max()) + 1
    name = measured.architecture.loss
    if count == 1:
        constant = _constant(measured, outputs.mean(axis=0), width)
        return AnswerGroups((_group(measured, numbers, 0, replicates),), constant) if constant else None
    best = best_answers(name, y, numbers)
    if abs(best.loss - error) > EXPLAINED * error:
        return None
    means_differ = np.abs(group_means(outputs, numbers) - best.answers).max() > width
    if means_differ and name not in ("mean_absolute_error", "huber"):  # whose best answers are not unique
        return None
    found = [_group(measured, numbers, k, replicates) for k in range(count)]
    mixed = sorted((group for group in found if group.spread > EXPLAINED * error), key=lambda group: -group.spread)
    ordered = (*mixed, *(group for group in found if group not in mixed))
    return AnswerGroups(ordered, _sentence(measured, mixed))


def same_answers(outputs: Array, width: float) -> Index | None:
    """Return each row's group of outputs (n, outputs) that are `width` apart at most; None for many groups.

    The groups are taken from the top of the list: a row that is near to none of those before begins one.
    """
    numbers = np.full(len(outputs), -1, dtype=np.int64)
    for k in range(MOST_GROUPS):
        first = int(np.argmin(numbers >= 0))
        near = (np.abs(outputs - outputs[first]).max(axis=1) <= width) & (numbers < 0)
        numbers[near] = k
        if (numbers >= 0).all():
            return numbers
    return None


def _group(measured: Measurements, numbers: Index, k: int, replicates: Index) -> AnswerGroup:
    inside = np.flatnonzero(numbers == k)
    y, loss, n = measured.y[inside], measured.architecture.loss_function, len(numbers)
    best = best_answers(loss.name, y, np.zeros(len(inside), np.int64))
    of_all = loss.scale(n, y.shape[1]) / loss.scale(len(inside), y.shape[1])
    return AnswerGroup(
        rows=tuple(int(i) + 1 for i in inside) if n <= FEW_ROWS and not measured.sampled else (),
        count=len(inside),
        answer=tuple(float(a) for a in measured.outputs[inside].mean(axis=0)),
        target=tuple(float(a) for a in best.answers[0]),
        spread=best.loss * of_all,
        alike=len(np.unique(replicates[inside])) == 1,
    )


def _constant(measured: Measurements, answer: Array, width: float) -> str:
    """Return what the error of one answer to all rows is called, or nothing if no answer explains it."""
    y, error, name = measured.y, measured.error, measured.architecture.loss
    n, outputs = y.shape
    scale = measured.architecture.loss_function.scale(n, outputs)
    squared = name in ("mean_squared_error", "half_squared_error")
    unit = 0.5 if name == "half_squared_error" else 1.0
    before = f"½·{n}" if name == "half_squared_error" else ""
    before += f"·{outputs}" if before and outputs > 1 else ""
    times = f"{before}·" if before else ""
    binary = bool(np.isin(y, (0.0, 1.0)).all())
    candidates: list[tuple[float, str]] = []
    is_mean = bool(np.abs(answer - y.mean(axis=0)).max() <= width)
    if squared:
        variance, square = float(y.var(axis=0).mean()), float(np.square(y).mean())
        quarter = binary and math.isclose(variance, 0.25)
        what = f"{times}¼" if quarter else f"{times}Var(y)"
        mean = f"the mean of all targets, and the error is {what}"
        mean += ", as for any targets that are half 0 and half 1" if quarter else ", the spread of the targets"
        if is_mean:
            candidates.append((unit * scale * variance * y.size, mean))
        if np.abs(answer).max() <= width:
            candidates.append((unit * scale * square * y.size, f"which is next to 0, and the error is {times}mean(y²)"))
    elif name == "binary_cross_entropy":
        if np.abs(answer - 0.5).max() <= SAME_ANSWER:
            candidates.append((math.log(2.0), "a toss-up, and the error is ln 2"))
        if is_mean:
            candidates.append((_best(measured), "the mean of all targets, and the error is the entropy of that share"))
    elif name == "categorical_cross_entropy":
        if np.abs(answer - 1.0 / outputs).max() <= SAME_ANSWER / outputs:
            words = f"the same chance for each of {outputs} classes, and the error is ln {outputs}"
            candidates.append((math.log(outputs) * float(y.sum(axis=1).mean()), words))
        if is_mean:
            candidates.append((_best(measured), "the classes' shares in the rows, and the error is their entropy"))
    elif name == "mean_absolute_error":
        words = "the median of all targets, and the error is their mean distance from it"
        candidates.append((_best(measured), words))
    else:
        candidates.append((_best(measured), "the best one for all targets, and the error is their spread"))
    for value, words in candidates:
        if abs(value - error) <= EXPLAINED * error:
            rows = f"all {_number(n)} rows"
            return f"{error:.4g} = {rows} get the same answer {_answer(tuple(answer))}, {words}."
    return ""


def _best(measured: Measurements) -> float:
    return best_answers(measured.architecture.loss, measured.y, np.zeros(len(measured.y), np.int64)).loss


def _sentence(measured: Measurements, mixed: list[AnswerGroup]) -> str:
    n, centre = len(measured.rows), "mean"
    if measured.architecture.loss == "mean_absolute_error":
        centre = "median"
    parts = []
    for group in mixed:
        rows = f"{_number(group.count)} of {_number(n)} rows"
        if group.rows:
            rows += f" ({_list(group.rows)})"
        nearly = f"nearly the {centre} {_answer(group.target)} of their targets"
        words = f"{rows} answered with {_answer(group.answer)}, {nearly}"
        if np.abs(np.subtract(group.answer, group.target)).max() <= EXACTLY * float(np.ptp(measured.y)):
            words = f"{rows} answered with {_answer(group.target)}, the {centre} of their targets"
        if group.rows and measured.architecture.outputs == 1:
            words += f" {_list([float(measured.y[i - 1, 0]) for i in group.rows])}"
        if group.alike:
            words += " (their inputs are identical, so no network can tell them apart)"
        parts.append(words)
    inside = "this group" if len(parts) == 1 else f"these {_number(len(parts))} groups"
    return f"{measured.error:.4g} = {'; '.join(parts)}: the error is the spread of the targets inside {inside}."


def _number(count: int) -> str:
    return WORDS[count] if count < len(WORDS) else f"{count:,}"


def _answer(answer: tuple[float, ...]) -> str:
    rounded = [f"{value:.3g}" if abs(value) >= 5e-4 else "0" for value in answer]
    return rounded[0] if len(rounded) == 1 else f"({', '.join(rounded)})"


def _list(values: tuple[int, ...] | list[float]) -> str:
    """Return "1, 2 and 3"."""
    words = [f"{value:.4g}" for value in values]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
