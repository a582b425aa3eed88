"""Descents that overflow or bounce because of a rate beyond the limit of stability.

Certain, because the descent has gone well at a rate that suits until there, and from those weights at 1.5 to 30 times
the limit of stability of the curvature there the error rises or bounces, while a tenth of the old rate is stable.
"""

from __future__ import annotations

import numpy as np

from drawing.descents import good_rate, largest_curvature, network, reachable, table
from fallline.diagnosis.subject import Subject, descended
from fallline.optimizers import Adam, GradientDescent, Momentum, Nesterov, RMSprop
from fallline.training.stopping import Limits

# Overflowing is what an exploding descent looks like; the rate is its only reason here.
ACCEPTED: tuple[str, ...] = ()
KINDS = (GradientDescent, GradientDescent, Momentum, Nesterov, Adam, RMSprop)


def make(rng: np.random.Generator) -> Subject:
    """Return a run whose rate is too large."""
    while True:
        X, y = table(rng, int(rng.integers(20, 400)))
        made = network(rng, X.shape[1])
        kind = KINDS[rng.integers(len(KINDS))]
        if reachable(made, X, y) > 0.3 * made.error(X, y):
            continue
        early = int(rng.integers(20, 200))
        limits = Limits(iterations=early, plateau=False)
        begun = descended(made, X, y, kind(good_rate(kind, made, X, y)), limits=limits, compiled=False)
        start = begun.network
        if kind in (Adam, RMSprop):
            rate = 10.0 ** rng.uniform(-0.7, 0.0)
        else:
            momentum = getattr(kind(), "momentum", 0.0)
            limit = 2.0 * (1.0 + momentum) / (1.0 + 2.0 * momentum if kind is Nesterov else 1.0)
            rate = limit / largest_curvature(start, X, y) * 10.0 ** rng.uniform(0.2, 1.5)
        limits = Limits(iterations=int(rng.integers(150, 800)), plateau=False)
        subject = descended(start, X, y, kind(rate), limits=limits, compiled=False)
        errors = subject.descent.history.column("train_error")  # type: ignore[union-attr]
        if subject.descent.train_error < 0.03:  # type: ignore[union-attr]
            continue  # next to nothing of the targets' variance
        half = errors[len(errors) // 2 :]
        bounced = len(half) > 20 and np.mean(np.diff(half) > 0.0) > 0.2
        saturated = errors[-1] > 0.9 and np.ptp(half) < 1e-3
        if (subject.descent.stop_reason.code == "not_finite" or bounced) and not saturated:  # type: ignore[union-attr]
            return subject
