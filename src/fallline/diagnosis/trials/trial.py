"""A trial: what became of a remedy and of its unchanged control."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import Any

from fallline.diagnosis.trials.comparison import LEAST_PAIRS, Outcome
from fallline.diagnosis.trials.remedy import Start

SAME = 0.05  # share by which an error that stays may differ


@dataclass(frozen=True)
class Trial:
    """One remedy against its control, pair by pair, with the errors in the subject's own loss."""

    remedy: str  # code
    title: str
    start: Start
    outcome: Outcome
    sentence: str
    before: float  # error at the stop, on the training rows
    errors: tuple[float, ...] = ()  # with the remedy, on the training rows; inf where it overflowed
    control: tuple[float, ...] = ()  # without it
    validation_before: float = math.nan  # the same on the validation rows; nan and empty without any
    validation_errors: tuple[float, ...] = ()
    validation_control: tuple[float, ...] = ()
    ratio: float = math.nan  # of the error with the remedy to that of the control, geometric mean
    interval: tuple[float, float] | None = None  # of it, 95 %; None with fewer than three pairs
    on_validation: bool = False  # whether ratio and outcome are of the validation rows
    work: float = 0.0  # of the remedy's arm, gradient evaluations on all rows, mean over the pairs
    control_work: float = 0.0
    seconds: float = 0.0  # of both arms and all pairs
    note: str = ""  # what the remedy changed, with the numbers

    @property
    def pairs(self) -> int:
        """How many pairs there were."""
        return len(self.errors)

    def to_dict(self) -> dict[str, Any]:
        """Return it in plain JSON types, None for what is not finite."""
        return {
            "remedy": self.remedy,
            "title": self.title,
            "start": self.start.value,
            "outcome": self.outcome.code,
            "sentence": self.sentence,
            "note": self.note,
            "pairs": self.pairs,
            "before": _plain(self.before),
            "errors": [_plain(error) for error in self.errors],
            "control": [_plain(error) for error in self.control],
            "validation_before": _plain(self.validation_before),
            "validation_errors": [_plain(error) for error in self.validation_errors],
            "validation_control": [_plain(error) for error in self.validation_control],
            "ratio": _plain(self.ratio),
            "interval": None if self.interval is None else list(self.interval),
            "on_validation": self.on_validation,
            "work": self.work,
            "control_work": self.control_work,
            "seconds": self.seconds,
        }


def sentence(
    words: str,
    start: Start,
    before: float,
    errors: tuple[float, ...],
    control: tuple[float, ...],
    interval: tuple[float, float] | None,
    outcome: Outcome,
    *,
    on_validation: bool,
    by_chance: bool,
) -> str:
    """Return what a trial showed, in words with the numbers; the errors are the medians over the pairs."""
    what = "validation error" if on_validation else "error"
    told = f"With {words} the {what} {_went(before, median(errors), start)}, "
    told += f"the unchanged control {_went(before, median(control), start)}"
    pairs = len(errors)
    if interval is not None:
        low, high = interval
        return f"{told} ({pairs} seeds, the 95 % interval of the ratio {low:.3g} to {high:.3g}): {_verdict(outcome)}."
    one = "one pair" if pairs == 1 else f"{pairs} pairs"
    if by_chance:
        return f"{told} ({one}, too few to tell it from chance, which takes {LEAST_PAIRS})."
    return f"{told} ({one} from the same weights, without chance and so without an interval): {_verdict(outcome)}."


def _verdict(outcome: Outcome) -> str:
    return {
        Outcome.HELPS: "it helps",
        Outcome.HARMS: "it harms",
        Outcome.NO_DIFFERENCE: "that is no difference that can be told",
        Outcome.NOT_RUN: "not run",
    }[outcome]


def _went(before: float, error: float, start: Start) -> str:
    if math.isinf(error):
        return "overflows"
    if start is Start.FIRST:
        return f"comes to {error:.4g}"
    if abs(error - before) <= SAME * before:
        return f"stays at {error:.4g}"
    return f"{'falls' if error < before else 'rises'} to {error:.4g}"


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None
