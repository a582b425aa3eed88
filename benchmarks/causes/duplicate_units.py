"""Runs in which units stand twice.

Certain by construction: the units are equal in the first weights, on both sides, and equal still at the stop,
which is looked up; either one unit of few stands twice among units drawn at random, or each stands twice, or the first
weights are not handed on (as of a network that somebody else has trained). By a search, the smaller network that the
equal units make comes to an error at least half again as large as the whole one's, and most of what the run left is the
difference of the two.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from drawing.landscape import SMOOTH, lowest, network, table
from fallline.diagnosis.subject import Subject, descended
from fallline.engine import Architecture
from fallline.optimizers import BFGS, LBFGS, Adam, RMSprop
from fallline.training.stopping import Limits

ACCEPTED: tuple[str, ...] = ()


def make(rng: np.random.Generator) -> Subject:
    """Draw a run."""
    while True:
        inputs, rows = int(rng.integers(1, 4)), int(rng.integers(10, 300))
        distinct, mirrored = int(rng.integers(1, 4)), False
        pairs = bool(rng.random() < 0.5)
        copies = distinct if pairs else 1
        if not pairs and distinct == 1:
            copies = int(rng.integers(1, 8))
        X, y = table(rng, inputs, rows)
        first = network(rng, [distinct + copies], inputs, str(rng.choice(SMOOTH)))
        mirrored = first.architecture.activations[0] == "tanh" and bool(rng.random() < 0.5)
        hidden, output = first.layers
        of = np.arange(copies) % distinct
        sign = -1.0 if mirrored else 1.0
        hidden[distinct:], output[:, distinct:-1] = sign * hidden[of], sign * output[:, of]
        kinds = [LBFGS(), BFGS(), Adam(0.03), RMSprop(0.01)]
        limits = Limits(iterations=int(rng.integers(600, 1500)))
        subject = descended(first, X, y, kinds[int(rng.integers(4))], limits=limits)
        hidden, output = subject.network.layers
        apart = max(
            np.abs(hidden[distinct:] - sign * hidden[of]).max(),
            np.abs(output[:, distinct:-1] - sign * output[:, of]).max(),
        )
        architecture = first.architecture
        constant = architecture.loss_function.scale(rows, 1) * float(np.sum(y**2)) / 2.0
        best, _ = lowest(rng, architecture, X, y, 3, 0.4)
        smaller = Architecture((inputs, distinct, 1), architecture.activations, architecture.loss)
        fewer, _ = lowest(rng, smaller, X, y, 4, 0.3)
        equal = apart <= 1e-10 * float(np.abs(subject.network.parameters).max())
        near = fewer - best > 0.6 * (subject.descent.train_error - best)
        if equal and near and 1.5 * best < fewer and subject.descent.train_error > 0.02 * constant:
            return replace(subject, first=None) if distinct == 1 or rng.random() < 0.5 else subject
