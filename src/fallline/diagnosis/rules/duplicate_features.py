"""Duplicate features: inputs that are the same as another one, but for their unit."""

from __future__ import annotations

from typing import Any

import numpy as np

from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.held_out import HeldOut, held_out_change
from fallline.diagnosis.rule import Kind, Rule
from fallline.diagnosis.subject import Subject, descended
from fallline.diagnosis.twin_descents import Change, twin_descents
from fallline.engine import Array
from fallline.network import Network
from fallline.optimizers import LBFGS, FirstOrder
from fallline.training.stopping import Limits

ROUNDING = 1e-6  # of the deviation, up to which the rest of a linear fit is rounding (of float32 as well)
MANY = 4  # copies from which on the descent may be slowed: the condition number grows as their number


class DuplicateFeatures(Rule):
    """Inputs that are linear functions of another input in the training rows."""

    code = "duplicate_features"
    title = "Duplicate features"
    kind = Kind.DATA
    explanation = (
        "Two features are the same but for their unit (a length in metres and in inches). The network sees their sum "
        "only, so how the weight is divided between them is left to chance: the error has a flat direction, the "
        "weights mean nothing one by one, and by itself that does no harm. It does in two cases. Many copies of one "
        "feature make the error as many times steeper along it, and all other directions crawl; a trial with the "
        "copies merged into one shows it. And where the copies differ in rows that the network has not seen, their "
        "weights, which cancelled out before, no longer do; putting the copy in the odd one's place shows it."
    )
    remedy = "Keep one of the copies; where they ought to differ, find out why they do not in these rows."
    remedies = ("second_order",)
    explains = (
        "ill_conditioned_inputs",
        "flat_region",
        "learning_rate_too_small",
        "learning_rate_too_large",
        "too_few_iterations",
        "premature_stop",
        "saddle_point",
        "local_minimum",
        "over_fitting",
        "validation_shift",
        "worse_than_linear",
    )

    def examine(self, evidence: Evidence) -> Finding:
        """Find the copies, then look for each of the two harms."""
        X = evidence.X
        if len(X) < 3:
            return self.not_enough_data("Any two inputs lie on a line with fewer than three rows.")
        groups = duplicates(X)
        numbers: dict[str, Any] = {"inputs": X.shape[1], "groups": groups}
        if not groups:
            return self.clear("No input is a copy of another.", **numbers)
        names = " and ".join(evidence.subject.feature(j) for j in groups[0][:3])
        more = ", …" if len(groups[0]) > 3 or len(groups) > 1 else ""
        copies = sum(len(group) - 1 for group in groups)
        words = (
            f"{copies} of {X.shape[1]} inputs " + ("is a copy" if copies == 1 else "are copies") + " of another in the "
        )
        words += f"training rows, but for its unit ({names}{more})"
        harmless = f"{words}: their weights mean nothing one by one, and that is no harm to the error."
        return (
            self._unseen(evidence, groups, words, numbers)
            or self._many(evidence, groups, words, numbers)
            or self.clear(harmless, **numbers)
        )

    def _unseen(
        self, evidence: Evidence, groups: list[list[int]], words: str, numbers: dict[str, Any]
    ) -> Finding | None:
        """Whether they differ in the validation rows, and that raises the error there."""
        rows = evidence.validation
        if rows is None:
            return None
        best: HeldOut | None = None
        for member in range(max(len(group) for group in groups)):
            X = rows.X.copy()
            for group in groups:
                leader = group[member % len(group)]
                for j in group:
                    slope, offset = _line(evidence.X[:, leader], evidence.X[:, j])
                    X[:, j] = slope * rows.X[:, leader] + offset
            if np.allclose(X, rows.X, rtol=0.0, atol=10.0 * ROUNDING * float(evidence.X.std(axis=0).max())):
                return None
            change = held_out_change(evidence, X)
            if change is not None and (best is None or change.after < best.after):
                best = change
        if best is None or not best.lowers:
            return None
        sentence = (
            f"{words}, but not in the validation rows, where weights that cancelled out before no longer do: the "
        )
        sentence += f"validation error is {best.before:.4g}, and {best.after:.4g} with copies in their place "
        sentence += f"({best.standard_errors:.1f} standard errors)."
        numbers = numbers | {"validation_error": best.before, "validation_error_with_copies": best.after}
        return self.fires(sentence, confidence=0.95, share=best.saved, remedies=(), **numbers)

    def _many(self, evidence: Evidence, groups: list[list[int]], words: str, numbers: dict[str, Any]) -> Finding | None:
        """Whether a descent with each group merged into one input comes further in the same number of steps."""
        most = max(len(group) for group in groups)
        if most < MANY or not isinstance(evidence.subject.optimizer, FirstOrder) or not evidence.stakes.matters:
            return None
        twins = twin_descents(evidence, _merged(evidence, groups), key=23)
        if twins is None or not twins.helps:
            return None
        sentence = f"{words}: {most} copies make the error {most} times as steep along what they say, and the other "
        sentence += f"directions crawl. In a trial with {twins.steps:,} steps from the same first function, at the "
        sentence += "best of five "
        sentence += (
            f"rates for each, the descent came to {twins.changed:.4g} with copies merged and to {twins.unchanged:.4g} "
        )
        sentence += f"without; the run had stopped at {evidence.error:.4g}."
        share = evidence.stakes.share * twins.share
        numbers = numbers | {
            "most_copies": most,
            "trial_steps": twins.steps,
            "error_merged": twins.changed,
            "error_unchanged": twins.unchanged,
        }
        return self.fires(sentence, confidence=0.96, share=share, **numbers)

    def example(self) -> Subject:
        """Two thermometers that agree in the training rows, one of which fails in the validation rows."""
        rng = np.random.default_rng(0)
        celsius = rng.uniform(-1.0, 1.0, 60)
        X = np.column_stack([celsius, celsius, rng.uniform(-1.0, 1.0, 60)])
        y = np.sin(2.0 * celsius) + X[:, 2]
        X[40:, 1] = 0.0
        network = Network([3, 5, 1], ["tanh", "identity"], loss="mean_squared_error", seed=0)
        return descended(network, X[:40], y[:40], LBFGS(), limits=Limits(iterations=200), validation=(X[40:], y[40:]))


def duplicates(X: Array) -> list[list[int]]:
    """Return the groups of columns of X (n, inputs) that are linear functions of one another, largest first."""
    deviation = X.std(axis=0)
    varying = np.flatnonzero(deviation > 1e-12 * np.abs(X).max(axis=0))
    if len(varying) < 2:
        return []
    Z = (X[:, varying] - X[:, varying].mean(axis=0)) / deviation[varying]
    groups: list[list[int]] = []
    free = list(range(len(varying)))
    while free:
        first = free[0]
        signs = np.sign(Z.T @ Z[:, first])
        same = [k for k in free if np.abs(Z[:, k] - signs[k] * Z[:, first]).max() <= ROUNDING * np.abs(Z[:, k]).max()]
        groups.append([int(varying[k]) for k in same])
        free = [k for k in free if k not in same]
    return sorted((sorted(group) for group in groups if len(group) > 1), key=lambda group: (-len(group), group))


def _line(x: Array, y: Array) -> tuple[float, float]:
    """Return slope and offset of y as a linear function of x, both (n,)."""
    slope = float(np.cov(x, y)[0, 1] / np.var(x, ddof=1))
    return slope, float(y.mean() - slope * x.mean())


def _merged(evidence: Evidence, groups: list[list[int]]) -> Change:
    """Keep the first of each group with the weights of all and set the others to 0: the same function at first."""
    lines = [[(j, *_line(evidence.X[:, group[0]], evidence.X[:, j])) for j in group[1:]] for group in groups]

    def merged(inputs: Array, parameters: Array) -> tuple[Array, Array]:
        kept, weights = inputs.copy(), parameters.copy()
        W = evidence.architecture.layers(weights)[0]
        for group, others in zip(groups, lines, strict=True):
            for j, slope, offset in others:
                W[:, group[0]] += slope * W[:, j]
                W[:, -1] += offset * W[:, j]
                W[:, j] = 0.0
                kept[:, j] = 0.0
        return kept, weights

    return merged
