"""An estimate of the noise where no two rows are identical: the Gamma test on near neighbours.

For y = f(x) + r with a smooth f, half the mean square of the difference between the targets of a row and of its
k-th nearest neighbour, γₖ = E(y − y′)²/2, tends to Var(r) as their mean squared distance δₖ does to 0 (the ½ since
both targets have noise). Var(r) is where the line through (δₖ, γₖ), k = 1…p, meets δ = 0 (Stefánsson, Končar & Jones
1997; Evans & Jones 2002). It needs no model of f: what is below it was learnt by heart.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from fallline.diagnosis.measurements import Measurements
from fallline.engine import Array, Index

NEIGHBOURS = 10
MOST_ROWS = 3_000  # whose neighbours are looked for, among as many
LEAST_ROWS = 100
ROWS_OF_NEARNESS = 300
BLOCKS = 25  # of neighbouring rows, left out one after the other
T_975 = 2.064  # of Student's distribution with 24 degrees of freedom: 95 % of both sides
FEW_VALUES = 10  # in a column of inputs, up to which they are no continuous quantity
MOST_REPLICATES = 0.05  # share of rows
FARTHEST = 0.06  # squared distance of the nearest row, over that of any two rows, from which on it is not near
MOST_UNCERTAIN = 0.15  # share of the targets' variance that half the interval may be
CAUTION = 1.5  # in the error of the straight line, which is itself estimated
SQUARED = {"mean_squared_error": 1.0, "half_squared_error": 0.5}  # what a unit of variance is in a row's loss
ENTROPY_OF_GINI = 2.0 * math.log(2.0)  # entropy >= 2 ln 2 · (1 − Σ p²) (Harremoës & Topsøe 2001)


@dataclass(frozen=True)
class NoiseEstimate:
    """The noise in the targets, estimated; nan and a reason where the estimate's assumptions fail."""

    available: bool
    error: float  # that the noise makes, in the loss's own unit; for cross-entropies, at least
    low: float  # 95 % interval
    high: float
    variances: tuple[float, ...]  # of the noise, for each output, in the network's units
    intervals: tuple[tuple[float, float], ...]  # of the variances, 95 %
    rows: int  # that it was estimated from
    sentence: str  # with the reason where there is no estimate

    @property
    def certain(self) -> bool:
        """Whether there is noise for certain, and it is known to a factor of two."""
        return self.available and 0.0 < self.high <= 2.0 * self.low

    def to_dict(self) -> dict[str, Any]:
        """Return it in plain JSON types; None for a number that is not known."""
        numbers = {name: None if value != value else value for name, value in asdict(self).items()}
        return numbers | {"variances": list(self.variances), "intervals": [list(pair) for pair in self.intervals]}


def estimate_noise(measured: Measurements, replicates: Index) -> NoiseEstimate:
    """Return the estimate from the rows of a subject, whose groups of identical rows are `replicates` (n,)."""
    X, y = measured.X, measured.y
    loss, n = measured.architecture.loss_function, len(X)
    if loss.name not in SQUARED and loss.from_logits_of is None:
        return _unknown(f"the loss '{loss.name}' is not one of squared errors or a cross-entropy")
    if len(X) > MOST_ROWS:
        chosen = np.sort(measured.rng(11).choice(len(X), MOST_ROWS, replace=False))
        X, y, replicates = X[chosen], y[chosen], replicates[chosen]
    reason = _unfit(measured, X, replicates)
    if reason:
        return _unknown(reason)
    varying = X[:, np.ptp(X, axis=0) > 0.0]
    scaled = (varying - varying.mean(axis=0)) / varying.std(axis=0)
    nearest = nearness(scaled, measured.rng(12))
    if nearest > FARTHEST:
        words = f"{len(X):,} rows are too few for {varying.shape[1]} inputs: the nearest row is"
        return _unknown(f"{words} {math.sqrt(nearest):.0%} as far away as any other")
    variances, uncertain = gamma_test(scaled, y, measured.rng(13))
    if (uncertain > MOST_UNCERTAIN * y.var(axis=0)).any():
        return _unknown(f"{len(X):,} rows leave it too uncertain: the function is too steep between neighbours")
    low, high = np.maximum(variances - uncertain, 0.0), np.maximum(variances + uncertain, 0.0)
    variances = np.maximum(variances, 0.0)
    total = loss.scale(n, y.shape[1]) * n * SQUARED.get(loss.name, ENTROPY_OF_GINI)
    error, least, most = (total * float(part.sum()) for part in (variances, low, high))
    if loss.name == "binary_cross_entropy":  # its 1 − Σ p² is that of two classes, p and 1 − p
        error, least, most = 2.0 * error, 2.0 * least, 2.0 * most
    bound = "" if loss.name in SQUARED else ", and more for classes that are uncertain otherwise than half and half"
    sentence = (
        f"estimated from the differences between near neighbours, noise in the targets makes {error:.4g} of error "
        f"({least:.4g} to {most:.4g} with 95 % confidence){bound}"
    )
    pairs = tuple((float(a), float(b)) for a, b in zip(low, high, strict=True))
    return NoiseEstimate(True, error, least, most, tuple(map(float, variances)), pairs, len(X), sentence)


def nearness(X: Array, rng: np.random.Generator) -> float:
    """Return the mean squared distance of the nearest row over that of any two; X (n, inputs) of unit variance."""
    from scipy.spatial import cKDTree  # heavy

    looked_at = X if len(X) <= ROWS_OF_NEARNESS else X[rng.choice(len(X), ROWS_OF_NEARNESS, replace=False)]
    distances, _ = cKDTree(X).query(looked_at, k=2)
    return float(np.square(distances[:, 1]).mean() / (2.0 * X.shape[1]))


def gamma_test(X: Array, y: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return the noise's variance in each output and half its 95 % interval.

    Half the interval has two parts: the jackknife over blocks of neighbouring rows, which share neighbours; and the
    error of the straight line, which grows with the square of the squared distance: what the estimate changes when half
    the rows are left out, so that neighbours are farther, tells how large it is with all of them.

    Parameters
    ----------
    X, y
        Inputs (n, inputs) of unit variance; targets (n, outputs).
    rng
        Which halves.

    Returns
    -------
    variances, half_intervals
        Each (outputs,).
    """
    distances, halves = _neighbours(X, y)
    variances = _intercept(distances.mean(axis=0), halves.mean(axis=0))
    blocks = np.arange(len(X)) * BLOCKS // len(X)
    counts = np.bincount(blocks)[:, None]
    rest = len(X) - counts
    delta = (distances.sum(axis=0) - _sums(blocks, distances)) / rest
    without = []
    for j in range(y.shape[1]):
        gamma = (halves[:, :, j].sum(axis=0) - _sums(blocks, halves[:, :, j])) / rest
        without.append([_intercept(d, g[:, None])[0] for d, g in zip(delta, gamma, strict=True)])
    spread = np.array(without).T
    jackknife = np.sqrt((BLOCKS - 1) / BLOCKS * np.square(spread - spread.mean(axis=0)).sum(axis=0))
    fewer, farther = _with_half_the_rows(X, y, rng)
    of_all = float(distances.mean())
    line = np.abs(variances - fewer) * max(1.0, CAUTION / ((farther / of_all) ** 2 - 1.0))
    return variances, T_975 * jackknife + line


def _with_half_the_rows(X: Array, y: Array, rng: np.random.Generator) -> tuple[Array, float]:
    """Return the variances (outputs,) and the mean squared distance of neighbours, in the mean of two halves."""
    shuffled = rng.permutation(len(X))
    variances, distance = np.zeros(y.shape[1]), 0.0
    for half in (shuffled[: len(X) // 2], shuffled[len(X) // 2 :]):
        distances, halves = _neighbours(X[half], y[half])
        variances += 0.5 * _intercept(distances.mean(axis=0), halves.mean(axis=0))
        distance += 0.5 * float(distances.mean())
    return variances, distance


def _neighbours(X: Array, y: Array) -> tuple[Array, Array]:
    """Return squared distances (n, p) to the p nearest rows and halved squares of differences in y, (n, p, outputs).

    In the order of the leaves of a tree, so that rows near in number are near in space.
    """
    from scipy.spatial import cKDTree  # heavy

    tree = cKDTree(X)
    order = np.asarray(tree.indices)
    distances, neighbours = tree.query(X[order], k=NEIGHBOURS + 1)
    halves = 0.5 * np.square(y[neighbours[:, 1:]] - y[order][:, None, :])
    return np.square(distances[:, 1:]), halves


def _intercept(delta: Array, gamma: Array) -> Array:
    """Return where the lines through (δₖ, γₖ), of shapes (p,) and (p, outputs), meet δ = 0."""
    centred = delta - delta.mean()
    slopes = centred @ gamma / (centred @ centred)
    return np.asarray(gamma.mean(axis=0) - slopes * delta.mean())


def _sums(blocks: Index, values: Array) -> Array:
    """Return the sum of each block's rows, (blocks, columns)."""
    sums = np.zeros((BLOCKS, values.shape[1]))
    np.add.at(sums, blocks, values)
    return sums


def _unfit(measured: Measurements, X: Array, replicates: Index) -> str:
    """Return why near neighbours cannot tell, or nothing."""
    if len(X) < LEAST_ROWS:
        return f"{len(X):,} rows are too few: {LEAST_ROWS} or more would do"
    repeated = 1.0 - len(np.unique(replicates)) / len(X)
    if repeated > MOST_REPLICATES:
        return f"{repeated:.0%} of the rows repeat the inputs of others, which tells the noise by itself"
    values = [len(np.unique(column)) for column in X.T]
    if max(values) == 1:
        return "no input varies"
    for j, count in enumerate(values):
        if 1 < count <= FEW_VALUES:
            return f"{measured.subject.feature(j)} has only {count} different values and is no continuous quantity"
    return ""


def _unknown(reason: str) -> NoiseEstimate:
    nan = math.nan
    return NoiseEstimate(False, nan, nan, nan, (), (), 0, f"not enough data to estimate noise: {reason}")
