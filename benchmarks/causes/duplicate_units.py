"""Runs in which units stand twice.

Certain by construction: the units are equal in the first weights, on both sides, and equal still at the stop,
which is looked up; either one unit of few stands twice among units drawn at random, or each stands twice, or the first
weights are not handed on (as of a network that somebody else has trained). By a search, the smaller network that the equal units make
comes to an error at least half again as large as the whole one's.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from landscape_runs import SMOOTH, any_optimizer, lowest, network, table

from fallline.diagnosis.subject import Subject, descended
from fallline.engine import Architecture
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
        limits = Limits(iterations=int(rng.integers(300, 1200)))
        subject = descended(first, X, y, any_optimizer(rng, first, rows), limits=limits)
        hidden, output = subject.network.layers
        apart = max(
            np.abs(hidden[distinct:] - sign * hidden[of]).max(),
            np.abs(output[:, distinct:-1] - sign * output[:, of]).max(),
        )
        architecture = first.architecture
        best, _ = lowest(rng, architecture, X, y, 3, 0.4)
        smaller = Architecture((inputs, distinct, 1), architecture.activations, architecture.loss)
        fewer, _ = lowest(rng, smaller, X, y, 4, 0.3)
        if apart <= 1e-10 * float(np.abs(subject.network.parameters).max()) and 1.5 * best < fewer:
            return replace(subject, first=None) if distinct == 1 or rng.random() < 0.5 else subject
