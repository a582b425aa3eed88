"""Targets out of range: the output activation cannot give them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fallline.diagnosis.budget.group_answers import best_answers_in_range
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.materiality import material
from fallline.diagnosis.rule import Kind, Rule
from fallline.diagnosis.subject import Subject, descended
from fallline.engine import ACTIVATIONS, Array
from fallline.network import Network
from fallline.optimizers import LBFGS


class TargetsOutOfRange(Rule):
    """Targets outside the range of the output activation."""

    code = "targets_out_of_range"
    title = "Targets outside the output's range"
    kind = Kind.DATA
    explanation = (
        "The output activation can give numbers of its range only: a sigmoid between 0 and 1, tanh between −1 and 1, "
        "relu and softplus nothing below 0, softmax shares that sum to 1. A target outside is missed by its distance "
        "to the range at least, whatever the weights are; the units that try are driven to their ends, where their "
        "gradient vanishes. That part of the error is exact: the loss of the targets' best answers after they are "
        "clipped to the range. It is told from units that are saturated by bad luck by looking at the targets alone. "
        "Targets on the edge of the range, such as 0 and 1 for a sigmoid, are approached as the weights grow without "
        "end, and cost nothing."
    )
    remedy = (
        "Scale the targets into the range, or give the output layer an activation that reaches them: identity for "
        "numbers of any size, softplus for numbers above 0."
    )
    remedies = ("scale_targets", "other_activation")
    explains = (
        "saturated_units",
        "vanishing_gradient",
        "flat_region",
        "constant_output",
        "dead_units",
        "no_descent_direction",
        "float32_resolution",
    )

    def examine(self, evidence: Evidence) -> Finding:
        """Hold the least loss within the range against the error at the stop."""
        architecture, y, error = evidence.architecture, evidence.y, evidence.error
        name, outside = architecture.activations[-1], _outside(evidence)
        numbers: dict[str, Any] = {
            "activation": name,
            "rows": len(y),
            "rows_outside": int(outside.sum()),
            "lowest_target": float(y.min()),
            "highest_target": float(y.max()),
            "error": error,
        }
        reach = _range_in_words(name)
        if architecture.loss_function.from_logits_of is not None:
            if y.min() < 0.0 or y.max() > 1.0:
                sentence = f"The targets go from {y.min():.4g} to {y.max():.4g}, and a cross-entropy asks for "
                sentence += (
                    "probabilities from 0 to 1: with others it has no lowest value, and the weights grow for ever."
                )
                return self.fires(
                    sentence, confidence=1.0, share=1.0, remedies=("scale_targets", "other_loss"), **numbers
                )
            return self.clear("All targets are probabilities, as the cross-entropy asks.", **numbers)
        cost = evidence.budget.range
        share = cost / error if error > 0.0 else 0.0
        numbers |= {"range": cost}
        if not outside.any():
            return self.clear(_inside(evidence, reach), **numbers)
        count = f"{outside.sum():,} of {len(y):,} rows have targets that {reach} cannot give"
        if not material(evidence, cost):
            words = f"{count}, which costs {cost:.2g}, {share:.1%} of the error: too little to hold it up."
            return self.clear(words, **numbers)
        sentence = f"{count}: the targets go from {y.min():.4g} to {y.max():.4g}. The nearest outputs within the range "
        sentence += (
            f"leave an error of {cost:.4g}, {share:.1%} of the {error:.4g} at the stop, whatever the weights are."
        )
        return self.fires(sentence, confidence=1.0, share=share, **numbers)

    def example(self) -> Subject:
        """A line from −1 to 3, asked of a sigmoid."""
        X = np.linspace(-1.0, 1.0, 21)[:, None]
        return descended(Network([1, 3, 1], "sigmoid", loss="mean_squared_error", seed=0), X, 1.0 + 2.0 * X, LBFGS())


def _outside(evidence: Evidence) -> Array:
    """Whether each row's target is beyond the closed range by more than rounding, (n,)."""
    y = evidence.y
    if evidence.architecture.loss_function.from_logits_of == "softmax":
        return np.asarray((y < 0.0).any(axis=1))
    single = np.arange(len(y))
    reached = best_answers_in_range(evidence.architecture, y, single).answers
    return np.asarray((np.abs(y - reached) > 1e-6 * (1.0 + np.abs(y))).any(axis=1))


def _inside(evidence: Evidence, reach: str) -> str:
    """Return in words that nothing is outside, or that the edge is only approached."""
    name, y = evidence.architecture.activations[-1], evidence.y
    low, high = (0.0, 1.0) if name == "softmax" else ACTIVATIONS[name].range
    if name in ("sigmoid", "tanh", "softmax") and (np.isin(y, (low, high))).any():
        return f"Targets lie on the edge of what {reach} can give: approached as the weights grow, never quite reached."
    return f"All targets lie within what {reach} can give."


def _range_in_words(name: str) -> str:
    low, high = (0.0, 1.0) if name == "softmax" else ACTIVATIONS[name].range
    if math.isinf(low) and math.isinf(high):
        return f"{name} output"
    if math.isinf(high):
        return f"{name} output (from {low:.3g} up)"
    return f"{name} output (from {low:.3g} to {high:.3g})" + (", which sums to 1," if name == "softmax" else "")
