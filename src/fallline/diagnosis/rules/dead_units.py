"""Relu units that are 0 on every row, so that no gradient ever moves them again."""

from __future__ import annotations

from typing import Any

import numpy as np

from fallline.diagnosis.arms import arms, worth_trying
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.measurements import Measurements
from fallline.diagnosis.recentring import Mask, recentred
from fallline.diagnosis.rule import Kind, Rule
from fallline.diagnosis.signals import highest_pre_activations
from fallline.diagnosis.subject import Subject, descended
from fallline.engine import Array
from fallline.network import Network
from fallline.optimizers import GradientDescent
from fallline.training.stopping import Limits

MANY = 0.3  # of a layer's units, from which on they can hold the error up
GAIN = 0.25  # share of the error that reviving them has to win over the network that is left
WON, HALF = 0.15, 0.5  # or so much of a constant answer's error at most, where it leaves half of the other at most
RATIO = 1.5  # how many times what the network that is left wins


class DeadUnits(Rule):
    """Relu units with z ≤ 0 on every training row, where reviving them lowers the error."""

    code = "dead_units"
    title = "Dead units"
    kind = Kind.LANDSCAPE
    explanation = (
        "A relu is 0 wherever its pre-activation is not above 0, and its slope there is 0 as well. A unit that is 0 "
        "on every training row has gradient exactly 0: no gradient method can move it, and the network works as if it "
        "were smaller. Large negative biases do this, and steps that were too long. A few dead units in a wide layer "
        "do no harm. They are the cause where the network that is left cannot go on, while the same network with "
        "its dead units drawn anew, computing the same at first, gets lower with the same work. A saturated sigmoid "
        "is told from it by its slope, which is small but never 0."
    )
    remedy = (
        "Start again with He's first weights and biases of 0 or a little above, and shorter first steps; "
        "or use leaky relu, elu or gelu, which pass some gradient on the left too."
    )
    remedies = ("other_initialisation", "other_activation", "restart", "lower_rate")
    explains = (
        "vanishing_gradient",
        "flat_region",
        "constant_output",
        "saddle_point",
        "local_minimum",
        "learning_rate_too_small",
        "too_few_iterations",
        "premature_stop",
        "no_descent_direction",
        "worse_than_linear",
    )
    sources = (
        "Lu, Shin, Su & Karniadakis (2019): Dying ReLU and Initialization: Theory and Numerical Examples. "
        "arXiv:1903.06733.",
        "Maas, Hannun & Ng (2013): Rectifier Nonlinearities Improve Neural Network Acoustic Models. ICML.",
    )

    def examine(self, evidence: Evidence) -> Finding:
        if "relu" not in evidence.architecture.activations:
            return self.clear("The network has no relu units, the only ones whose slope is exactly 0.")
        masks = dead(evidence)
        counts = [int(mask.sum()) for mask in masks]
        numbers: dict[str, Any] = {
            "dead": counts,
            "alive": [len(mask) - count for mask, count in zip(masks, counts, strict=True)],
        }
        if not any(counts):
            return self.clear("Every relu unit is above 0 on some row.", **numbers)
        words = _words(masks)
        if all(count < MANY * len(mask) for count, mask in zip(counts, masks, strict=True)):
            return self.clear(f"Dead on every row: {words}; the rest of each layer is alive.", **numbers)
        if not worth_trying(evidence):
            return self.clear(f"Dead on every row: {words}; harmless, since {evidence.stakes.sentence}.", **numbers)
        highest = highest_pre_activations(evidence.architecture, evidence.parameters, evidence.X)
        certified = sum(int((mask & (z <= 0.0)).sum()) for mask, z in zip(masks, highest, strict=True))
        trial = arms(evidence, recentred(evidence, masks, evidence.rng(7), silent=True))
        numbers |= {
            "certified": certified,
            "largest_gradient": max(
                float(np.abs(g[mask]).max(initial=0.0))
                for g, mask in zip(evidence.architecture.layers(_loss_gradient(evidence)), masks, strict=True)
            ),
            "error": trial.error,
            "error_of_the_rest": trial.control,
            "error_revived": trial.treated,
            "iterations": trial.iterations,
            "dead_at_first": None if evidence.first is None else [int(mask.sum()) for mask in dead(evidence.first)],
        }
        compared = (
            f"{trial.iterations} iterations of {trial.optimizer} bring the units that are left from "
            f"{trial.error:.4g} to {trial.control:.4g}, and to {trial.treated:.4g} with the dead ones drawn anew"
        )
        won = (trial.control - trial.treated) / min(trial.error, evidence.constant_error)
        if not (trial.helps(GAIN, RATIO) or (won >= WON and trial.treated < HALF * trial.control)):
            return self.clear(
                f"Dead on every row: {words}; but that does not hold the error up: {compared}.", **numbers
            )
        total = sum(counts)
        return self.fires(
            f"Dead on every row: {words}. Their gradient is exactly 0, so no step moves them; {certified} of the "
            f"{total} {'is' if certified == 1 else 'are'} 0 for every input within the ranges of the training rows. "
            f"This holds the error up: {compared}.",
            confidence=min(0.99, 0.85 + 0.15 * trial.gain),
            share=min(1.0, max(trial.gain, won)),
            **numbers,
        )

    def example(self) -> Subject:
        rng = np.random.default_rng(0)
        X = rng.uniform(-1.0, 1.0, (60, 2))
        network = Network([2, 6, 1], ["relu", "identity"], loss="mean_squared_error", seed=1)
        network.architecture.layers(network.parameters)[0][:5, -1] = -6.0
        return descended(
            network, X, np.abs(X[:, :1]) - X[:, 1:] ** 2, GradientDescent(0.1), limits=Limits(iterations=1500)
        )


def dead(measured: Measurements) -> list[Mask]:
    """Return which relu units of each layer are 0 on every row, (units,) each."""
    masks: list[Mask] = []
    for name, passed in zip(measured.architecture.activations, measured.trace, strict=True):
        masks.append(np.all(passed.z <= 0.0, axis=0) & (name == "relu"))
    return masks


def _loss_gradient(evidence: Evidence) -> Array:
    """Return the gradient without the penalty, (parameters,)."""
    penalty = evidence.subject.l2 * evidence.architecture.is_weight * evidence.parameters
    return np.asarray(evidence.gradient - penalty)


def _words(masks: list[Mask]) -> str:
    layers = len(masks)
    return ", ".join(
        f"{int(mask.sum())} of {len(mask)} unit{'s' * (len(mask) > 1)} of layer {i} (of {layers})"
        for i, mask in enumerate(masks, start=1)
        if mask.any()
    )
