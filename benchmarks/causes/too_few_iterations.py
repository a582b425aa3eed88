"""Descents with good settings that a limit ended halfway.

Certain, because the same run with twice the limit was made: it loses more than a quarter of the error in the second
half, and in the first half of the run that is returned it was falling as well.
"""

from __future__ import annotations

import numpy as np

from drawing.descents import good_rate, network, table
from fallline.diagnosis.subject import Subject, descended
from fallline.optimizers import (
    BFGS,
    LBFGS,
    Adam,
    FirstOrder,
    GradientDescent,
    LevenbergMarquardt,
    Momentum,
    Nesterov,
    Optimizer,
    RMSprop,
    Rprop,
)
from fallline.training.stopping import Limits

ACCEPTED: tuple[str, ...] = ()
FIRST_ORDER = (GradientDescent, Momentum, Nesterov, Adam, RMSprop)


def make(rng: np.random.Generator) -> Subject:
    """Return a run that was ended while it fell."""
    while True:
        X, y = table(rng, int(rng.integers(20, 300)))
        classes = rng.random() < 0.2
        y = (y > 0.0).astype(float) if classes else y
        made = network(rng, X.shape[1], classes=classes)
        optimizer: Optimizer
        if rng.random() < 0.65:
            kind: type[FirstOrder] = FIRST_ORDER[rng.integers(len(FIRST_ORDER))]
            batch = int(rng.integers(16, 65)) if kind is Adam and rng.random() < 0.4 and len(X) > 64 else None
            optimizer = kind(good_rate(kind, made, X, y), batch_size=batch)
            count = int(rng.integers(50, 800)) if batch is None else int(rng.integers(10, 50))
        else:
            optimizer = (LBFGS(), BFGS(), Rprop(), LevenbergMarquardt())[rng.integers(4)]
            count = int(rng.integers(4, 9)) if isinstance(optimizer, LevenbergMarquardt) else int(rng.integers(10, 50))
        longer = descended(made, X, y, optimizer, limits=Limits(iterations=2 * count, plateau=False), compiled=False)
        assert longer.descent is not None
        errors = longer.descent.history.column("train_error")
        if (
            len(errors) < 2 * count
            or not errors[-1] < 0.75 * errors[count]
            or not errors[count] < 0.9 * errors[count // 2]
        ):
            continue
        if errors[count] - errors[-1] < 0.01 * errors[0]:
            continue
        return descended(made, X, y, optimizer, limits=Limits(iterations=count, plateau=False), compiled=False)
