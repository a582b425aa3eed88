"""Learning rates of arms: changed by a factor, gone on with where a schedule stood, and what the curvature allows."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.spectrum import lanczos_spectrum
from fallline.diagnosis.trials.arm import Arm
from fallline.diagnosis.trials.work import HESSIAN_PRODUCT
from fallline.engine import Array, Objective, Rows
from fallline.optimizers import Constant, Cosine, FirstOrder, GradientDescent, Momentum, Nesterov, OnPlateau, Step
from fallline.optimizers.schedules import Course, Schedule
from fallline.training.descent import Descent

LEAST_ROWS, MOST_ROWS = 20, 1000  # for the sharpness where an arm begins …
MOST_PRODUCTS, ROUGHLY = 12, 0.05  # … and its products and residual


@dataclass(frozen=True)
class Later(Schedule, Course):
    """A schedule that knows nothing of errors, from a later iteration on."""

    schedule: Schedule
    by: int  # iterations that are over
    factor: float = 1.0

    def course(self) -> Course:
        """Return itself: it keeps nothing of a run."""
        return self

    def rate(self, iteration: int, error: float) -> float:
        """Return the rate of iteration 1, 2, … from there on."""
        return self.factor * self.schedule.course().rate(iteration + self.by, error)

    def rates(self, first: int, count: int, error: float) -> Array:
        """Return the rates of so many iterations from `first` on."""
        return self.factor * self.schedule.course().rates(first + self.by, count, error)


def going_on(optimizer: FirstOrder, iterations: int, last_rate: float) -> FirstOrder:
    """Return the optimizer as it goes on after so many iterations, the last of them at that rate (nan if unknown).

    What it remembers of its steps, such as Adam's moments, begins anew, in both arms alike.
    """
    schedule = optimizer.schedule()
    if isinstance(schedule, OnPlateau):
        known = math.isfinite(last_rate) and last_rate > 0.0
        return replace(optimizer, learning_rate=replace(schedule, learning_rate=last_rate)) if known else optimizer
    if isinstance(schedule, Constant):
        return optimizer
    return replace(optimizer, learning_rate=Later(schedule, iterations))


def with_rate(optimizer: FirstOrder, factor: float) -> FirstOrder:
    """Return the optimizer with its learning rate times a factor."""
    rate = optimizer.learning_rate
    changed: float | Schedule
    if not isinstance(rate, Schedule):
        changed = factor * rate
    elif isinstance(rate, Later):
        changed = replace(rate, factor=factor * rate.factor)
    elif isinstance(rate, Cosine):
        changed = replace(rate, learning_rate=factor * rate.learning_rate, final=factor * rate.final)
    elif isinstance(rate, Constant | Step | OnPlateau):
        changed = replace(rate, learning_rate=factor * rate.learning_rate)
    else:
        changed = Later(rate, 0, factor)
    return replace(optimizer, learning_rate=changed)


def rate_at_stop(optimizer: FirstOrder, evidence: Evidence) -> float:
    """Return the learning rate of the last iteration; the first one where that is not known."""
    descent = evidence.subject.descent
    last = math.nan if descent is None else last_rate(descent)
    return last if math.isfinite(last) else optimizer.schedule().course().rate(1, math.nan)


def last_rate(descent: Descent) -> float:
    """Return the learning rate of the last iteration on record; nan without one."""
    rates = descent.history.column("learning_rate")
    return float(rates[-1]) if len(rates) else math.nan


def is_plain(optimizer: FirstOrder) -> bool:
    """Whether the step is the gradient times the rate, with or without momentum, so that the curvature bounds it."""
    return isinstance(optimizer, GradientDescent | Momentum | Nesterov)


def sharpest(optimizer: FirstOrder, evidence: Evidence) -> float:
    """Return the largest eigenvalue of the Hessian of what a step sees, all rows or a batch; 0 where none is above.

    A batch's loss is taken as if its rows were all there are: where the loss is a sum over rows, its curvature is the
    smaller for it.
    """
    rows = len(evidence.subject.training)
    scale, outputs = evidence.architecture.loss_function.scale, evidence.architecture.outputs
    seen = min(rows, optimizer.batch_size or rows)
    per_row = evidence.spectrum.highest.value / scale(len(evidence.rows), outputs) / len(evidence.rows)
    return max(0.0, per_row * scale(seen, outputs) * seen)


def sharpness(arm: Arm, rng: np.random.Generator, work: float) -> tuple[float, float]:
    """Return the largest eigenvalue of the loss's Hessian where an arm begins, roughly, and what finding it cost.

    As many rows are looked at as the work allows, in gradient evaluations on all rows, and `MOST_ROWS` at most; the
    eigenvalue is that of a sum over rows divided by their number: for comparing two arms on the same rows. It is 0
    where the work does not suffice for `LEAST_ROWS`.
    """
    rows, architecture = arm.rows(), arm.network.architecture
    n, products = len(rows), 0
    looked_at = int(min(n, MOST_ROWS, n * work / (MOST_PRODUCTS * HESSIAN_PRODUCT)))
    if looked_at < min(n, LEAST_ROWS):
        return 0.0, 0.0
    chosen = np.sort(rng.choice(n, looked_at, replace=False))
    X, y = rows.batch(chosen)
    objective = Objective(architecture, Rows(X.astype(np.float64), y.astype(np.float64)))
    at = arm.network.parameters.astype(np.float64)

    def product(v: Array) -> Array:
        nonlocal products
        products += 1
        return objective.hessian_product(at, v)

    def over() -> bool:
        return products >= MOST_PRODUCTS - 2  # which the residuals of both ends take

    spectrum = lanczos_spectrum(product, architecture.parameter_count, rng, tolerance=ROUGHLY, over=over)
    scale = architecture.loss_function.scale(len(X), architecture.outputs) * len(X)
    return spectrum.highest.value / scale, products * HESSIAN_PRODUCT * looked_at / n
