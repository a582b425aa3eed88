"""Unrelated labels: the inputs say nothing about the targets."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.relation import relation
from fallline.diagnosis.rule import Kind, Rule
from fallline.diagnosis.subject import Subject, descended
from fallline.engine import Array, Rows, reference
from fallline.network import Network
from fallline.optimizers import LBFGS
from fallline.training.descent import descend
from fallline.training.stopping import Limits

LEAST_ROWS = 120
ROWS_AN_INPUT = 12
SAMPLES = (400, 1200)  # rows for the smoothers; more of them where fewer show nothing
CHANCE = 0.02  # p-value below which the inputs do say something
SURE = 4.5  # standard errors of a correlation, likewise at once
BEYOND_FREEDOM = 2.5  # times parameters / rows: what a network explains beyond that is not learnt by heart
ABOVE_CONSTANT = 1.1  # times a constant answer's error: a run above it is held up by something else
CERTAIN = 2.5  # standard errors of the correlation of a network's predictions with rows it has not seen
HINTS = (0.1, 1.5)  # p-value and standard errors that count together, though neither does alone
ITERATIONS = 100


class UnrelatedLabels(Rule):
    """Targets that cannot be told from shuffled ones."""

    code = "unrelated_labels"
    title = "Labels unrelated to the inputs"
    kind = Kind.DATA
    explanation = (
        "The inputs say nothing about the targets: perhaps the columns were joined in the wrong order, the labels "
        "shuffled, or the feature that matters is missing. The best answer is then the same for every row, and all of "
        "the error is noise; a large network can lower the training error only by learning the rows by heart, which "
        "is worth nothing. It is told by a permutation control: a linear model, nearest neighbours and smooth kernels "
        "predict each row from the others, and do it no better than after the targets were shuffled; and networks of "
        "this shape, trained on one half of the rows, answer the other half no better than chance. Few rows, or a "
        "function that is very rough, can look the same."
    )
    remedy = (
        "Check that inputs and targets belong to the same rows; look for features that do have to do with the target."
    )
    explains = (
        "conflicting_targets",
        "over_fitting",
        "worse_than_linear",
        "validation_shift",
        "constant_output",
        "flat_region",
        "gradient_noise",
        "too_few_iterations",
        "premature_stop",
        "learning_rate_too_small",
        "learning_rate_too_large",
        "saturated_units",
        "dead_units",
        "vanishing_gradient",
        "regularisation",
        "no_descent_direction",
    )
    sources = (
        "Ojala, M. & Garriga, G. C. (2010). Permutation tests for studying classifier performance. Journal of Machine "
        "Learning Research 11, 1833–1863.",
        "Craven, P. & Wahba, G. (1978). Smoothing noisy data with spline functions. Numerische Mathematik 31, 377–403.",
    )

    def examine(self, evidence: Evidence) -> Finding:
        """Look for any sign of a relation, the cheapest first; fires where there is none."""
        X = evidence.X[:, _varying(evidence.X)]
        y = evidence.y[:, _varying(evidence.y)]
        n, constant, error = len(X), evidence.constant_error, evidence.error
        if X.shape[1] == 0 or y.shape[1] == 0:
            return self.clear("Inputs or targets are constant, which is another cause.")
        needed = max(LEAST_ROWS, ROWS_AN_INPUT * X.shape[1])
        places = len(np.unique(X, axis=0)) if n >= needed else n
        if places < needed:
            which = "rows" if places == n else "different rows"
            words = f"{places} {which} are too few to tell chance from a relation; it takes {needed}."
            return self.not_enough_data(words)
        if error > ABOVE_CONSTANT * constant:
            return self.clear(
                f"The error {error:.4g} is above a constant answer's {constant:.4g}: that is not the data's."
            )
        freedom = BEYOND_FREEDOM * evidence.architecture.parameter_count / n
        if 1.0 - error / constant > freedom:
            words = f"The network explains {1.0 - error / constant:.1%} of what a constant answer leaves, more than "
            words += "it could"
            return self.clear(f"{words} learn by heart.")
        found_by_search = 1.0 - evidence.budget.floor.error / constant
        if found_by_search > freedom:
            words = f"A search found weights that explain {found_by_search:.1%} of what a constant answer leaves, more "
            return self.clear(f"{words}than could be learnt by heart.")
        t = (y - y.mean(axis=0)) / y.std(axis=0)
        Z = (X - X.mean(axis=0)) / X.std(axis=0)
        strongest = float(np.abs(Z.T @ t / n).max())
        if strongest * math.sqrt(n) > SURE:
            return self.clear(
                f"An input is correlated with a target, r = {strongest:.2g} in size.", correlation=strongest
            )
        numbers: dict[str, Any] = {"rows": n}
        for most in SAMPLES:
            chosen = slice(None) if n <= most else evidence.rng(41, most).choice(n, most, replace=False)
            few, their = X[chosen], y[chosen]
            if not (_varying(few).all() and _varying(their).all()):
                return self.not_enough_data("Some input or target varies in few rows only.")
            found = relation(few, their, evidence.rng(42))
            numbers |= {"p_value": found.p_value, "correlation": found.correlation, "rows_looked_at": found.rows}
            if found.p_value < CHANCE:
                words = f"{found.predictor.capitalize()} predicts rows from the others (p = {found.p_value:.2g})."
                return self.clear(words, **numbers)
            if n <= most:
                break
        held_out = evidence.validation
        if held_out is not None and self._answers(evidence, held_out) > CERTAIN:
            return self.clear(
                "What the network answers for the validation rows has to do with their targets.", **numbers
            )
        r, sure = self._halves(evidence)
        numbers |= {"network_correlation": r, "network_standard_errors": sure}
        if sure > CERTAIN or (found.p_value < HINTS[0] and sure > HINTS[1]):
            return self.clear(f"Networks trained on half of the rows predict the other half (r = {r:.2f}).", **numbers)
        sentence = f"The inputs say nothing about the targets, as far as {n:,} rows can tell: predictions of each row "
        sentence += "from the "
        sentence += "others (linear, nearest neighbours, smooth kernels) are no better than with shuffled targets (p = "
        sentence += (
            f"{found.p_value:.2f}), and networks of this shape trained on one half have a correlation of {r:.2f} with "
        )
        sentence += f"the other. A constant answer leaves {constant:.4g}; the run stopped at {error:.4g}"
        sentence += ", the difference learnt by heart." if error < 0.95 * constant else "."
        share = min(1.0, constant / error) if error > 0.0 else 1.0
        return self.fires(sentence, confidence=0.9, share=share, **numbers)

    def _answers(self, evidence: Evidence, rows: Rows) -> float:
        """Return the standard errors above 0 of the correlation between the network's outputs and targets of rows."""
        outputs = reference.run(evidence.architecture, evidence.parameters, rows.X)
        there = np.logical_and(_varying(outputs), _varying(rows.y))
        pairs = zip(outputs.T[there], rows.y.T[there], strict=True)
        return max((float(np.corrcoef(a, b)[0, 1]) * math.sqrt(len(rows)) for a, b in pairs), default=0.0)

    def _halves(self, evidence: Evidence) -> tuple[float, float]:
        """Return the correlation of networks trained on one half with the other, and its standard errors above 0."""
        n = len(evidence.rows)
        order = evidence.rng(43).permutation(n)[: SAMPLES[-1]]
        halves = order[: len(order) // 2], order[len(order) // 2 :]
        clock = evidence.clock.part(0.2, 1.0)
        mean, deviation = evidence.X.mean(axis=0), np.where(_varying(evidence.X), evidence.X.std(axis=0), 1.0)
        products = []
        for k, (train, test) in enumerate((halves, halves[::-1])):
            first = evidence.subject.drawn(evidence.subject.seed + 51 + k)
            network = Network.from_parameters(evidence.architecture, first.parameters.astype(np.float64))
            X, y = (evidence.X - mean) / deviation, evidence.y
            limits = Limits(iterations=ITERATIONS, seconds=max(0.05, clock.left / (2 - k)))
            descend(network, Rows(X[train], y[train]), LBFGS(), limits=limits, compiled=False)
            outputs = reference.run(evidence.architecture, network.parameters, X[test])
            there = np.logical_and(_varying(outputs), _varying(y[test]))
            for a, b in zip(outputs.T[there], y[test].T[there], strict=True):
                products.append((a - a.mean()) * (b - b.mean()) / (a.std() * b.std()))
        if not products:
            return 0.0, 0.0
        r = float(np.mean([each.mean() for each in products]))
        outputs_of_a_row = len(products) / 2.0  # which may say the same: not counted as more rows
        return r, r * math.sqrt(sum(len(each) for each in products) / outputs_of_a_row)

    def example(self) -> Subject:
        """A hundred and forty rows whose targets were shuffled."""
        rng = np.random.default_rng(2)
        X = rng.uniform(-1.0, 1.0, (140, 2))
        y = rng.permutation(np.sin(2.0 * X.sum(axis=1)))
        network = Network([2, 4, 1], ["tanh", "identity"], loss="mean_squared_error", seed=0)
        return descended(network, X, y, LBFGS(), limits=Limits(iterations=100))


def _varying(values: Array) -> Array:
    """Whether each column of values (n, ·) varies."""
    return np.asarray(values.std(axis=0) > 1e-9 * np.abs(values).max(axis=0))
