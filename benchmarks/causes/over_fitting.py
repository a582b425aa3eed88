"""Flexible networks that learned the noise of few rows, and err more on all further rows than when they began to.

Certain, because it is measured on 3,000 further rows of the same source, which the examination never sees: their
error is at least 1.4 times that of the same network stopped earlier, from the same first weights by the same optimizer,
whose training error is at least 1.2 times as high (Mitchell's definition of over-fitting); and twice the training
error.
"""

from __future__ import annotations

import numpy as np

from drawing.generalisation import FURTHER, mean_loss, network, optimizer, own_mean_loss, source
from fallline.diagnosis.subject import Subject, descended
from fallline.engine import Rows
from fallline.network import Network
from fallline.optimizers import FirstOrder
from fallline.training.descent import descend
from fallline.training.stopping import Limits

ACCEPTED: tuple[str, ...] = ()
TIMES, HIGHER, GAP = 1.4, 1.2, 2.0


def make(rng: np.random.Generator) -> Subject:
    """Return an over-fitted run."""
    while True:
        classes = rng.random() < 0.3
        drawn = source(rng)
        noise = float(rng.uniform(0.4, 1.0))
        X, y = drawn.rows(rng, int(rng.integers(20, 80)), noise, classes)
        held_out = drawn.rows(rng, int(rng.integers(60, 300)), noise, classes)
        further = drawn.rows(rng, FURTHER, noise, classes)
        made = network(rng, drawn.features, (8, 24), classes)
        chosen = optimizer(rng)
        most = int(rng.integers(600, 1_500)) if isinstance(chosen, FirstOrder) else int(rng.integers(100, 400))
        early = Network.from_parameters(made.architecture, made.parameters)
        watched = drawn.rows(rng, FURTHER // 3, noise, classes)
        descend(
            early, Rows(X, y), chosen, validation=Rows(*watched), compiled=False,
            limits=Limits(iterations=most, seconds=0.5, patience=100, plateau=False),
        )  # fmt: skip
        limits = Limits(iterations=most, seconds=0.6, plateau=False)
        run = descended(made, X, y, chosen, limits=limits, validation=held_out, compiled=False)
        on_training, on_further = own_mean_loss(run), own_mean_loss(run, Rows(*further))
        worse = on_further >= TIMES * mean_loss(early, *further) and on_further >= GAP * on_training
        if worse and mean_loss(early, X, y) >= HIGHER * on_training:
            return run
