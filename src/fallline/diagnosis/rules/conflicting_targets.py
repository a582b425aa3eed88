"""Conflicting targets: rows that no function of the inputs can tell apart have different targets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from fallline.diagnosis.budget.group_answers import best_answers, group_means
from fallline.diagnosis.budget.replicates import replicate_groups
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding
from fallline.diagnosis.materiality import material
from fallline.diagnosis.rule import Kind, Rule
from fallline.diagnosis.subject import Subject, descended
from fallline.engine import Array, Index
from fallline.network import Network
from fallline.optimizers import LBFGS

NEARLY = 1e-6  # of a feature's interquartile range (of its deviation where that is 0): inputs are all but identical
OFF_THE_GRID = 0.3819660112501051  # so that round numbers do not lie on the boundary of two cells


class ConflictingTargets(Rule):
    """Rows with identical, or all but identical, inputs and different targets."""

    code = "conflicting_targets"
    title = "Conflicting targets"
    kind = Kind.DATA
    explanation = (
        "Some rows have the same inputs and different targets. A network computes a function: it gives the same "
        "output for the same inputs, so it cannot be right for all of them. The best it can do is one answer for each "
        "such group (the mean of its targets for a squared error, their median for an absolute one, their frequencies "
        "for a cross-entropy), and what is left is the spread of the targets inside the groups. That part of the "
        "error is exact and no descent, no architecture and no activation can lower it: the run is finished, and "
        "noise holds it up. It is told from a local minimum or too small a network by the count of the rows, without "
        "looking at any weight."
    )
    remedy = (
        "Look at the rows named: correct wrong targets, or add the feature that tells those rows apart. If the "
        "targets are noisy by nature, this error is the floor, and the outputs are their mean: that is what a network "
        "should learn."
    )
    explains = ("constant_output", "flat_region", "saturated_units", "vanishing_gradient")
    sources = (
        "Draper, N. R. & Smith, H. (1998). Applied Regression Analysis, 3rd ed., Wiley, section 2.1: pure error from "
        "repeated runs.",
    )

    def examine(self, evidence: Evidence) -> Finding:
        """Hold the least loss of any function of the inputs against the error at the stop."""
        X, y, error = evidence.X, evidence.y, evidence.error
        identical, nearly = True, False
        groups = replicate_groups(X)
        noise = min(error, best_answers(evidence.architecture.loss, y, groups).loss)
        if not material(evidence, noise):
            identical, nearly = False, True
            groups = replicate_groups(_cells(X))
            noise = min(error, best_answers(evidence.architecture.loss, y, groups).loss)
        in_conflict = _in_conflict(y, groups)
        numbers: dict[str, Any] = {
            "rows": len(y),
            "rows_in_conflict": int(in_conflict.sum()),
            "groups_in_conflict": len(np.unique(groups[in_conflict])),
            "identical": identical,
            "noise": noise,
            "error": error,
        }
        if not in_conflict.any():
            return self.clear(f"No two of the {len(y):,} rows have the same inputs and different targets.", **numbers)
        share = noise / error if error > 0.0 else 0.0
        which = "all but identical" if nearly else "identical"
        count = f"{in_conflict.sum():,} of {len(y):,} rows have inputs {which} to another row's, and another target"
        if not material(evidence, noise):
            words = f"{count}; that explains {share:.1%} of the error, too little to hold it up."
            return self.clear(words, **numbers)
        sentence = f"{count}: {_largest(evidence, groups, in_conflict)}. Whatever function a network computes, "
        sentence += f"an error of {noise:.4g} remains: {share:.1%} of the {error:.4g} at the stop."
        if nearly:
            sentence += " (Inputs count as all but identical where they differ by a millionth of their spread at most.)"
        return self.fires(sentence, confidence=0.9 if nearly else 1.0, share=share, **numbers)

    def example(self) -> Subject:
        """XOR with one row given twice, once with the wrong target."""
        X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [1.0, 1.0]])
        y = np.array([0.0, 1.0, 1.0, 0.0, 1.0])
        subject = descended(Network([2, 4, 1], ["tanh", "identity"], seed=0), X, y, LBFGS())
        return replace(subject, features=("a", "b"))


def _cells(X: Array) -> Array:
    """Number the cells of a grid in which rows X (n, inputs) are all but identical, (n, inputs)."""
    low, high = np.percentile(X, (25.0, 75.0), axis=0)
    spread = np.where(high > low, high - low, X.std(axis=0))
    return np.asarray(np.floor((X - X.mean(axis=0)) / np.where(spread > 0.0, NEARLY * spread, 1.0) + OFF_THE_GRID))


def _in_conflict(y: Array, groups: Index) -> Array:
    """Whether each row's target differs from the mean of its group by more than rounding, (n,)."""
    means = group_means(y, groups)[groups]
    away = np.abs(y - means) > 1e-9 * np.abs(y).max(axis=0)
    conflicting = np.bincount(groups, away.any(axis=1)) > 0
    return np.asarray(conflicting[groups])


def _largest(evidence: Evidence, groups: Index, in_conflict: Array) -> str:
    """Return in words what the group with the most rows in conflict looks like."""
    X, y = evidence.X, evidence.y
    group = int(np.argmax(np.bincount(groups, in_conflict)))
    rows = np.flatnonzero(groups == group)
    places = [f"{evidence.subject.feature(j)} = {X[rows[0], j]:.6g}" for j in range(min(3, X.shape[1]))]
    targets = [", ".join(f"{value:.4g}" for value in row) for row in np.unique(y[rows], axis=0)[:4]]
    more = ", …" if X.shape[1] > 3 else ""
    answers = " and ".join(f"({each})" for each in targets) if y.shape[1] > 1 else " and ".join(targets)
    return f"at {', '.join(places)}{more} there are {len(rows):,} with the targets {answers}"
