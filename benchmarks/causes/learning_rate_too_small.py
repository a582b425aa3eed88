"""Descents whose learning rate is thousands of times below one that suits, and that is all that is wrong.

Certain, because the data are standardised and smooth, L-BFGS reaches a far lower error from the same first weights, and
the rate is 1/2,000 to 1/50,000 of half the inverse curvature (of 0.01 for Adam and RMSprop, which are known to manage
with that): a thousand such steps go no farther than one that suits.
"""

from __future__ import annotations

import numpy as np

from drawing.descents import KINDS, PROPORTIONAL, good_rate, network, reachable, table
from fallline.diagnosis.subject import Subject, descended
from fallline.training.stopping import Limits

# So short a way is also one that more of the same iterations would lengthen.
ACCEPTED: tuple[str, ...] = ()


def make(rng: np.random.Generator) -> Subject:
    """Return a run with a learning rate that is far too small."""
    while True:
        classes = rng.random() < 0.25
        X, y = table(rng, int(rng.integers(20, 400)))
        y = (y > 0.0).astype(float) if classes else y
        made = network(
            rng, X.shape[1], classes=classes, loss=None if rng.random() < 0.7 or classes else "half_squared_error"
        )
        kind = KINDS[rng.integers(len(KINDS))]
        low = 10.0 ** rng.uniform(3.3, 4.7) if kind in PROPORTIONAL else 10.0 ** rng.uniform(3.0, 4.0)
        rate = good_rate(kind, made, X, y) / low
        batch = int(rng.integers(8, 33)) if kind not in PROPORTIONAL and rng.random() < 0.3 else None
        begin = made.error(X, y)
        if reachable(made, X, y) > 0.3 * begin:
            continue
        iterations = int(rng.integers(200, 1500)) if batch is None else int(rng.integers(20, 60))
        limits = Limits(iterations=iterations, plateau=bool(rng.random() < 0.5))
        return descended(made, X, y, kind(rate, batch_size=batch), limits=limits, compiled=False)
