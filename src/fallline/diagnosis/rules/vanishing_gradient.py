"""A gradient that loses a factor at every layer on its way down, so that the lower layers hardly move."""

from __future__ import annotations

from typing import Any

import numpy as np

from fallline.diagnosis.arms import compare, worth_trying
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.measurements import Measurements
from fallline.diagnosis.recentring import fresh
from fallline.diagnosis.rule import Kind, Rule
from fallline.diagnosis.signals import sensitivities
from fallline.diagnosis.subject import Subject, descended
from fallline.engine import Array
from fallline.network import Network
from fallline.optimizers import GradientDescent
from fallline.training.stopping import Limits

DEEP = 4  # layers of weights
FACTOR = 0.6  # that a layer lets through in the geometric mean
PRODUCT = 0.05  # that all layers between the first and the last let through
GAIN = 0.15  # share of the error that balanced first weights have to win over going on
RATIO = 2.0


class VanishingGradient(Rule):
    """A deep network whose layer Jacobians shrink the gradient, where balanced first weights do better."""

    code = "vanishing_gradient"
    title = "Vanishing gradient"
    kind = Kind.LANDSCAPE
    explanation = (
        "On its way down, back-propagation multiplies the gradient by the Jacobian of each layer, slope times "
        "weights. Where the norm of these is below 1, what arrives at the first layers shrinks with every layer in "
        "between: with a sigmoid's slope of at most 1/4 and small weights, by orders of magnitude. The upper layers "
        "then learn the mean of the targets from inputs that tell them nothing, and the lower ones stay as they were "
        "drawn. It takes several layers; a plateau of a shallow network has other causes. It is the cause where the "
        "same network with first weights balanced from layer to layer gets lower with the same work."
    )
    remedy = (
        "Draw the first weights so that every layer passes the signal on (Glorot for tanh, He for relu), "
        "use tanh or relu instead of sigmoid in the hidden layers, or fewer layers."
    )
    remedies = ("other_initialisation", "other_activation", "restart", "second_order")
    explains = (
        "flat_region",
        "constant_output",
        "saddle_point",
        "local_minimum",
        "learning_rate_too_small",
        "too_few_iterations",
        "premature_stop",
        "float32_resolution",
        "no_descent_direction",
        "worse_than_linear",
    )
    sources = (
        "Hochreiter (1998): The Vanishing Gradient Problem During Learning Recurrent Neural Nets. IJUFKS 6(2).",
        "Glorot & Bengio (2010): Understanding the difficulty of training deep feedforward neural networks. AISTATS.",
        "Mishkin & Matas (2016): All You Need Is a Good Init. ICLR (the balanced weights of the experiment).",
    )

    def examine(self, evidence: Evidence) -> Finding:
        layers = len(evidence.architecture.activations)
        if layers < DEEP:
            return self.clear(f"{layers} layer{'s' * (layers > 1)}: too few for a gradient to vanish on the way.")
        with np.errstate(over="ignore", invalid="ignore"):
            reach = sensitivities(evidence)
            at_first = None if evidence.first is None else _product(sensitivities(evidence.first))
        product, factor = _product(reach)
        numbers: dict[str, Any] = {"sensitivities": [float(s) for s in reach], "product": product, "factor": factor}
        if reach[0] == 0.0:
            return self.clear("Of the gradient nothing at all arrives at layer 1: it is blocked on the way.", **numbers)
        arrives = f"of the gradient at layer {layers}, {product:.2g} arrives at layer 1, a factor {factor:.2g} a layer"
        if not (product < PRODUCT and factor < FACTOR):
            return self.clear(f"{_capital(arrives)}: it does not vanish.", **numbers)
        if at_first is not None and not (at_first[0] < PRODUCT and at_first[1] < FACTOR):
            return self.clear(f"{_capital(arrives)}; but at the first weights {at_first[0]:.2g} did.", **numbers)
        if not worth_trying(evidence):
            return self.clear(f"{_capital(arrives)}; harmless, since {evidence.stakes.sentence}.", **numbers)
        mended = fresh(evidence, evidence.rng(8))
        trial, helps, share, compared = compare(
            evidence, mended, GAIN, RATIO, "from weights balanced from layer to layer"
        )
        moved = None if evidence.first is None else movements(evidence, evidence.first)
        numbers |= {
            "moved": moved,
            "error": trial.error,
            "error_going_on": trial.control,
            "error_balanced": trial.treated,
            "iterations": trial.iterations,
            "optimizer": trial.optimizer,
        }
        if not helps:
            return self.clear(f"{_capital(arrives)}; but that does not hold the error up: {compared}.", **numbers)
        stayed = "" if moved is None else f" Layer 1 moved by {moved[0]:.2g} of its length in the run."
        return self.fires(
            f"{_capital(arrives)}.{stayed} This holds the error up: {compared}.",
            confidence=min(0.95, 0.75 + 0.2 * share),
            share=share,
            **numbers,
        )

    def example(self) -> Subject:
        rng = np.random.default_rng(0)
        X = rng.uniform(-1.0, 1.0, (60, 2))
        network = Network(
            [2, 6, 6, 6, 6, 6, 1],
            ["sigmoid"] * 5 + ["identity"],
            loss="mean_squared_error",
            initialiser="normal",
            seed=1,
        )
        return descended(network, X, X[:, :1] * X[:, 1:], GradientDescent(0.1), limits=Limits(iterations=1000))


def movements(stop: Measurements, first: Measurements) -> list[float]:
    """Return how far each layer's weights moved in the run, over their length at first."""

    def length(v: Array) -> float:
        return float(np.linalg.norm(v))

    layers = stop.architecture.layers
    return [
        length(now - then) / max(length(then), 1e-300)
        for now, then in zip(layers(stop.parameters), layers(first.parameters), strict=True)
    ]


def _product(reach: Array) -> tuple[float, float]:
    """Return what the layers between the first and the last let through of a gradient, and each in the mean."""
    product = float(reach[0] / reach[-1]) if reach[-1] > 0.0 else 0.0
    return product, product ** (1.0 / (len(reach) - 1))


def _capital(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]
