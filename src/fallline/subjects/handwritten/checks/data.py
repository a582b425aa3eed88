"""Data that do not fit the network, or that a step spoils."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fallline.subjects.handwritten.checks.check import Case, Check

# what activations can give
RANGES = {"sigmoid": (0.0, 1.0), "softmax": (0.0, 1.0), "tanh": (-1.0, 1.0), "relu": (0.0, np.inf)}


def out_of_range(case: Case) -> Iterator[Check]:
    """Targets that the output's activation cannot reach."""
    y, name = case.attached.y, case.twin.forms[-1].name if case.twin else ""
    if y is None or name not in RANGES:
        return
    low, high = RANGES[name]
    share = float(np.mean((y < low) | (y > high)))
    if share > 0.0:
        sentence = (
            f"The targets go from {y.min():.4g} to {y.max():.4g}, and {name} outputs only what lies between {low:g} "
            f"and {high:g}: {100 * share:.3g} % of the targets cannot be reached. Scale them, or use a linear output."
        )
        yield Check("targets_out_of_range", sentence, {"share": share, "low": float(y.min()), "high": float(y.max())})


def shuffled_apart(case: Case) -> Iterator[Check]:
    """Rows and targets that a step puts into different orders."""
    if case.observed is not None and case.observed.shuffled_apart:
        sentence = (
            "The step puts X and y into different orders, so that rows no longer have their own targets. Draw one "
            "order for both: `order = np.random.permutation(len(X)); X, y = X[order], y[order]`."
        )
        yield Check("shuffled_apart", sentence)
