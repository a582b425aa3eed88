"""The strength of the penalty, by a cross-validation that takes about as long as the fit itself.

`fallline train` searches among more strengths, and twice (`fallline.training.penalty`); here fits follow each other by
the hundred. Each fold's network goes on from the weights that the weaker penalty before led to: from weak to strong,
since units that a strong penalty has brought to nothing stay there.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fallline.engine import Array, Index, Rows
from fallline.engine.choice import worth_compiling
from fallline.engine.reference import loss_by_row
from fallline.estimators.table import Table
from fallline.network import Network
from fallline.training.interrupt import Interrupt
from fallline.training.penalty import (
    CLEARLY_WORSE,
    FOLDS,
    MANY_ROWS,
    descend_fold,
    folds,
    l2_of,
    strongest,
)

STRENGTHS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)  # of alpha
ITERATIONS = 30  # at each
FEWEST_ROWS = 10  # that differ from each other, to choose by


class Search:
    """Rows to choose a penalty by.

    Rows that are the same are in the same fold: so that no fold knows what it is asked, and so that a row which
    counts twice is what a row that is there twice is.
    """

    def __init__(self, table: Table, outputs: int) -> None:
        self._rows = table.training.compact()
        self._X, y = self._rows.block(0, len(self._rows))
        self._y = y[:, :outputs]
        self._counts = y[:, -1] * (table.counted / len(y)) if table.weighted else np.ones(len(y))
        _, self._first, self._kind = np.unique(
            np.column_stack([self._X, self._y]), axis=0, return_index=True, return_inverse=True
        )
        self.enough = len(self._first) >= FEWEST_ROWS

    def strength(
        self, first: Network, strata: Index | None, seed: int, iterations: int, seconds: float, interrupt: Interrupt
    ) -> float:
        """Return alpha.

        Parameters
        ----------
        first
            The network with its first weights.
        strata
            The class of each row (n,), so that every fold has its share of each; None for regression.
        seed
            Of the folds.
        iterations
            The most that the fit itself is going to make.
        seconds, interrupt
            After which, and after whose wish to stop, no further strength is tried.
        """
        rows = len(self._rows)
        kinds = folds(len(self._first), None if strata is None else strata[self._first], seed)
        fold = kinds[self._kind.ravel()]
        tried = range(FOLDS if rows < MANY_ROWS else 1)
        most = min(ITERATIONS, iterations)
        compiled = worth_compiling(first.architecture, rows, len(STRENGTHS) * len(tried) * most)
        networks = [Network.from_parameters(first.architecture, first.parameters) for _ in tried]
        seen = np.isin(fold, tried)
        losses: dict[float, Array] = {}
        started = interrupt.now()
        for strength in STRENGTHS:
            left = seconds - (interrupt.now() - started)
            if losses and (interrupt.wished or left < 0):
                break
            by_row = np.zeros(rows)
            for k in tried:
                inside, counted = self._part(fold != k)
                l2 = l2_of(strength, first.architecture, rows) * rows / counted
                descend_fold(networks[k], inside, l2, most, left, interrupt, compiled)
                plain = replace(first.architecture, weighted=False)
                by_row[fold == k] = loss_by_row(plain, networks[k].parameters, self._X[fold == k], self._y[fold == k])
            losses[strength] = by_row[seen]
        return strongest(losses, 0.0 if strata is None else CLEARLY_WORSE, self._counts[seen])

    def _part(self, chosen: Array) -> tuple[Rows, float]:
        """Return the chosen rows, and how many they count as."""
        X, y = self._rows.batch(np.flatnonzero(chosen))
        counts = self._counts[chosen]
        if y.shape[1] > self._y.shape[1]:
            y[:, -1] = counts / counts.mean()
        return Rows(X, y), float(counts.sum())
