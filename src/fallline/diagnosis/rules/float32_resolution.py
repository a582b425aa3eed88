"""A descent in float32 that ended where its numbers are no finer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.judgement import Judgement
from fallline.diagnosis.rule import Kind, Rule
from fallline.diagnosis.rules.premature_stop import untiring
from fallline.diagnosis.subject import Subject, descended
from fallline.network import Network
from fallline.optimizers import LBFGS
from fallline.training.stopping import Limits

LEAST_GAIN = 0.2  # of what is left, that float64 has to remove beyond what float32 does
EPSILON = float(np.finfo(np.float32).eps)
NEAR = 1e4  # roundings of the outputs, within which an error is near the resolution


class Float32Resolution(Rule):
    """Fires where the same descent from the same weights goes on in float64 and not in float32."""

    code = "float32_resolution"
    title = "Resolution of float32 reached"
    kind = Kind.DESCENT
    explanation = (
        "A float32 number has 24 binary digits: two errors, weights or outputs that differ by less than about one part "
        "in ten million are the same. Where steps would change the outputs by less, the descent sees no difference any "
        "more and stands still, however steep the exact surface is. That happens early where targets or outputs are "
        "large and what is to be learned about them is small. The proof: the same descent from the same weights goes "
        "on in float64, and in float32 it does not."
    )
    remedy = "Train in float64, or subtract the mean of the targets and scale them before training."
    remedies = ("higher_precision", "scale_targets")
    explains = (
        "premature_stop",
        "saddle_point",
        "flat_region",
        "vanishing_gradient",
        "local_minimum",
        "learning_rate_too_small",
    )
    sources = ("N. J. Higham: Accuracy and Stability of Numerical Algorithms, 2nd edition. SIAM 2002, chapter 2.",)

    @property
    def judgement(self) -> Judgement:
        """It does not go on in this arithmetic."""
        return Judgement.STUCK

    def examine(self, evidence: Evidence) -> Finding:
        subject, descents = evidence.subject, evidence.continuations
        if subject.network.parameters.dtype != np.float32:
            return self.clear("The descent was made in float64.")
        if not evidence.stakes.matters:
            return self.clear(f"float32 is fine enough: {evidence.stakes.sentence}.")
        rounding = resolution(evidence)
        if evidence.error > NEAR * rounding:
            return self.clear(
                f"The error is far above what rounding to float32 makes ({rounding:.2g}).", rounding=rounding
            )
        if not descents.possible or descents.optimizer is None:
            return self.not_enough_data("The optimizer is not known, or there was no time to go on in float64.")
        optimizer = untiring(descents.optimizer)
        coarse, fine = descents.run(optimizer), descents.run(optimizer, dtype="float64")
        if coarse is None or fine is None:
            return self.not_enough_data("There was no time to go on in float64.")
        left, reached = evidence.stakes.left, min(evidence.error, coarse.level)
        numbers: dict[str, Any] = {
            "rounding": rounding,
            "iterations": fine.iterations,
            "error_in_float32": coarse.level if coarse.finite else None,
            "error_in_float64": fine.level if fine.finite else None,
        }
        gain = reached - fine.level if fine.finite else -math.inf
        if gain < LEAST_GAIN * left:
            return self.clear(
                f"From the same weights, float64 comes to {fine.level:.4g} and float32 to {coarse.level:.4g}: the "
                "arithmetic is not what holds it up.",
                **numbers,
            )
        return self.fires(
            f"Rounding to float32 alone makes errors of about {rounding:.2g}, and the descent ended at "
            f"{evidence.error:.4g}. From the same weights, the same descent comes to {fine.level:.4g} in float64 and "
            f"to {coarse.level:.4g} in float32.",
            confidence=0.97,
            share=min(1.0, max(gain / evidence.error, 0.0)),
            **numbers,
        )

    def example(self) -> Subject:
        X = np.linspace(-1.0, 1.0, 40)[:, None]
        network = Network([1, 6, 1], ["tanh", "identity"], loss="mean_squared_error", seed=7, dtype="float32")
        network.layers[-1][0, -1] = 20_000.0
        y = 20_000.0 + 0.01 * np.sin(3.0 * X)
        limits = Limits(iterations=300)
        return descended(network, X, y, LBFGS(), limits=limits, compiled=False, seed=7)


def resolution(evidence: Evidence) -> float:
    """Return the loss that outputs rounded to float32, and weights rounded likewise, are likely to make."""
    layer = evidence.trace[-1]
    weights = np.abs(evidence.architecture.layers(evidence.parameters)[-1])
    reach = np.abs(layer.input) @ weights[:, :-1].T + weights[:, -1]
    change = EPSILON * np.maximum(reach, np.abs(layer.a))
    loss = evidence.architecture.loss_function
    scale = loss.scale(*evidence.y.shape)
    if loss.from_logits_of is not None:
        return EPSILON * scale * float(np.abs(loss.elements(layer.z, evidence.y)).sum())
    return loss.total(evidence.y + change, evidence.y) * scale
