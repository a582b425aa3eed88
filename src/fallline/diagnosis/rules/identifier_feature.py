"""Identifier feature: a row number or key that the network learns by heart, or an input that gives the target away."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.held_out import row_share, standard_errors
from fallline.diagnosis.rule import Kind, Rule
from fallline.diagnosis.subject import Subject, descended
from fallline.engine import Array, Rows, reference
from fallline.network import Network
from fallline.optimizers import LBFGS
from fallline.training.descent import descend
from fallline.training.stopping import Limits

LEAST_ROWS = 40  # fewer unique whole numbers are no sign of anything
LEAST_HELD_OUT = 8
UNIQUE = 0.98  # share of the rows with a value of their own
ROUNDING = {"float64": 1e-8, "float32": 1e-6}  # of scaled whole numbers, relative to their range
WIDE = 100.0  # times the rounding: smaller steps between whole numbers cannot be told from fractions
PERMUTATIONS = 8
RELIED_ON = 0.1  # share of a constant answer's error by which the training error rises without the column
SAVED = 0.25  # share of the validation error that a network without the column must save
CERTAIN = 2.5  # standard errors of the saving, row by row
MEANINGFUL = 4.0  # standard errors by which validation rows are answered worse with the column permuted
STARTS = 3
ITERATIONS = 200
GIVEN_AWAY = 0.9999  # squared correlation of an input with the target, from which on it is as good as the target


class IdentifierFeature(Rule):
    """A row number, key or other unique whole number that is learnt by heart."""

    code = "identifier_feature"
    title = "An identifier among the features"
    kind = Kind.DATA
    explanation = (
        "A feature is a row number or a key: a whole number that is different in every row. It tells rows apart, so "
        "the network can learn the targets of the training rows by heart with it; in rows that it has not seen, the "
        "number means nothing or misleads. The training error is low and the validation error high. It is told from a "
        "useful number (a time, a place on a grid) by the validation rows: with the column's values drawn at random "
        "they are answered no worse, and a network trained in the same way without the column answers them better."
    )
    remedy = "Leave the feature out (`--drop`), and any other that would not be known, or mean nothing, for a new row."
    explains = ("over_fitting", "validation_shift", "worse_than_linear", "ill_conditioned_inputs", "unrelated_labels")
    sources = (
        "Kaufman, S., Rosset, S., Perlich, C. & Stitelman, O. (2012). Leakage in data mining: formulation, detection, "
        "and avoidance. ACM Transactions on Knowledge Discovery from Data 6(4), 15.",
        "Breiman, L. (2001). Random forests. Machine Learning 45, 5–32, section 10: permuting a feature.",
    )

    def examine(self, evidence: Evidence) -> Finding:
        """Find unique whole numbers, see who relies on them, and train without the most relied on."""
        X, subject = evidence.X, evidence.subject
        if len(X) < LEAST_ROWS:
            return self.not_enough_data(f"With {len(X)} rows any number tells them apart; it takes {LEAST_ROWS}.")
        rounding = ROUNDING[subject.training.X.dtype.name]
        candidates = [j for j in range(X.shape[1]) if is_identifier(X[:, j], rounding)]
        numbers: dict[str, Any] = {"candidates": candidates}
        if not candidates:
            return self.clear(
                "No input is a whole number of its own in each row." + self._given_away(evidence), **numbers
            )
        names = " and ".join(subject.feature(j) for j in candidates)
        if X.shape[1] == len(candidates):
            return self.clear(f"{names}: evenly stepped, and all that is known of a row; no identifier.", **numbers)
        rises = [self._rise(evidence, evidence.rows, j)[0] for j in candidates]
        j, rise = max(zip(candidates, rises, strict=True), key=lambda pair: pair[1])
        words = f"{subject.feature(j)} is a whole number of its own in each of the {len(X):,} rows"
        numbers |= {"feature": j, "training_error": evidence.error, "training_error_permuted": evidence.error + rise}
        if rise < RELIED_ON * min(evidence.constant_error, evidence.error + rise) or rise <= 0.0:
            return self.clear(f"{words}, but the network hardly uses it.", **numbers)
        held_out = evidence.validation
        if held_out is None or len(held_out) < LEAST_HELD_OUT:
            need = (
                f"{words}, and the network relies on it. Whether it means anything for new rows takes validation rows."
            )
            return self.not_enough_data(need, **numbers)
        worse, sure = self._rise(evidence, held_out, j)
        permuted = evidence.validation_error + worse
        numbers |= {"validation_error": evidence.validation_error, "validation_error_permuted": permuted}
        if worse > 0.1 * evidence.validation_error and sure > MEANINGFUL:
            sentence = f"{words}, but validation rows are answered worse with it permuted: it means something."
            return self.clear(sentence, **numbers)
        with_it, without_it, errors = self._race(evidence, j)
        saved = 1.0 - without_it / evidence.validation_error
        numbers |= {
            "validation_error_without": without_it,
            "validation_error_again": with_it,
            "standard_errors": errors,
        }
        if not (saved >= SAVED and without_it < with_it and errors >= CERTAIN):
            return self.clear(f"{words}, but a network without it does no better on the validation rows.", **numbers)
        sentence = (
            f"{words}, and the network learnt them by heart with it: the training error is {evidence.error:.4g}, and "
        )
        sentence += (
            f"{evidence.error + rise:.4g} with the column permuted. In the {len(held_out):,} validation rows it means "
        )
        sentence += f"nothing: their error is {evidence.validation_error:.4g}, {permuted:.4g} with it permuted, and "
        sentence += f"{without_it:.4g} for networks trained without it (median of {STARTS} starts; {errors:.1f} "
        sentence += "standard errors)."
        return self.fires(sentence, confidence=0.97, share=min(1.0, saved), **numbers)

    def _rise(self, evidence: Evidence, rows: Rows, j: int) -> tuple[float, float]:
        """Let column j of the rows have values drawn from the training rows.

        Returns by how much their loss rises in the mean, and how many standard errors (over the rows) that is above 0.
        """
        rng, architecture, parameters = evidence.rng(31, j), evidence.architecture, evidence.parameters
        rise = -reference.loss_by_row(architecture, parameters, rows.X, rows.y)
        for _ in range(PERMUTATIONS):
            X = rows.X.copy()
            X[:, j] = rng.choice(evidence.X[:, j], len(X))
            rise += reference.loss_by_row(architecture, parameters, X, rows.y) / PERMUTATIONS
        return float(rise.sum()) * row_share(evidence, rows), standard_errors(rise)

    def _race(self, evidence: Evidence, j: int) -> tuple[float, float, float]:
        """Train with and without column j from the same first weights, in the same way.

        Returns the median validation errors over the starts, and how many standard errors (over the rows) the error of
        the network at the stop lies above that without.
        """
        held_out = evidence.validation
        assert held_out is not None
        clock = evidence.clock.part(0.3, 1.5)
        optimizer, descent = evidence.subject.optimizer or LBFGS(), evidence.subject.descent
        iterations = ITERATIONS if descent is None else max(1, descent.kept_iteration)
        errors, losses = [], []
        firsts = [evidence.subject.drawn(evidence.subject.seed + 11 + k) for k in range(STARTS)]
        for first in firsts:
            pair = []
            for without in (False, True):
                X, seen = evidence.X.copy(), held_out.X.copy()
                if without:
                    X[:, j] = seen[:, j] = evidence.X[:, j].mean()
                network = Network.from_parameters(evidence.architecture, first.parameters.astype(np.float64))
                limits = Limits(iterations=iterations, seconds=max(0.05, clock.left / (2 * STARTS)))
                descend(network, Rows(X, evidence.y), optimizer, l2=evidence.subject.l2, limits=limits, compiled=False)
                pair.append(reference.loss_by_row(evidence.architecture, network.parameters, seen, held_out.y))
            losses.append(pair)
            errors.append([float(each.sum()) * row_share(evidence, held_out) for each in pair])
        own = reference.loss_by_row(evidence.architecture, evidence.parameters, held_out.X, held_out.y)
        fall = own - np.median([without_it for _, without_it in losses], axis=0)
        with_it, without_it = np.median(errors, axis=0)
        return float(with_it), float(without_it), standard_errors(fall)

    @staticmethod
    def _given_away(evidence: Evidence) -> str:
        """Return a warning where one input is as good as the target: it holds nothing up, but may be a leak."""
        X, y = evidence.X, evidence.y
        if X.shape[1] < 2 or X.std(axis=0).min() == 0.0 or y.std(axis=0).min() == 0.0:
            return ""
        Z, t = ((each - each.mean(axis=0)) / each.std(axis=0) for each in (X, y))
        squared = np.square(Z.T @ t / len(X)).min(axis=1)
        j = int(np.argmax(squared))
        if squared[j] < GIVEN_AWAY:
            return ""
        return (
            f" But {evidence.subject.feature(j)} alone gives the target away (squared correlation {squared[j]:.6g}): "
            "is it known when a prediction is wanted?"
        )

    def example(self) -> Subject:
        """Sixty noisy measurements of three grades with their row number; the next sixty rows are held out."""
        rng = np.random.default_rng(0)
        grade = rng.integers(0, 3, 120) - 1.0
        X = np.column_stack([grade, np.arange(-59.5, 60.0) / 20.0])
        y = grade + rng.normal(scale=0.7, size=120)
        network = Network([2, 12, 1], ["tanh", "identity"], loss="mean_squared_error", seed=0)
        limits = Limits(iterations=200)
        subject = descended(network, X[:60], y[:60], LBFGS(), limits=limits, validation=(X[60:], y[60:]))
        return replace(subject, features=("grade", "row"))


def is_identifier(x: Array, rounding: float = ROUNDING["float64"]) -> bool:
    """Whether the values (n,) are whole numbers, once moved and scaled, and nearly all different.

    Euclid's algorithm finds the step between whole numbers, up to that rounding of the values' range; what is left for
    numbers with fractions is a step as small as the rounding.
    """
    values = np.unique(x)
    if len(values) < max(LEAST_ROWS, UNIQUE * len(x)):
        return False
    places = (values - values[0]) / (values[-1] - values[0])
    step = 1.0
    for each in places:
        a, b = float(each), step
        while b > rounding:
            a, b = b, math.fmod(a, b)
            b = 0.0 if a - b < rounding else b
        if a < WIDE * rounding:
            return False
        step = 1.0 / round(1.0 / a)  # the range is a whole number of steps: no rounding adds up
    return True
