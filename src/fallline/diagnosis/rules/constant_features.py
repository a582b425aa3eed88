"""Constant features: inputs with the same value in every row."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from fallline.diagnosis.budget.group_answers import best_answers
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.held_out import held_out_change
from fallline.diagnosis.materiality import material
from fallline.diagnosis.rule import Kind, Rule
from fallline.diagnosis.subject import Subject, descended
from fallline.diagnosis.twin_descents import twin_descents
from fallline.engine import Array, Index
from fallline.network import Network
from fallline.optimizers import LBFGS, FirstOrder

LARGE = 3.0  # times the typical size of the other inputs, from which on a constant may slow the first layer


class ConstantFeatures(Rule):
    """Inputs that do not vary in the training rows."""

    code = "constant_features"
    title = "Constant features"
    kind = Kind.DATA
    explanation = (
        "A feature with the same value in every training row tells the network nothing: its weight acts as a second "
        "bias. By itself that is harmless. It does harm in three cases. Where all features are constant, the network "
        "can give one answer only, and the error is that of the best constant. Where the constant is large, the error "
        "is steep along its weights, the learning rate must suit them, and all other weights crawl; a trial without "
        "the feature shows it. And where the feature does vary in rows that the network has not seen, its weight "
        "there is whatever chance made it, and the error rises for no reason; putting the constant back shows it."
    )
    remedy = "Leave the feature out, or (where it ought to vary) find out why it does not in these rows."
    remedies = ("scale_inputs",)
    explains = (
        "conflicting_targets",
        "unrelated_labels",
        "ill_conditioned_inputs",
        "duplicate_features",
        "constant_output",
        "saturated_units",
        "dead_units",
        "duplicate_units",
        "vanishing_gradient",
        "flat_region",
        "saddle_point",
        "local_minimum",
        "learning_rate_too_small",
        "learning_rate_too_large",
        "too_few_iterations",
        "premature_stop",
        "over_fitting",
        "validation_shift",
        "worse_than_linear",
    )

    def examine(self, evidence: Evidence) -> Finding:
        """Find the constants, then look for each of the three harms."""
        X, error = evidence.X, evidence.error
        if len(X) < 2:
            return self.not_enough_data("With one row every input is constant.")
        constant = np.flatnonzero(np.ptp(X, axis=0) <= 1e-12 * np.abs(X).max(axis=0))
        numbers: dict[str, Any] = {"inputs": X.shape[1], "constant": constant.tolist()}
        if len(constant) == 0:
            return self.clear("Every input varies.", **numbers)
        if len(constant) == X.shape[1]:
            one = np.zeros(len(X), dtype=np.int64)
            noise = min(error, best_answers(evidence.architecture.loss, evidence.y, one).loss)
            if not material(evidence, noise):
                return self.clear("Every input is constant, and so are the targets as good as.", **numbers)
            sentence = (
                f"Every input has the same value in all {len(X):,} rows, so the network can give one answer only: "
            )
            sentence += (
                f"an error of {noise:.4g} remains for the best, {noise / error:.1%} of the {error:.4g} at the stop."
            )
            return self.fires(
                sentence, confidence=1.0, share=noise / error, remedies=(), best_constant=noise, **numbers
            )
        names = ", ".join(evidence.subject.feature(j) for j in constant[:4]) + (", …" if len(constant) > 4 else "")
        words = (
            f"{len(constant)} of {X.shape[1]} inputs ({names}) " + ("is" if len(constant) == 1 else "are") + " constant"
        )
        return (
            self._unseen(evidence, constant, words, numbers)
            or self._large(evidence, constant, words, numbers)
            or self.clear(f"{words} in the training rows: of no use, and no harm here.", **numbers)
        )

    def _unseen(self, evidence: Evidence, constant: Index, words: str, numbers: dict[str, Any]) -> Finding | None:
        """Whether they vary in the validation rows, and that raises the error there."""
        rows = evidence.validation
        if rows is None:
            return None
        X = rows.X.copy()
        X[:, constant] = evidence.X[0, constant]
        if np.array_equal(X, rows.X):
            return None
        change = held_out_change(evidence, X)
        if change is None or not change.lowers:
            return None
        sentence = f"{words} in the training rows, but not in the validation rows, where their weights are what chance "
        sentence += (
            f"left them at: the validation error is {change.before:.4g}, and {change.after:.4g} with the constant "
        )
        sentence += f"put in their place ({change.standard_errors:.1f} standard errors)."
        numbers = numbers | {"validation_error": change.before, "validation_error_with_constant": change.after}
        return self.fires(sentence, confidence=0.95, share=change.saved, remedies=(), **numbers)

    def _large(self, evidence: Evidence, constant: Index, words: str, numbers: dict[str, Any]) -> Finding | None:
        """Whether a descent without them comes further in the same number of steps."""
        X = evidence.X
        size = np.sqrt(np.square(X).mean(axis=0))
        others = np.delete(size, constant)
        largest = float(size[constant].max())
        if largest < LARGE * max(1.0, float(np.median(others))):
            return None
        if not isinstance(evidence.subject.optimizer, FirstOrder) or not evidence.stakes.matters:
            return None

        def without(inputs: Array, parameters: Array) -> tuple[Array, Array]:
            kept = inputs.copy()
            kept[:, constant] = 0.0
            return kept, parameters

        twins = twin_descents(evidence, without, key=22)
        if twins is None or not twins.helps:
            return None
        sentence = (
            f"{words}, with values up to {largest:.3g}: the error is steep along their weights, and the others crawl. "
        )
        sentence += (
            f"In a trial with {twins.steps:,} steps from the same first weights, at the best of five rates for each, "
        )
        sentence += (
            f"the descent came to {twins.changed:.4g} without them and to {twins.unchanged:.4g} with them; the run "
        )
        sentence += f"had stopped at {evidence.error:.4g}."
        share = evidence.stakes.share * twins.share
        numbers = numbers | {
            "largest_constant": largest,
            "trial_steps": twins.steps,
            "error_without": twins.changed,
            "error_unchanged": twins.unchanged,
        }
        return self.fires(sentence, confidence=0.96, share=share, **numbers)

    def example(self) -> Subject:
        """Every row of a table has the same two inputs, and the targets 1 to 4."""
        X, y = np.ones((4, 2)), np.arange(1.0, 5.0)
        subject = descended(Network([2, 3, 1], ["tanh", "identity"], seed=0), X, y, LBFGS())
        return replace(subject, features=("year", "site"))
