"""The arithmetic: what a network computes, its gradient, and the products that curvature needs."""

from fallline.engine.activations import ACTIVATIONS, Activation
from fallline.engine.architecture import Architecture, lookup, per_layer
from fallline.engine.arrays import Array, Index
from fallline.engine.dropout import Dropout
from fallline.engine.losses import LOSSES, Loss
from fallline.engine.objective import Objective
from fallline.engine.rows import Rows

__all__ = [
    "ACTIVATIONS",
    "LOSSES",
    "Activation",
    "Architecture",
    "Array",
    "Dropout",
    "Index",
    "Loss",
    "Objective",
    "Rows",
    "lookup",
    "per_layer",
]
