"""What mending does: the same first weights trained as written, with each mistake mended alone, and with all mended.

The twin goes down by the back-propagation that was identified, with all its mistakes or with some of them put right;
the sets of first weights are trained side by side.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.attached import Attached
from fallline.subjects.handwritten.identifying.comparison import CROSS_ENTROPY
from fallline.subjects.handwritten.identifying.identification import Identification
from fallline.subjects.handwritten.identifying.observed import Observed
from fallline.subjects.handwritten.narrating.narrate import Placed
from fallline.subjects.handwritten.proving.mended import AROUND, Mended, forward
from fallline.subjects.handwritten.twins.twin import Twin

SEEDS = 10
MOST_STEPS = 60_000
CHECKS = 100  # times that the errors are looked at
LEARNED = 0.05  # of the first error: what lies below has learned
SLOWER = 1.25  # times the steps: what takes fewer is harmless


@dataclass(frozen=True)
class Variant:
    """One training: which mistakes were mended, and the errors after it from each set of first weights."""

    mended: tuple[str, ...]
    errors: tuple[float, ...]
    learned: int


@dataclass(frozen=True)
class Proof:
    """The paired trainings.

    `weights` says of each mistake what it costs: with all others mended, it alone left in.
    """

    variants: tuple[Variant, ...]
    weights: dict[str, str]
    steps: int
    rate: float
    first: float  # the median error of the first weights

    def to_dict(self) -> dict[str, Any]:
        """Return it in plain JSON types."""
        return {
            "variants": [
                {"mended": list(v.mended), "errors": [e if math.isfinite(e) else None for e in v.errors]}
                | {"learned": v.learned, "of": len(v.errors)}
                for v in self.variants
            ],
            "weights": self.weights,
            "steps": self.steps,
            "rate": self.rate,
            "first": self.first,
        }


def prove(
    attached: Attached,
    twin: Twin,
    observed: Observed,
    identification: Identification,
    mistakes: Sequence[Placed],
    seconds: float,
) -> Proof | None:
    """Train the variants for the time given, all equally long; None where there is no data or no such model."""
    if attached.X is None or attached.y is None or identification.explanation is None or identification.unexplained:
        return None
    fits = identification.explanation.fits
    modelled = {*AROUND, *(code for fit in fits for code in fit.codes)} - {"data_changed"}
    codes = [placed.mistake.code for placed in mistakes]
    if not set(codes) <= modelled or identification.explanation.swapped or not np.isfinite(identification.factor):
        return None
    X, y = np.ascontiguousarray(attached.X), np.ascontiguousarray(attached.y)
    scale = observed.rows / len(X) if "/ n" in identification.factor_text and not attached.per_sample else 1.0
    sets = [(), *((code,) for code in codes), tuple(codes)]
    sets += [tuple(other for other in codes if other != code) for code in codes]
    wanted = list(dict.fromkeys(tuple(sorted(each)) for each in sets))
    starts = _starts(twin, attached)
    factor = abs(identification.factor) * scale
    try:
        runs = {
            each: _Run(Mended(twin, identification, each, factor, scale), starts, X, y, attached) for each in wanted
        }
        with np.errstate(all="ignore"):
            steps = _together(list(runs.values()), seconds, identification.loss == CROSS_ENTROPY)
    except (LookupError, ValueError):
        return None
    first = float(np.median(runs[()].errors[0]))
    shown = list(dict.fromkeys(tuple(sorted(each)) for each in [(), *((code,) for code in codes), tuple(codes)]))
    variants = tuple(
        Variant(each, tuple(float(e) for e in runs[each].errors[-1]), int(runs[each].learned.sum())) for each in shown
    )
    mended = runs[tuple(sorted(codes))]
    weights = {
        code: _weight(runs[tuple(sorted(other for other in codes if other != code))], mended, steps) for code in codes
    }
    return Proof(variants, weights, steps, factor, first)


class _Run:
    """One variant from all sets of first weights at once."""

    def __init__(self, step: Mended, starts: list[Array], X: Array, y: Array, attached: Attached) -> None:
        self.step, self.X, self.y, self.per_sample = step, X, y, attached.per_sample
        self.W = [start.copy() for start in starts]
        self.errors: list[Array] = []
        self.at: list[int] = []

    def go(self, steps: int) -> None:
        """Make steps (over all rows each)."""
        rows = [slice(k, k + 1) for k in range(len(self.X))] if self.per_sample else [slice(None)]
        for _ in range(steps):
            for part in rows:
                for W, change in zip(self.W, self.step.update(self.W, self.X[part], self.y[part]), strict=True):
                    W += change

    def note(self, steps: int, cross_entropy: bool) -> None:
        """Write the errors down, (K,)."""
        a = forward(self.step.twin, self.W, self.X, self.y).a[-1]
        if cross_entropy:
            a = np.clip(a, 1e-300, 1.0)
            parts = -self.y * np.log(a)
            if a.shape[2] == 1 or self.step.twin.forms[-1].name == "sigmoid":
                parts = parts - (1.0 - self.y) * np.log(np.clip(1.0 - a, 1e-300, 1.0))
            error = parts.sum(axis=(1, 2))
        else:
            error = 0.5 * ((a - self.y) ** 2).sum(axis=(1, 2))
        self.errors.append(np.where(np.isfinite(error), error, np.inf))
        self.at.append(steps)

    @property
    def learned(self) -> Array:
        """Which networks have learned (K,)."""
        return np.asarray(self.errors[-1] <= LEARNED * np.median(self.errors[0]))

    def steps_to_learn(self) -> Array:
        """Return the step at which each network had learned; infinite where it has not (K,)."""
        below = np.array(self.errors) <= LEARNED * np.median(self.errors[0])
        return np.where(below.any(axis=0), np.array(self.at)[below.argmax(axis=0)], np.inf)


def _together(runs: list[_Run], seconds: float, cross_entropy: bool) -> int:
    """Run all variants equally far within the time, and return how many steps each made."""
    until, done, block = time.perf_counter() + seconds, 0, 1
    for run in runs:
        run.note(0, cross_entropy)
    while done < MOST_STEPS and time.perf_counter() < until:
        began = time.perf_counter()
        for run in runs:
            run.go(block)
            run.note(done + block, cross_entropy)
        done += block
        spent = time.perf_counter() - began
        left = until - time.perf_counter()
        block = max(1, min(int(block * seconds / CHECKS / max(spent, 1e-9)), int(block * left / max(spent, 1e-9))))
        block = min(block, MOST_STEPS - done) or 1
    return done


def _starts(twin: Twin, attached: Attached) -> list[Array]:
    """Return W (K, units, inputs + 1) of each layer: the user's own first, then others of the same spread."""
    own = twin.matrices(twin.to_parameters(attached.parameters()))
    draw = np.random.default_rng(0)
    starts = []
    for W in own:
        others = []
        for part in (W[:, :-1], W[:, -1:]):
            size = float(np.sqrt(np.mean(part**2))) if part.size else 0.0
            shape = (SEEDS - 1, *part.shape)
            positive = bool((part >= 0.0).all())
            others.append(draw.uniform(0.0, part.max(), shape) if positive and size else draw.normal(0.0, size, shape))
        starts.append(np.concatenate([W[None], np.concatenate(others, axis=2)]))
    return starts


def _weight(with_it: _Run, mended: _Run, steps: int) -> str:
    """Return what a mistake costs, from the same starts with it alone and without any."""
    ours, theirs, of = int(with_it.learned.sum()), int(mended.learned.sum()), len(mended.learned)
    told = f"with it alone {ours} of {of} learn in {steps:,} steps, with none {theirs} of {of}"
    if 2 * theirs < of:
        held, free = float(np.median(with_it.errors[-1])), float(np.median(mended.errors[-1]))
        if held > 0.95 * float(np.median(mended.errors[0])) and free < 0.8 * held:
            return (
                f"holds it up here: the error after {steps:,} steps is {held:.3g} with it alone, {free:.3g} with none"
            )
        return f"not told in this time: {told}; more seconds tell more"
    if ours == 0:
        return f"fatal here: {told}"
    if ours < theirs:
        return f"often fatal here: {told}"
    slower = float(np.median(with_it.steps_to_learn())) / max(float(np.median(mended.steps_to_learn())), 1.0)
    if slower > SLOWER and math.isfinite(slower):
        return f"slows here: {slower:.2g} times as many steps until it has learned"
    return f"harmless here: {told}"
