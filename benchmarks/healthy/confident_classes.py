"""Classes that can be told apart, learned until every row is right and the cross-entropy next to nothing."""

from __future__ import annotations

import numpy as np

from drawing.rows import inputs, labels, one_hot
from fallline import Network
from fallline.diagnosis.subject import Subject, descended
from fallline.optimizers import LBFGS, Adam, RMSprop
from fallline.training.stopping import Limits

ACCEPTED: tuple[str, ...] = ()


def make(rng: np.random.Generator) -> Subject:
    """Return such a run; its cross-entropy is at most 0.003, so the outputs are saturated as they should be."""
    while True:
        features, seed = int(rng.integers(1, 5)), int(rng.integers(1 << 30))
        X = inputs(rng, int(rng.integers(20, 100)), features)
        if rng.random() < 0.5:
            y, outputs, name, loss = labels(rng, X), 1, "sigmoid", "binary_cross_entropy"
        else:
            y, outputs, name, loss = one_hot(rng, X, 3), 3, "softmax", "categorical_cross_entropy"
        activation = str(rng.choice(["tanh", "relu", "sigmoid"]))
        network = Network([features, int(rng.integers(8, 20)), outputs], [activation, name], loss=loss, seed=seed)
        optimizer = [LBFGS(), Adam(0.03), RMSprop(0.01)][rng.integers(3)]
        subject = descended(network, X, y, optimizer, limits=Limits(iterations=2000, seconds=1.0), seed=seed)
        if subject.descent is not None and subject.descent.train_error < 3e-3:
            return subject
