"""A region where the error hardly depends on the weights, far above the floor."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.flatness import Flatness, flatness
from fallline.diagnosis.rule import Kind, Rule
from fallline.diagnosis.subject import Subject, descended
from fallline.diagnosis.walks import along, value
from fallline.network import Network
from fallline.optimizers import GradientDescent
from fallline.training.stopping import Limits

UNIT_STEP = 0.05  # of what the descent left: the most that steps of one natural unit may change the error
DIRECTIONS = 8
LEAVES = 0.05  # of what the descent left, by which a step out of the region lowers the error
FARTHEST = 1e3  # natural units


class FlatRegion(Rule):
    """Slope and curvature are both next to nothing."""

    code = "flat_region"
    title = "Flat region"
    kind = Kind.LANDSCAPE
    explanation = (
        "In a flat region the error hardly changes with the hidden layers' weights: neither slope nor "
        "curvature shows a way, although a far lower error exists. This happens where activations are saturated, so "
        "that their slopes vanish, or where the weights of several layers are so small that nothing passes through "
        "them. A gradient step is as small as the slope, so the descent stands still; it has not found a minimum, "
        "which would have ground that rises around it. The rule measures slope and curvature in steps that change a "
        "unit's input by 1, against what a lower error would gain, tries such steps, and looks how far away the error "
        "begins to fall."
    )
    remedy = (
        "Start from other first weights, of a size that keeps the units' inputs near 1; scale the inputs; or choose "
        "an activation that does not saturate."
    )
    remedies = ("other_initialisation", "restart", "scale_inputs", "other_activation", "other_loss", "higher_rate")
    explains = ("too_few_iterations", "premature_stop", "learning_rate_too_small", "no_descent_direction")
    sources = (
        "Fukumizu, K. & Amari, S. (2000). Local minima and plateaus in hierarchical structures of multilayer "
        "perceptrons. Neural Networks 13, 317-327.",
        "Glorot, X. & Bengio, Y. (2010). Understanding the difficulty of training deep feedforward neural networks. "
        "AISTATS, PMLR 9, 249-256.",
    )

    def examine(self, evidence: Evidence) -> Finding:
        """Return whether a flat region holds the error up."""
        if not evidence.stakes.matters:
            return self.clear(f"Nothing to look for: {evidence.stakes.sentence}.")
        left = evidence.stakes.left
        measured = flatness(evidence, left)
        numbers: dict[str, Any] = {
            "slope": measured.slope,
            "curvature": None if math.isnan(measured.curvature) else measured.curvature,
        }
        if not measured.flat:
            what = "slope" if math.isnan(measured.curvature) else "curvature"
            return self.clear(f"The error has {what} at the stop.", **numbers)
        changes, distance = self._steps(evidence, measured, left)
        if changes > UNIT_STEP:
            return self.clear(
                f"Steps that change a unit's input by 1 change the error by {changes:.1%} of the rest.", **numbers
            )
        return self.fires(
            f"The error hardly depends on the hidden layers' weights here: a step that changes a unit's input by 1 "
            f"changes the error by at most {changes:.2g} of the {left:.4g} that a lower error would gain (slope "
            f"{measured.slope:.1g}, curvature {measured.curvature:.1g} of it); it falls no nearer than {distance:.2g} "
            f"such steps away, as far as was tried. Other weights of this shape come to "
            f"{evidence.budget.floor.error:.4g}.",
            confidence=0.9,
            share=left / evidence.error,
            change_by_unit_steps=changes,
            distance_to_leave=distance,
            floor=evidence.budget.floor.error,
            **numbers,
        )

    def _steps(self, evidence: Evidence, measured: Flatness, left: float) -> tuple[float, float]:
        """Return the largest change of the error by steps of one unit, and the distance at which it falls."""
        architecture, unit, rng = evidence.architecture, measured.unit, evidence.rng(21)
        hidden = np.ones_like(unit)
        if len(architecture.shape) > 2:
            hidden[architecture.offsets[-2] :] = 0.0
        downhill = -hidden * unit * evidence.gradient
        outside = evidence.budget.floor.parameters - evidence.parameters
        random = [hidden * rng.standard_normal(len(unit)) for _ in range(DIRECTIONS)]
        directions = [downhill, -hidden * evidence.parameters / unit, *random, outside / unit]
        here, lengths = value(evidence.objective, evidence.parameters), np.geomspace(1.0, FARTHEST, 25)
        largest, nearest = 0.0, math.inf
        for k, direction in enumerate(directions):
            size = float(np.linalg.norm(direction))
            if size == 0.0:
                continue
            falls = here - along(evidence.objective, evidence.parameters, unit * direction / size, lengths)
            if k < len(directions) - 1:  # the way to better weights also moves the output layer
                largest = max(largest, abs(float(falls[0])) / left)
            found = np.flatnonzero(falls >= LEAVES * left)
            nearest = min(nearest, float(lengths[found[0]]) if len(found) else math.inf)
        distance = float(np.linalg.norm(outside / unit))  # there it has fallen, whatever the way
        return largest, min(nearest, distance)

    def example(self) -> Subject:
        """A [2, 4, 4, 1] network whose first weights are a thousandth of what they should be."""
        X = np.random.default_rng(0).uniform(-1.0, 1.0, (60, 2))
        network = Network([2, 4, 4, 1], ["tanh", "tanh", "identity"], loss="mean_squared_error", seed=0)
        network.parameters *= 1e-3
        return descended(network, X, X[:, :1] * X[:, 1:], GradientDescent(0.1), limits=Limits(iterations=300))
