"""First weights that make units equal, so that every step leaves them equal."""

from __future__ import annotations

import numpy as np

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.rule import Kind, Rule
from fallline.diagnosis.subject import Subject, descended
from fallline.diagnosis.twins import EQUAL, descend_tied, find_twins, gradient_difference
from fallline.network import Network
from fallline.optimizers import GradientDescent
from fallline.training.stopping import Limits

MOST_DIFFERENT = 0.5  # of a layer's units, so that the first weights as a whole count as symmetric
LEAST_GAIN = 0.3  # of what the descent left, that a descent with the units kept equal cannot reach


class SymmetricInitialisation(Rule):
    """The first weights were all zero, or equal for many units."""

    code = "symmetric_initialisation"
    title = "Symmetric first weights"
    kind = Kind.LANDSCAPE
    explanation = (
        "Hidden units that begin with equal weights, incoming and outgoing, compute the same and so get the same "
        "gradient: every step moves them alike, and they stay equal for ever. A layer of such units is worth one "
        "unit, however many it has. Where all weights are zero, a layer passes nothing on, and most of the "
        "gradient is exactly zero as well. The proof lies in the first weights, in the gradients of the equal units, "
        "and in the weights at the stop, where they are equal still; a descent that keeps them equal shows what it "
        "costs. Weights are drawn at random for no other reason than to break this symmetry."
    )
    remedy = "Draw the first weights at random (any initialiser does), a different number for each; biases may be 0."
    remedies = ("other_initialisation", "restart", "negative_curvature")
    explains = (
        "duplicate_units",
        "saddle_point",
        "local_minimum",
        "flat_region",
        "constant_output",
        "vanishing_gradient",
        "dead_units",
        "too_few_iterations",
        "premature_stop",
        "learning_rate_too_small",
    )
    sources = (
        "Rumelhart, D. E., Hinton, G. E. & Williams, R. J. (1986). Learning representations by back-propagating "
        "errors. Nature 323, 533-536 (symmetry breaking by random first weights).",
        "Fukumizu, K. & Amari, S. (2000). Local minima and plateaus in hierarchical structures of multilayer "
        "perceptrons. Neural Networks 13, 317-327.",
    )

    def examine(self, evidence: Evidence) -> Finding:
        """Return whether equal first weights hold the error up."""
        first, architecture = evidence.first, evidence.architecture
        if first is None:
            return self.not_enough_data("The first weights are not known.")
        tolerance = EQUAL[evidence.subject.network.parameters.dtype.name]
        groups = [
            group
            for group in find_twins(architecture, first.parameters, tolerance)
            if len(group.units) - 1 >= MOST_DIFFERENT * architecture.shape[group.layer + 1]
        ]
        if not groups:
            return self.clear("The first weights differ from unit to unit.")
        equal = {
            (group.layer, unit)
            for group in find_twins(architecture, evidence.parameters, tolerance)
            for unit in group.units
        }
        still = [group for group in groups if all((group.layer, unit) in equal for unit in group.units)]
        if not still:
            return self.clear(f"{_begin(str(groups[0]))} began with equal weights, but the descent has parted them.")
        if not evidence.stakes.matters:
            return self.clear(
                f"{_begin(str(still[0]))} began equal and are equal still, but {evidence.stakes.sentence}."
            )
        difference = gradient_difference(architecture, first.gradient, still)
        tied, floor = descend_tied(evidence, still, nudges=0), evidence.budget.floor
        gain = min(tied.error - floor.error, evidence.stakes.left)
        if gain < LEAST_GAIN * evidence.stakes.left:
            return self.clear(
                f"{_begin(str(still[0]))} began equal and are equal still, but a descent that keeps them equal goes on "
                f"to {tied.error:.4g}."
            )
        zero = not np.any(first.parameters)
        units = sum(architecture.shape[group.layer + 1] for group in still)
        how = "All first weights were zero" if zero else f"{_begin(str(still[0]))} began with the same weights"
        return self.fires(
            f"{how}, so the equal units got the same gradient (difference {difference:.1g} of its size) and are equal "
            f"still: the network is worth a {list(tied.shape)} one. A second-order descent that keeps them equal ends "
            f"at {tied.error:.4g}; other weights of this shape come to {floor.error:.4g}.",
            confidence=1.0,
            share=gain / evidence.error,
            groups=[{"layer": group.layer + 1, "units": [unit + 1 for unit in group.units]} for group in still],
            units=units,
            all_zero=zero,
            gradient_difference=difference,
            effective_shape=list(tied.shape),
            error_kept_equal=tied.error,
            floor=floor.error,
        )

    def example(self) -> Subject:
        """XOR, with all first weights 0.5."""
        X, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0.0, 1.0, 1.0, 0.0])
        network = Network([2, 3, 1], "sigmoid", seed=0)
        network.parameters[:] = 0.5
        return descended(network, X, y, GradientDescent(0.5), limits=Limits(iterations=2_000))


def _begin(words: str) -> str:
    return words[0].upper() + words[1:]
