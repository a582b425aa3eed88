"""Rows for training and rows for validation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fallline.data.table import counted
from fallline.errors import DataError

USUAL_SHARE = 0.2
FEWEST_ROWS = 20
LARGEST_SHARE = 0.9

Rows = NDArray[np.int64]


def split_rows(
    rows: int, share: float | None, seed: int, classes: NDArray[np.int64] | None = None
) -> tuple[Rows, Rows, list[str]]:
    """Return sorted row numbers for training and for validation, and sentences for the user.

    Parameters
    ----------
    rows
        Number of rows, at least 2.
    share
        Fraction for validation in [0, 0.9]; None means 0.2, or 0 for fewer than 20 rows.
    seed
        The same seed gives the same split on every machine (PCG64).
    classes
        Each row's class: every class is then split in the same proportion, and keeps a training row.
    """
    notes = []
    if share is None:
        share = USUAL_SHARE if rows >= FEWEST_ROWS else 0.0
        if not share:
            notes.append(
                f"No rows are set aside for validation: the table has only {counted(rows, 'row')}. "
                "Pass --validation 0.2 to do so all the same."
            )
    if not 0.0 <= share <= LARGEST_SHARE:
        raise DataError(f"--validation {share:g}: expected a fraction from 0 to {LARGEST_SHARE:g}.")
    if share == 0.0:
        return np.arange(rows, dtype=np.int64), np.empty(0, dtype=np.int64), notes
    generator = np.random.Generator(np.random.PCG64(seed))
    groups = [np.arange(rows)] if classes is None else [np.flatnonzero(classes == k) for k in np.unique(classes)]
    wanted = min(max(1, round(share * rows)), rows - 1)
    taken = _apportioned([len(group) for group in groups], share, wanted)
    chosen = [generator.permutation(group)[:number] for group, number in zip(groups, taken, strict=True)]
    validation = np.sort(np.concatenate(chosen)).astype(np.int64)
    in_training = np.ones(rows, dtype=bool)
    in_training[validation] = False
    if not len(validation):
        notes.append("No rows are set aside for validation: every class has only one row.")
    return np.flatnonzero(in_training).astype(np.int64), validation, notes


def _apportioned(sizes: list[int], share: float, wanted: int) -> list[int]:
    """Return how many rows each group gives: its share rounded down, then by largest remainder.

    Every group keeps at least one row.
    """
    exact = [share * size for size in sizes]
    taken = [int(part) for part in exact]  # less than the size: the share is at most 0.9
    order = sorted(range(len(sizes)), key=lambda k: taken[k] - exact[k])
    for k in order:
        if sum(taken) >= wanted:
            break
        if taken[k] < sizes[k] - 1:
            taken[k] += 1
    return taken
