"""The linear model with a network's output and loss, fitted on the same rows: what the network has to beat."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fallline.diagnosis.budget.linear_floor import SQUARED, linear_floor
from fallline.diagnosis.measurements import Measurements
from fallline.diagnosis.unseen import row_losses
from fallline.engine import Architecture, Array, Rows
from fallline.network import Network
from fallline.optimizers import LBFGS
from fallline.training.descent import descend
from fallline.training.penalty import l2_of
from fallline.training.stopping import Limits

STRENGTH_FOR_CLASSES = 1.0  # keeps separable classes finite, as in the baselines of a training
ITERATIONS, SHARE_OF_TIME, SECONDS = 300, 0.3, 1.0


class LinearModel(NamedTuple):
    """A linear model of standardised inputs."""

    architecture: Architecture
    parameters: Array  # float64
    centre: Array  # (inputs,)
    scale: Array  # (inputs,)

    def row_losses(self, rows: Rows) -> Array:
        """Return the loss of each row as if it were alone, (n,)."""
        return row_losses(self.architecture, self.parameters, self._standardised(rows))

    def _standardised(self, rows: Rows) -> Rows:
        X, y = rows.block(0, len(rows))
        return Rows((X - self.centre) / self.scale, y)


def linear_model(measured: Measurements) -> LinearModel:
    """Fit it: by least squares where the loss is squared and the output the identity, by L-BFGS otherwise."""
    network, X = measured.architecture, measured.X
    architecture = Architecture((network.inputs, network.outputs), network.activations[-1:], network.loss)
    scale = X.std(axis=0)
    model = LinearModel(architecture, np.zeros(architecture.parameter_count), X.mean(axis=0), np.where(scale > 0, scale, 1))
    rows = model._standardised(measured.rows)
    if network.loss in SQUARED and network.activations[-1] == "identity":
        return model._replace(parameters=linear_floor(architecture, rows))
    fitted = Network.from_parameters(architecture, model.parameters)
    strength = STRENGTH_FOR_CLASSES if network.loss_function.from_logits_of is not None else 0.0
    descend(
        fitted,
        rows,
        LBFGS(gradient_tolerance=1e-6),
        l2=l2_of(strength, architecture, len(rows)),
        limits=Limits(ITERATIONS, measured.clock.part(SHARE_OF_TIME, SECONDS).left, plateau=False),
        interrupt=measured.clock.interrupt,
        compiled=False,
    )
    return model._replace(parameters=fitted.parameters.copy())
