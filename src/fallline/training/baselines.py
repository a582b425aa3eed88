"""What a network has to beat: always the same answer, and a linear model."""

from __future__ import annotations

import numpy as np

from fallline.data import Preparation, Task
from fallline.engine import Array, Rows
from fallline.network import Network
from fallline.optimizers import LBFGS
from fallline.training.descent import descend
from fallline.training.interrupt import Interrupt
from fallline.training.penalty import l2_of
from fallline.training.scores import Score, outputs_on, score, targets_of
from fallline.training.stopping import Limits

LINEAR_SECONDS = 10.0
LOGISTIC_STRENGTH = 1.0  # keeps separable classes finite


def constant_baseline(preparation: Preparation, training: Rows, judged: Rows) -> Score:
    """Return the score on `judged` of always answering the training rows' mean, or their most frequent class."""
    centre = targets_of(training).mean(axis=0)
    targets = targets_of(judged)
    answer: Array = np.broadcast_to(centre, targets.shape)
    return score(preparation, answer, targets)


def linear_baseline(
    network: Network, preparation: Preparation, training: Rows, judged: Rows, interrupt: Interrupt
) -> Score | None:
    """Return the score on `judged` of a linear model with the network's output and loss; None when interrupted.

    Least squares for regression; logistic regression with a weak penalty for classes.
    """
    architecture = network.architecture
    linear = Network(
        [architecture.inputs, architecture.outputs],
        architecture.activations[-1],
        loss=architecture.loss,
        initialiser="glorot",
        seed=0,
        dtype=network.parameters.dtype,
    )
    linear.parameters[:] = 0.0
    strength = 0.0 if preparation.task is Task.REGRESSION else LOGISTIC_STRENGTH
    descend(
        linear,
        training,
        LBFGS(gradient_tolerance=1e-6),
        l2=l2_of(strength, linear.architecture, len(training)),
        limits=Limits(iterations=1000, seconds=LINEAR_SECONDS, plateau=False),
        interrupt=interrupt,
        compiled=False,  # a few passes, for which the compiled engine would take a copy of the rows
    )
    if interrupt.wished:
        return None
    return score(preparation, outputs_on(linear, judged), targets_of(judged))
