"""Runs from symmetric first weights.

Certain by construction: all weights are zero, or each layer's units have equal rows and columns, and the units are
still equal at the stop, which is looked up. Equal units make the network one with a single unit a layer, which by a
search comes to an error at least half again as large as the whole network's; zero weights stay at zero in all hidden
layers.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from drawing.landscape import SMOOTH, any_optimizer, lowest, network, table
from fallline.diagnosis.subject import Subject, descended
from fallline.engine import Architecture
from fallline.training.stopping import Limits

# units that began equal are equal at the stop: that is what the first weights are blamed for
ACCEPTED: tuple[str, ...] = ("duplicate_units",)


def make(rng: np.random.Generator) -> Subject:
    """Draw a run."""
    while True:
        inputs, rows = int(rng.integers(1, 9)), int(rng.integers(8, 300))
        hidden = [int(rng.integers(2, 13)) for _ in range(rng.integers(1, 4))]
        labels = bool(rng.random() < 0.3)
        X, y = table(rng, inputs, rows, labels=labels)
        first = network(rng, hidden, inputs, str(rng.choice([*SMOOTH[:3], "relu"])), labels=labels)
        zero = bool(rng.random() < 0.35)
        if zero:
            first.parameters[:] = 0.0
        elif rng.random() < 0.5:
            first.parameters[:] = rng.uniform(0.05, 0.8)
        else:
            for i, W in enumerate(first.layers):
                W[:] = W[0]
                if i > 0:
                    W[:, :-1] = W[:, :1]
        limits = Limits(iterations=int(rng.integers(100, 800)))
        subject = descended(first, X, y, any_optimizer(rng, first, rows), limits=limits)
        layers = subject.network.layers
        apart = max(float(np.ptp(np.vstack([W.T, V[:, :-1]]), axis=1).max()) for W, V in pairwise(layers))
        architecture = first.architecture
        best, _ = lowest(rng, architecture, X, y, 2, 0.3)
        single = Architecture((inputs, *[1] * len(hidden), 1), architecture.activations, architecture.loss)
        one, _ = lowest(rng, single, X, y, 3, 0.2)
        stopped = min(one, subject.descent.train_error)
        if apart <= 1e-10 * float(np.abs(subject.network.parameters).max()) and 1.5 * best < stopped:
            return subject
