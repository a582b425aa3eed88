"""The penalty on large weights, chosen by cross-validation on the training rows.

A penalty ½ · l2 · Σ w² is a normal prior on the weights; how strong it should be depends on the noise in the
rows. The strongest penalty is taken whose held-out error is within one standard error of the lowest (Breiman
et al. 1984, section 3.4.3, with the standard error of the paired differences, row by row).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fallline.engine import Architecture, Array, Index, Rows
from fallline.network import Network
from fallline.optimizers import LBFGS
from fallline.training.descent import descend
from fallline.training.interrupt import Interrupt
from fallline.training.stopping import Limits

STRENGTHS = (0.3, 0.56, 1.0, 1.8, 3.0, 5.6, 10.0, 18.0, 30.0)  # of the prior, in rows' worth of ½ e² or −ln p
FOLDS = 5
MANY_ROWS = 1000  # from here on, one of the folds is enough
ITERATIONS = 150


@dataclass(frozen=True)
class Choice:
    """A penalty's strength and how it was found."""

    strength: float
    reason: str


def l2_of(strength: float, architecture: Architecture, rows: int) -> float:
    """Return the l2 that makes the penalty as strong as that many rows, for a loss over `rows` rows."""
    squared_without_half = 2.0 if architecture.loss == "mean_squared_error" else 1.0
    return strength * squared_without_half * architecture.loss_function.scale(rows, architecture.outputs)


def choose_strength(
    architecture: Architecture,
    rows: Rows,
    initial: Callable[[], Network],
    *,
    strata: Index | None,
    seed: int,
    seconds: float,
    interrupt: Interrupt,
    tell: Callable[[str], None],
) -> Choice:
    """Return the penalty's strength that cross-validation finds.

    Parameters
    ----------
    architecture
        The network's.
    rows
        The training rows.
    initial
        Gives the network with its first weights.
    strata
        Class of each training row (n,), so that every fold has its share of each; None for regression.
    seed
        Seed of the folds.
    seconds
        Time after which no further strength is tried.
    interrupt
        The wish to stop; no further strength is tried after it.
    tell
        Called with a line about what is being done.
    """
    fold = _folds(len(rows), strata, seed)
    folds = range(FOLDS if len(rows) < MANY_ROWS else 1)
    held_out = np.isin(fold, list(folds))
    losses: list[Array] = []
    networks = [initial() for _ in folds]  # each strength starts where the weaker one before it ended
    started = time.perf_counter()
    for strength in STRENGTHS:
        if losses and (interrupt.wished or time.perf_counter() - started > seconds):
            break
        tell(f"choosing the penalty: {len(losses) + 1} of {len(STRENGTHS)} strengths")
        by_row = np.empty(len(rows))
        for k, network in zip(folds, networks, strict=True):
            inside = Rows(*rows.batch(np.flatnonzero(fold != k)))
            descend(
                network,
                inside,
                LBFGS(gradient_tolerance=1e-4),
                l2=l2_of(strength, architecture, len(inside)),
                limits=Limits(iterations=ITERATIONS, plateau=False),
                interrupt=interrupt,
            )
            by_row[fold == k] = _loss_by_row(network, *rows.batch(np.flatnonzero(fold == k)))
        losses.append(by_row[held_out])
    chosen = _strongest_within_one_error(losses)
    way = f"{FOLDS}-fold cross-validation" if len(folds) > 1 else "a fifth of the training rows held out"
    cut = "" if len(losses) == len(STRENGTHS) else f", of the {len(losses)} that there was time for"
    return Choice(STRENGTHS[chosen], f"{way} over {len(STRENGTHS)} strengths, one-standard-error rule{cut}")


def _strongest_within_one_error(losses: list[Array]) -> int:
    """Index of the strongest penalty whose held-out losses (rows,) are not above the best by a standard error."""
    best = int(np.argmin([each.mean() for each in losses]))
    for i in reversed(range(best, len(losses))):
        above = losses[i] - losses[best]
        if above.mean() <= above.std() / np.sqrt(len(above)):
            return i
    return best


def _folds(rows: int, strata: Index | None, seed: int) -> Index:
    """Return the fold 0 … 4 of each row (n,), each class spread evenly over them."""
    order = np.random.default_rng(seed).permutation(rows)
    if strata is not None:
        order = order[np.argsort(strata[order], kind="stable")]
    fold = np.empty(rows, dtype=np.int64)
    fold[order] = np.arange(rows) % FOLDS
    return fold


def _loss_by_row(network: Network, X: Array, y: Array) -> Array:
    return np.array([network.error(X[i : i + 1], y[i : i + 1]) for i in range(len(X))])
