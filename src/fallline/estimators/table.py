"""The rows of a fit: which are learned from, which are watched, and how much each counts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from sklearn.model_selection import train_test_split

from fallline.engine import Array, Index, Rows
from fallline.errors import FalllineError
from fallline.estimators.weights import RowWeights


class Table(NamedTuple):
    """Rows as the network sees them; with weights, the targets (rows, outputs) have them as one column more."""

    training: Rows
    validation: Rows | None
    counted: float  # the sum of the training rows' weights, as they were given
    weighted: bool


def split(
    rows: Index, fraction: float, random: np.random.RandomState, classes: Index | None
) -> tuple[Index, Index]:  # as scikit-learn's networks do
    """Return the rows to learn from and those to watch for early stopping, every class with its share in both."""
    training, watched = train_test_split(
        rows, random_state=random, test_size=fraction, stratify=None if classes is None else classes[rows]
    )
    if len(watched) < 2:
        raise FalllineError(
            f"early_stopping: {len(watched)} rows are too few to be watched. Raise validation_fraction, or leave "
            "early_stopping out."
        )
    return training, watched


def table_of(
    X: Array, targets: Array, weights: RowWeights, watched: Index, held_out: tuple[Array, Array] | None
) -> Table:
    """Return the table of rows X (n, inputs), targets (n, outputs).

    Parameters
    ----------
    weights
        Of the rows; those that count are learned from, but for those that are watched.
    watched
        Rows that are watched.
    held_out
        Other rows that are watched, X and targets.
    """
    training = weights.kept if not len(watched) else np.setdiff1d(weights.kept, watched)
    counts = weights.of(training)
    if counts is not None:
        column = np.ones(len(X))
        column[training] = counts
        shares = weights.of(watched) if len(watched) else None
        column[watched] = 1.0 if shares is None else shares
        targets = np.column_stack([targets, column.astype(targets.dtype)])
        if held_out is not None:
            held_out = held_out[0], np.column_stack([held_out[1], np.ones_like(held_out[1][:, :1])])
    validation = Rows(X, targets, watched) if len(watched) else None
    if held_out is not None:
        validation = Rows(*held_out)
    rows = Rows(X, targets, None if len(training) == len(X) else training)
    return Table(rows, validation, weights.total(training), counts is not None)
