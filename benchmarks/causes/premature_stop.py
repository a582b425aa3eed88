"""Descents that a criterion ended although they were to go on falling.

Certain, because the same run without the criterion was made for as much work again or more: its error (on validation
rows where they ended it) comes to less than three quarters, and stays there. Three criteria: early stopping with
next to no patience; a loose tolerance of the gradient; and a plateau declared by somebody's own rule, a fall below a
tolerance for a few iterations.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from drawing.descents import good_rate, network, table
from fallline.diagnosis.subject import Subject, descended
from fallline.optimizers import BFGS, LBFGS, Adam, GradientDescent, Momentum, NewtonCG, Optimizer
from fallline.training.stopping import Limits, StopReason

# Where the limit of another is the criterion, more of the same is the remedy, too.
ACCEPTED: tuple[str, ...] = ()


def make(rng: np.random.Generator) -> Subject:
    """Return a run that was ended too early."""
    kind = rng.integers(3)
    while True:
        n = int(rng.integers(40, 300))
        X, y = table(rng, n)
        made = network(rng, X.shape[1])
        subject = (_patience, _tolerance, _plateau)[kind](rng, made, X, y)
        if subject is not None:
            return subject


def _patience(rng, made, X, y):  # type: ignore[no-untyped-def]
    kept = len(X) * 7 // 10
    training, validation = (X[:kept], y[:kept]), (X[kept:], y[kept:])
    batch = int(rng.integers(2, 17)) if rng.random() < 0.7 else None
    optimizer: Optimizer = Adam(0.003, batch_size=batch, seed=int(rng.integers(2**31)))
    if rng.random() < 0.3:
        optimizer = Momentum(good_rate(Momentum, made, *training), batch_size=batch)
    limits = Limits(iterations=300, patience=int(rng.integers(1, 4)), plateau=False)
    subject = descended(made, *training, optimizer, limits=limits, validation=validation, compiled=False)
    if subject.descent.stop_reason is not StopReason.EARLY_STOPPING or subject.descent.validation_error < 0.03:
        return None
    more = max(2 * subject.descent.iterations, 40)
    longer = descended(
        made, *training, optimizer, limits=Limits(iterations=more, plateau=False), validation=validation, compiled=False
    )
    late = longer.descent.history.column("validation_error")[-max(3, more // 5) :]
    return subject if np.median(late) < 0.75 * subject.descent.validation_error else None


def _tolerance(rng, made, X, y):  # type: ignore[no-untyped-def]
    kind = (LBFGS, BFGS, NewtonCG)[rng.integers(3)]
    subject = descended(made, X, y, kind(gradient_tolerance=float(10.0 ** rng.uniform(-2.5, -1))), compiled=False)
    if subject.descent.stop_reason is not StopReason.CONVERGED or subject.descent.iterations < 1:
        return None
    longer = descended(made, X, y, kind(), limits=Limits(iterations=60), compiled=False)
    far = longer.descent.train_error < 0.5 * subject.descent.train_error and subject.descent.train_error > 0.02
    return subject if far else None


def _plateau(rng, made, X, y):  # type: ignore[no-untyped-def]
    kind = (GradientDescent, Momentum, Adam)[rng.integers(3)]
    optimizer = kind(good_rate(kind, made, X, y))
    longer = descended(made, X, y, optimizer, limits=Limits(iterations=2_000, plateau=False), compiled=False)
    errors = longer.descent.history.column("train_error")
    tolerance, patience = float(rng.choice([1e-3, 3e-3, 1e-2])), int(rng.integers(2, 8))
    slow = np.diff(errors) > -tolerance * errors[0]
    ends = [i for i in range(30, 1_000) if slow[i - patience : i].all()]
    if not ends or len(errors) < 2_000 or not errors[2 * ends[0]] < 0.75 * errors[ends[0]] or errors[ends[0]] < 0.03:
        return None
    end = ends[0]
    subject = descended(made, X, y, optimizer, limits=Limits(iterations=end, plateau=False), compiled=False)
    return replace(subject, descent=replace(subject.descent, stop_reason=StopReason.PLATEAU, detail=""))
