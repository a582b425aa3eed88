"""Units that are equal and stay equal, so that they act as one."""

from __future__ import annotations

import numpy as np

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.rule import Kind, Rule
from fallline.diagnosis.subject import Subject, descended
from fallline.diagnosis.twins import EQUAL, Twins, descend_tied, find_twins, gradient_difference
from fallline.network import Network
from fallline.optimizers import Adam
from fallline.training.stopping import Limits

LEAST_GAIN = 0.3  # of what the descent left, that descents with the units kept equal cannot reach
NUDGES = 3


class DuplicateUnits(Rule):
    """Two or more units have the same weights, or mirrored ones, on both sides."""

    code = "duplicate_units"
    title = "Duplicate units"
    kind = Kind.LANDSCAPE
    explanation = (
        "Two hidden units with equal weights on both sides (or, with an odd activation such as tanh, with all signs "
        "flipped) compute the same, so their gradients are the same and no step tells them apart: they act as one "
        "unit, and the network is as good as a smaller one. Every minimum of the smaller network is such a point of "
        "the larger one, where its descent ends though a better one exists. The rule compares weights and gradients, "
        "lets the smaller network that they make descend, from here and from other weights: what it cannot reach, the "
        "twins cost. Twins that cost nothing, as in a network with units to spare, are not reported, nor are units "
        "that look alike but have different outgoing weights: a descent can part those, and the rule on saddle points "
        "says when it does not."
    )
    remedy = (
        "Move one of the twins to a random place (or add noise to both), then go on; a fresh start does it as well."
    )
    remedies = ("negative_curvature", "other_initialisation", "restart")
    explains = ("saddle_point", "local_minimum", "flat_region", "too_few_iterations", "premature_stop")
    sources = (
        "Fukumizu, K. & Amari, S. (2000). Local minima and plateaus in hierarchical structures of multilayer "
        "perceptrons. Neural Networks 13, 317-327.",
    )

    def examine(self, evidence: Evidence) -> Finding:
        """Return whether twins hold the error up."""
        architecture = evidence.architecture
        if len(architecture.shape) < 3:
            return self.clear("There are no hidden units.")
        tolerance = EQUAL[evidence.subject.network.parameters.dtype.name]
        groups = find_twins(architecture, evidence.parameters, tolerance)
        if not groups:
            return self.clear("No two hidden units have equal weights on both sides.")
        difference = gradient_difference(architecture, evidence.gradient, groups)
        named = _named(groups)
        if not evidence.stakes.matters:
            return self.clear(f"{named} are equal, but {evidence.stakes.sentence}.")
        tied, floor = descend_tied(evidence, groups, nudges=NUDGES), evidence.budget.floor
        gain = min(tied.error - floor.error, evidence.stakes.left)
        if gain < LEAST_GAIN * evidence.stakes.left:
            return self.clear(
                f"{named} are equal, but that costs little: the smaller network {list(tied.shape)} that they make "
                f"comes to an error of {tied.error:.4g}, and the whole one to {floor.error:.4g}."
            )
        spare = sum(len(group.units) - 1 for group in groups)
        return self.fires(
            f"{named} have the same weights on both sides and get the same gradient (difference {difference:.1g} of "
            f"its size), so they stay equal and act as one: the network is worth a {list(tied.shape)} one. "
            f"{1 + NUDGES} descents that keep them equal came to {tied.error:.4g} at best; other weights of this shape "
            f"come to {floor.error:.4g}.",
            confidence=0.98,
            share=gain / evidence.error,
            groups=[{"layer": group.layer + 1, "units": [unit + 1 for unit in group.units]} for group in groups],
            units_to_spare=spare,
            gradient_difference=difference,
            effective_shape=list(tied.shape),
            error_kept_equal=tied.error,
            floor=floor.error,
        )

    def example(self) -> Subject:
        """One period of a sine, learned from first weights in which a unit stands twice."""
        X = np.linspace(-1.0, 1.0, 40)[:, None]
        network = Network([1, 3, 1], ["tanh", "identity"], loss="mean_squared_error", seed=3)
        hidden, output = network.layers
        hidden[1], output[:, 1] = hidden[0], output[:, 0]
        return descended(network, X, np.sin(2.5 * np.pi * X), Adam(0.02), limits=Limits(iterations=2_000))


def _named(groups: list[Twins]) -> str:
    words = "; ".join(map(str, groups[:3])) + ("; and more" if len(groups) > 3 else "")
    return words[0].upper() + words[1:]
