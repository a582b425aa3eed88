"""What the pairs of a trial show: the ratio of the errors, its interval, and whether that is more than chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

import numpy as np

LEAST_PAIRS = 3  # for an interval
# 97.5 % quantiles of Student's t, by degrees of freedom (Abramowitz & Stegun 1964, table 26.10)
T_QUANTILE = {2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365}
SLIGHT = math.log(1.01)  # a log ratio that makes no difference, however sure it is
SLIGHT_ALONE = math.log(1.1)  # the same without an interval
NOTHING = 1e-12  # of a constant answer's error: all errors below count as that
OVERFLOW = 1e6  # times the largest error beside it, for one that overflowed


class Outcome(Enum):
    """What a trial showed; each has a code and a text."""

    HELPS = ("helps", "the error is lower with the remedy than without it, by more than chance")
    NO_DIFFERENCE = ("makes no difference", "the remedy and the unchanged control cannot be told apart")
    HARMS = ("harms", "the error is higher with the remedy than without it, by more than chance")
    NOT_RUN = ("not run", "the trial was not run")

    def __init__(self, code: str, text: str) -> None:
        self.code = code
        self.text = text


class Comparison(NamedTuple):
    """The ratio of the error with the remedy to that of the control."""

    outcome: Outcome
    ratio: float  # geometric mean over the pairs
    interval: tuple[float, float] | None  # 95 %; None with fewer than three pairs


def compare(
    remedy: Sequence[float],
    control: Sequence[float],
    constant: float,
    *,
    by_chance: bool,
    target: float | None = None,
) -> Comparison:
    """Compare the errors of both arms, pair by pair.

    The interval is Student's for the mean of the log ratios, pairs being independent; it is more than chance where
    the interval leaves out a ratio of 1 and no pair speaks against it, since errors of descents from different first
    weights lie in heaps, for which Student's interval is too narrow. Fewer than three pairs have no interval: then only
    arms without chance show a difference, which is a fact about these weights.

    Parameters
    ----------
    remedy, control
        Errors, one for each pair; inf for an overflow.
    constant
        The error of the best constant answer, as the measure of next to nothing.
    by_chance
        Whether anything in the arms is drawn at random.
    target
        The error that was asked for, if any: none above it is next to nothing.
    """
    finite = [error for error in (*remedy, *control, constant) if math.isfinite(error)]
    most = OVERFLOW * max(finite, default=1.0) or 1.0
    least = NOTHING * (constant if math.isfinite(constant) and constant > 0.0 else most)
    least = least if target is None or target <= 0.0 else min(least, target)
    logs = np.log(np.clip(remedy, least, most)) - np.log(np.clip(control, least, most))
    mean, n = float(logs.mean()), len(logs)
    interval, outcome = None, Outcome.NO_DIFFERENCE
    if n >= LEAST_PAIRS:
        half = T_QUANTILE[n - 1] * float(logs.std(ddof=1)) / math.sqrt(n)
        low, high = mean - half, mean + half
        interval = (math.exp(low), math.exp(high))
        if high < 0.0 and mean < -SLIGHT and logs.max() < 0.0:
            outcome = Outcome.HELPS
        elif low > 0.0 and mean > SLIGHT and logs.min() > 0.0:
            outcome = Outcome.HARMS
    elif not by_chance and logs.max() < -SLIGHT_ALONE:
        outcome = Outcome.HELPS
    elif not by_chance and logs.min() > SLIGHT_ALONE:
        outcome = Outcome.HARMS
    return Comparison(outcome, math.exp(mean), interval)
