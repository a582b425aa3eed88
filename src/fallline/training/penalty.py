"""The penalty on large weights, chosen by cross-validation on the training rows.

A penalty ½ · l2 · Σ w² is a normal prior on the weights; how strong it should be depends on the noise in the
rows. For regression the strength with the lowest held-out error is taken. For classes, where the cross-entropy is
lowered but the wrong answers count, it is the strongest one that is not clearly worse than the best: by no more than
1¼ standard errors of the paired differences, row by row (after Breiman et al. 1984, section 3.4.3, where it is one).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fallline.engine import Architecture, Array, Index, Rows
from fallline.engine.reference import loss_by_row
from fallline.network import Network
from fallline.optimizers import LBFGS
from fallline.training.descent import descend
from fallline.training.interrupt import Interrupt
from fallline.training.stopping import Limits

# Of the prior, in rows' worth of ½ e² or −ln p; the middle first, so that a lack of time leaves a usable choice.
STRENGTHS = (3.0, 10.0, 1.0, 30.0, 0.3, 5.6, 1.8, 18.0, 0.56)
FOLDS, REPEATS = 5, 2
MANY_ROWS = 1000  # from here on, one of the folds is enough, once
ITERATIONS, GRADIENT_TOLERANCE = 100, 1e-3
CLEARLY_WORSE = 1.25  # standard errors
LEAST_SECONDS = 0.1  # that a descent gets, however late it is


@dataclass(frozen=True)
class Choice:
    """A penalty's strength and how it was found."""

    strength: float
    reason: str


def l2_of(strength: float, architecture: Architecture, rows: int) -> float:
    """Return the l2 that makes the penalty as strong as that many rows, for a loss over `rows` rows."""
    squared_without_half = 2.0 if architecture.loss == "mean_squared_error" else 1.0
    return strength * squared_without_half * architecture.loss_function.scale(rows, architecture.outputs)


def passes(rows: int) -> int:
    """Return how many passes over so many rows the choice is likely to make."""
    return len(STRENGTHS) * ITERATIONS * (FOLDS * REPEATS if rows < MANY_ROWS else 1)


def choose_strength(
    architecture: Architecture,
    rows: Rows,
    initial: Callable[[], Network],
    *,
    strata: Index | None,
    seed: int,
    seconds: float,
    interrupt: Interrupt,
    compiled: bool,
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
    compiled
        Whether the compiled engine does the arithmetic.
    tell
        Called with a line about what is being done.
    """
    few = len(rows) < MANY_ROWS
    splits = [folds(len(rows), strata, seed + 1000 * repeat) for repeat in range(REPEATS if few else 1)]
    losses: dict[float, Array] = {}
    started = interrupt.now()
    for strength in STRENGTHS:
        left = seconds - (interrupt.now() - started)
        if losses and (interrupt.wished or left < 0):
            break
        tell(f"choosing the penalty: {len(losses) + 1} of {len(STRENGTHS)} strengths")
        by_row = np.zeros(len(rows))
        for fold in splits:
            for k in range(FOLDS if few else 1):
                inside = Rows(*rows.batch(np.flatnonzero(fold != k)))
                network = initial()
                l2 = l2_of(strength, architecture, len(inside))
                descend_fold(network, inside, l2, ITERATIONS, left, interrupt, compiled)
                X, y = rows.batch(np.flatnonzero(fold == k))
                by_row[fold == k] += loss_by_row(architecture, network.parameters, X, y)
        losses[strength] = by_row if few else by_row[splits[0] == 0]
    way = f"{FOLDS}-fold cross-validation, {REPEATS} times" if few else "a fifth of the training rows held out"
    cut = "" if len(losses) == len(STRENGTHS) else f" of the {len(STRENGTHS)}, as far as there was time"
    reason = f"{way}, over {len(losses)} strengths{cut}"
    return Choice(strongest(losses, 0.0 if strata is None else CLEARLY_WORSE), reason)


def descend_fold(
    network: Network, inside: Rows, l2: float, iterations: int, seconds: float, interrupt: Interrupt, compiled: bool
) -> None:
    """Train a network in place on the rows outside of one fold, roughly; `seconds` are what is left for all folds."""
    descend(
        network,
        inside,
        LBFGS(gradient_tolerance=GRADIENT_TOLERANCE),
        l2=l2,
        limits=Limits(iterations=iterations, seconds=max(seconds, LEAST_SECONDS), plateau=False),
        interrupt=interrupt,
        compiled=compiled,
    )


def strongest(losses: dict[float, Array], standard_errors: float, weights: Array | None = None) -> float:
    """Return the strongest penalty whose mean held-out loss (rows,) is at most that far above the lowest.

    A row counts as often as its weight (rows,) says; None stands for 1.
    """
    (rows,) = {len(by_row) for by_row in losses.values()}
    counts = np.ones(rows) if weights is None else weights
    share = counts / counts.sum()
    means = {strength: np.nan_to_num(share @ by_row, nan=np.inf) for strength, by_row in losses.items()}
    best = min(means, key=lambda strength: float(means[strength]))
    for strength in sorted(losses, reverse=True):
        above = losses[strength] - losses[best]
        mean = share @ above
        deviation = np.sqrt(share @ np.square(above - mean))
        if strength == best or mean <= standard_errors * deviation / np.sqrt(counts.sum()):
            return strength
    raise AssertionError("the best is among them")


def folds(rows: int, strata: Index | None, seed: int) -> Index:
    """Return the fold 0 … 4 of each row (n,), each class spread evenly over them."""
    order = np.random.default_rng(seed).permutation(rows)
    if strata is not None:
        order = order[np.argsort(strata[order], kind="stable")]
    fold = np.empty(rows, dtype=np.int64)
    fold[order] = np.arange(rows) % FOLDS
    return fold
