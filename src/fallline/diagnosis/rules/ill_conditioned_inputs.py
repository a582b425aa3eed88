"""Ill-conditioned inputs: features of very different size, far from 0, or nearly dependent, on which descent crawls."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.judgement import Judgement
from fallline.diagnosis.rule import Kind, Rule
from fallline.diagnosis.subject import Subject, descended
from fallline.diagnosis.twin_descents import Change, twin_descents
from fallline.engine import Array, reference
from fallline.network import Network
from fallline.optimizers import FirstOrder, GradientDescent
from fallline.training.stopping import Limits

WORSE = 100.0  # times the condition number of the changed inputs: below, steps cannot be held up much
LEAST_LEFT = 0.02  # of a constant answer's error, left by the descent: less is soon a matter of noise learnt by heart
NEARLY_SINGULAR = 1e-12  # eigenvalues below this share of the greatest are 0, and no direction of descent
MOST_ROWS = 200  # for the first layer's Gauss–Newton block
FLAT_PART = {"sigmoid": 6.0, "tanh": 3.0}  # |z| from which on a unit's derivative is a hundredth of its greatest


class IllConditionedInputs(Rule):
    """Inputs that are unscaled or nearly dependent, under a descent that minds."""

    code = "ill_conditioned_inputs"
    title = "Unscaled or ill-conditioned inputs"
    kind = Kind.DATA
    explanation = (
        "Features differ much in size, lie far from 0, or nearly depend on one another. The error is then a long "
        "narrow valley: steep along large features and nearly flat along small ones. The learning rate must suit the "
        "steepest direction, and along the flattest the descent needs iterations in proportion to the condition "
        "number of the inputs (with the bias column); large inputs also drive the first layer's units to their flat "
        "ends at once. It is told from a wrong learning rate and from bad luck by a trial: the same number of steps "
        "from the same first weights, the rate adapted for both, once with the inputs as they are and once scaled. "
        "Methods that use the curvature (Levenberg–Marquardt, BFGS) mind much less."
    )
    remedy = (
        "Scale each input to mean 0 and deviation 1 (Fallline does by default); where that is not enough because "
        "features nearly depend on one another, use a second-order optimizer or drop one of them."
    )
    remedies = ("scale_inputs", "second_order", "higher_rate", "longer_run")
    explains = (
        "duplicate_units",
        "saturated_units",
        "dead_units",
        "vanishing_gradient",
        "exploding_gradient",
        "flat_region",
        "constant_output",
        "learning_rate_too_small",
        "learning_rate_too_large",
        "gradient_noise",
        "too_few_iterations",
        "premature_stop",
        "no_descent_direction",
        "float32_resolution",
        "worse_than_linear",
        "saddle_point",
        "local_minimum",
    )
    sources = (
        "LeCun, Y., Bottou, L., Orr, G. B. & Müller, K.-R. (1998). Efficient BackProp. In Neural Networks: Tricks of "
        "the Trade, Springer, sections 4.3 and 5.3.",
        "Nesterov, Y. (2004). Introductory Lectures on Convex Optimization, Springer, theorem 2.1.15.",
    )

    @property
    def judgement(self) -> Judgement:
        """It goes down, along a narrow valley."""
        return Judgement.SLOW

    def examine(self, evidence: Evidence) -> Finding:
        """Compare the condition numbers; where they differ and something is at stake, let two descents race."""
        X, subject = evidence.X, evidence.subject
        if len(X) < 2:
            return self.not_enough_data("One row has no spread by which its inputs could be scaled.")
        deviations = X.std(axis=0)
        varying = deviations > 1e-12 * np.abs(X).max(axis=0)
        if not varying.any():
            return self.clear("All inputs are constant, which is another cause.")
        scaled = _scaling(X, varying)
        plain, after = condition_number(X), condition_number(scaled(X, evidence.parameters)[0])
        whitened = condition_number(_whitening(X, varying)(X, evidence.parameters)[0])
        numbers: dict[str, Any] = {"condition_number": plain, "condition_number_scaled": after}
        words = f"The inputs with the bias column have the condition number {plain:.2g}"
        scaling, change = plain >= WORSE * after, scaled
        if not scaling:
            change = _whitening(X, varying)
            if after < WORSE * whitened:
                return self.clear(f"{words} ({after:.2g} if they were scaled): well conditioned.", **numbers)
        if subject.optimizer is None:
            return self.not_enough_data(f"{words}; how the network was trained is not known.", **numbers)
        if not isinstance(subject.optimizer, FirstOrder):
            return self.clear(f"{words}, but {subject.optimizer.name} uses the curvature and minds little.", **numbers)
        if not evidence.stakes.matters:
            return self.clear(f"{words}, which does no harm here: {evidence.stakes.sentence}.", **numbers)
        if evidence.stakes.left < LEAST_LEFT * evidence.constant_error:
            return self.clear(f"{words}, which does next to no harm here.", **numbers)
        twins = twin_descents(evidence, change, key=21)
        if twins is None or twins.undecided:
            return self.not_enough_data(f"{words}; no time was left to try whether it matters.", **numbers)
        numbers |= {
            "first_layer_condition_number": _first_layer(evidence),
            "saturated_at_first": _saturated_at_first(evidence),
            "trial_steps": twins.steps,
            "trial_starts": twins.starts,
            "error_scaled" if scaling else "error_decorrelated": twins.changed,
            "error_unchanged": twins.unchanged,
        }
        done = "scaled" if scaling else "decorrelated"
        race = f"with {twins.steps:,} steps from the same first weights, at the best of five rates for each, inputs "
        race += f"{done} "
        race += f"came to {twins.changed:.4g} and inputs as they are to {twins.unchanged:.4g}"
        if not twins.helps:
            return self.clear(f"{words}, but that is not what holds the error up: {race}.", **numbers)
        small, large = (int(pick(np.where(varying, deviations, np.nan))) for pick in (np.nanargmin, np.nanargmax))
        sentence = f"{words}, where it would be {after if scaling else whitened:.2g} with inputs {done}"
        if scaling:
            sentence += (
                f" (deviations from {deviations[small]:.2g} of {subject.feature(small)} to {deviations[large]:.2g} "
            )
            sentence += f"of {subject.feature(large)}, means up to {np.abs(X.mean(axis=0)).max():.2g})"
        sentence += f"; the iterations that gradient descent needs grow in proportion. In a trial {race}; the run had "
        sentence += f"stopped at {evidence.error:.4g}."
        share = evidence.stakes.share * twins.share
        remedies = self.remedies if scaling else ("second_order", "longer_run")
        return self.fires(sentence, confidence=0.95, share=share, remedies=remedies, **numbers)

    def example(self) -> Subject:
        """A sine of the sum of two inputs, one of which is given in thousandths of the other's unit."""
        rng = np.random.default_rng(0)
        U = rng.uniform(-1.0, 1.0, (60, 2))
        X, y = U * [1.0, 1000.0], np.sin(2.0 * U.sum(axis=1))
        network = Network([2, 6, 1], ["tanh", "identity"], loss="mean_squared_error", seed=1)
        return descended(network, X, y, GradientDescent(0.05), limits=Limits(iterations=2000), seed=1)


def condition_number(X: Array) -> float:
    """Return λmax / λmin of the moments of X (n, inputs) with a column of 1, over the directions that are there."""
    bordered = np.column_stack([X, np.ones(len(X))])
    values = np.square(np.linalg.svd(bordered, compute_uv=False))
    return float(values[0] / values[values > NEARLY_SINGULAR * values[0]][-1])


def _scaling(X: Array, varying: Array) -> Change:
    """Scale each varying column to mean 0 and deviation 1; the first weights stay."""
    mean, deviation = np.where(varying, X.mean(axis=0), 0.0), np.where(varying, X.std(axis=0), 1.0)
    return lambda inputs, parameters: ((inputs - mean) / deviation, parameters)


def _whitening(X: Array, varying: Array) -> Change:
    """Make the varying columns uncorrelated with deviation 1, changing them as little as can be (ZCA); weights stay."""
    scale = _scaling(X, varying)
    values, vectors = np.linalg.eigh(np.cov(scale(X, X)[0].T, bias=True).reshape(X.shape[1], -1))
    there = values > NEARLY_SINGULAR * values[-1]
    matrix = (vectors[:, there] / np.sqrt(values[there])) @ vectors[:, there].T
    return lambda inputs, parameters: (np.ascontiguousarray(scale(inputs, parameters)[0] @ matrix), parameters)


def _first_layer(evidence: Evidence) -> float:
    """The median condition number of the first layer's Gauss–Newton blocks, one a unit, at the first weights."""
    at = evidence.first or evidence
    A = reference.gauss_newton_root(at.architecture, at.parameters, at.X[:MOST_ROWS], at.y[:MOST_ROWS])[2]
    inputs, units = at.architecture.shape[:2]
    values = []
    for block in np.split(A[:, : units * (inputs + 1)], units, axis=1):
        squares = np.square(np.linalg.svd(block, compute_uv=False))
        if squares[0] > 0.0:
            values.append(squares[0] / max(squares[-1], NEARLY_SINGULAR * squares[0]))
    return float(np.median(values)) if values else math.nan


def _saturated_at_first(evidence: Evidence) -> float:
    """The share of the first layer's activations that were on a flat end before the first step; nan if it has none."""
    name = evidence.architecture.activations[0]
    if evidence.first is None or name not in FLAT_PART:
        return math.nan
    return float((np.abs(evidence.first.trace[0].z) > FLAT_PART[name]).mean())
