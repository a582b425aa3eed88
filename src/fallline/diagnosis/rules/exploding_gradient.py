"""A gradient that gains a factor at every layer on its way down: no learning rate fits all layers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fallline.diagnosis.arms import compare
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.measurements import Measurements
from fallline.diagnosis.recentring import fresh
from fallline.diagnosis.rule import Kind, Rule
from fallline.diagnosis.signals import sensitivities
from fallline.diagnosis.subject import Subject, descended
from fallline.network import Network
from fallline.optimizers import GradientDescent
from fallline.training.stopping import Limits, StopReason

DEEP = 4  # layers of weights
FACTOR = 2.0  # that a layer multiplies by, in the geometric mean
PRODUCT = 30.0  # that all layers between the first and the last multiply by
TOO_LARGE = 10.0  # spread of what the output layer computes, over what the targets ask for
GAIN = 0.15  # share of the error that balanced first weights have to win over going on
RATIO = 1.5
FAR_ABOVE = 2.0  # times the error of a constant answer, which no run of some length should stop at


class ExplodingGradient(Rule):
    """A deep network whose layer Jacobians blow the gradient up from the first weights on."""

    code = "exploding_gradient"
    title = "Exploding gradient"
    kind = Kind.LANDSCAPE
    explanation = (
        "On its way up, a signal is multiplied by the weights of each layer, and on its way down the gradient "
        "is again. Where the norms of the layers' Jacobians are above 1, both grow with every layer: in a deep network "
        "with large weights by orders of magnitude. The outputs then miss the targets by far, the gradient is huge "
        "against the weights, and the first step overflows or throws the weights away to where nothing is learned. "
        "A learning rate that is merely too large is told from it by the first weights: there the error is that "
        "of a harmless answer, and half the rate helps; here it is astronomical before any step was made."
    )
    remedy = (
        "Draw smaller first weights, so that every layer passes on what it gets (He for relu, Glorot for tanh and "
        "identity), and scale inputs and targets; use fewer layers, or tanh, which bounds the signal."
    )
    remedies = ("other_initialisation", "scale_inputs", "scale_targets", "lower_rate", "restart", "other_activation")
    explains = (
        "learning_rate_too_large",
        "learning_rate_too_small",
        "ill_conditioned_inputs",
        "vanishing_gradient",
        "saturated_units",
        "dead_units",
        "constant_output",
        "duplicate_units",
        "flat_region",
        "saddle_point",
        "local_minimum",
        "too_few_iterations",
        "premature_stop",
        "gradient_noise",
        "no_descent_direction",
        "float32_resolution",
        "over_fitting",
        "worse_than_linear",
    )
    sources = (
        "Pascanu, Mikolov & Bengio (2013): On the difficulty of training recurrent neural networks. ICML, section 2.",
        "He, Zhang, Ren & Sun (2015): Delving Deep into Rectifiers. ICCV, section 2.2.",
    )

    def examine(self, evidence: Evidence) -> Finding:
        layers = len(evidence.architecture.activations)
        if layers < DEEP:
            return self.clear(f"{layers} layer{'s' * (layers > 1)}: too few for a gradient to explode on the way.")
        where = evidence.first or evidence
        with np.errstate(over="ignore", invalid="ignore"):
            reach, spread = sensitivities(where), _spread(where)
        product = float(reach[0] / reach[-1]) if reach[-1] > 0.0 else 0.0
        factor = product ** (1.0 / (layers - 1))
        numbers: dict[str, Any] = {
            "sensitivities": [float(s) for s in reach],
            "product": product,
            "factor": factor,
            "spread": spread,
        }
        begins = "at the first weights" if evidence.first is not None else "at the weights where it stopped"
        grows = (
            f"{begins} the gradient is multiplied by {product:.2g} from layer {layers} to layer 1, {factor:.2g} a layer"
        )
        if math.isfinite(product) and not (product > PRODUCT and factor > FACTOR and spread > TOO_LARGE):
            return self.clear(f"{_capital(grows)}: it does not explode.", **numbers)
        if evidence.error <= evidence.constant_error and not evidence.stakes.matters:
            return self.clear(f"{_capital(grows)}; overcome, since {evidence.stakes.sentence}.", **numbers)
        if evidence.first is None:
            return self.not_enough_data(
                f"{_capital(grows)}. Whether the first weights or steps that were too long brought them there cannot "
                "be told without the first weights.",
                **numbers,
            )
        mended = fresh(evidence, evidence.rng(9))
        trial, helps, share, compared = compare(
            evidence, mended, GAIN, RATIO, "from weights balanced from layer to layer"
        )
        times = evidence.error / evidence.constant_error if evidence.constant_error > 0.0 else math.inf
        if not helps and times > FAR_ABOVE and trial.treated < evidence.constant_error:
            # second order may free both arms, but the run itself was the control: it had its iterations, and is here
            helps, share = True, 1.0 - trial.treated / evidence.error
            compared = f"at the stop it is {times:.2g} times that of a constant answer; {compared}"
        descent = evidence.subject.descent
        overflowed = descent is not None and descent.stop_reason is StopReason.NOT_FINITE
        numbers |= {
            "overflowed": overflowed,
            "error": trial.error,
            "error_going_on": trial.control,
            "error_balanced": trial.treated,
            "iterations": trial.iterations,
            "optimizer": trial.optimizer,
        }
        if not helps:
            return self.clear(f"{_capital(grows)}; but that does not hold the error up: {compared}.", **numbers)
        return self.fires(
            f"{_capital(grows)}, and the outputs spread {spread:.2g} times as far as the targets"
            f"{'; the run overflowed' if overflowed else ''}. This holds the error up: {compared}.",
            confidence=min(0.98, 0.8 + 0.2 * share),
            share=share,
            **numbers,
        )

    def example(self) -> Subject:
        rng = np.random.default_rng(0)
        X = rng.uniform(-1.0, 1.0, (60, 2))
        network = Network([2, 8, 8, 8, 8, 1], ["relu"] * 4 + ["identity"], loss="mean_squared_error", seed=1)
        network.parameters *= 6.0
        return descended(network, X, X[:, :1] * X[:, 1:], GradientDescent(0.01), limits=Limits(iterations=500))


def _spread(measured: Measurements) -> float:
    """Return how far the output layer's pre-activations spread, over what the targets need: a few units of a logit."""
    z = measured.trace[-1].z
    wanted = measured.y.std(axis=0) if measured.architecture.activations[-1] not in BOUNDED else np.ones(z.shape[1])
    square = float(np.mean(np.square(wanted)))
    return float(np.sqrt(np.mean(np.square(z - z.mean(axis=0))) / square)) if square > 0.0 else math.inf


BOUNDED = ("sigmoid", "tanh", "softmax")


def _capital(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]
