"""The best that any function can do with rows that it cannot tell apart: one answer for each group of them.

The losses are convex in each output, so the best answer within an interval is the best one of all, clipped to it.
"""

from __future__ import annotations

import math

import numpy as np

from fallline.engine import ACTIVATIONS, Architecture, Array, Index
from fallline.engine.losses import HUBER_DELTA

HALVINGS = 60  # of the interval that holds a Huber loss's answer: to the last bit


def least_loss(architecture: Architecture, y: Array, groups: Index, *, within_range: bool) -> float:
    """Return the infimum of the loss over all functions that give each group of rows one answer.

    Parameters
    ----------
    architecture
        Whose loss and output activation count.
    y
        Targets (n, outputs).
    groups
        Number of each row's group, from 0 without gaps (n,).
    within_range
        Whether the answer must lie in the closure of the output activation's range; with softmax it must also sum to
        1, which is taken into account for squared errors, so that for other losses this is a lower bound.

    Returns
    -------
    In the loss's unit; −inf where a cross-entropy has no lowest value, its targets not being probabilities.
    """
    loss = architecture.loss_function
    scale = loss.scale(len(y), y.shape[1])
    if loss.from_logits_of is not None:
        return _least_cross_entropy(y, groups, softmax=loss.from_logits_of == "softmax") * scale
    answers = best_answers(architecture, y, groups)
    if within_range:
        answers = into_range(architecture, answers)
    return loss.total(answers[groups], y) * scale


def best_answers(architecture: Architecture, y: Array, groups: Index) -> Array:
    """Return each group's best answer whatever the output activation allows, (groups, outputs).

    The mean for squared errors and cross-entropies, a median for absolute ones, Huber's location for his loss.
    """
    means = group_sums(y, groups) / np.bincount(groups)[:, None]
    if architecture.loss == "mean_absolute_error":
        return _medians(y, groups)
    if architecture.loss == "huber":
        return _huber_locations(y, groups)
    return means


def into_range(architecture: Architecture, answers: Array) -> Array:
    """Return what the output activation can come nearest to, for answers (·, outputs)."""
    name = architecture.activations[-1]
    if name == "softmax":
        squared = architecture.loss in ("mean_squared_error", "half_squared_error")
        return _onto_simplex(answers) if squared else np.clip(answers, 0.0, 1.0)
    return np.asarray(np.clip(answers, *ACTIVATIONS[name].range))


def group_sums(y: Array, groups: Index) -> Array:
    """Return the sum of y (n, outputs) over each group, (groups, outputs)."""
    return np.stack([np.bincount(groups, column) for column in y.T], axis=1)


def _least_cross_entropy(y: Array, groups: Index, *, softmax: bool) -> float:
    """The entropy of each group's mean target times its rows (Cover & Thomas 2006, theorem 5.4.3)."""
    if y.min() < 0.0 or (not softmax and y.max() > 1.0):
        return -math.inf
    sums = group_sums(y, groups)
    if softmax:
        total = sums.sum(axis=1, keepdims=True)
        return float(_minus_x_log(sums, np.broadcast_to(total, sums.shape)).sum())
    counts = np.broadcast_to(np.bincount(groups)[:, None], sums.shape).astype(float)
    return float((_minus_x_log(sums, counts) + _minus_x_log(counts - sums, counts)).sum())


def _minus_x_log(x: Array, total: Array) -> Array:
    """−x ln(x / total), 0 where x is 0."""
    share = np.divide(x, total, out=np.ones_like(x), where=(x > 0.0) & (total > 0.0))
    return np.asarray(-x * np.log(share))


def _medians(y: Array, groups: Index) -> Array:
    counts = np.bincount(groups)
    middle = np.cumsum(counts) - counts + (counts - 1) // 2
    return np.stack([column[np.lexsort((column, groups))][middle] for column in y.T], axis=1)


def _huber_locations(y: Array, groups: Index) -> Array:
    """Where the clipped residuals of a group sum to 0 (Huber 1964), by bisection."""
    low = -_maxima(-y, groups)
    high = _maxima(y, groups)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        rising = group_sums(np.clip(middle[groups] - y, -HUBER_DELTA, HUBER_DELTA), groups) > 0.0
        low, high = np.where(rising, low, middle), np.where(rising, middle, high)
    return np.asarray(0.5 * (low + high))


def _maxima(y: Array, groups: Index) -> Array:
    largest = np.full((int(groups.max()) + 1, y.shape[1]), -np.inf)
    np.maximum.at(largest, groups, y)
    return largest


def _onto_simplex(points: Array) -> Array:
    """Return the nearest distribution to each point (·, outputs) (Held, Wolfe & Crowder 1974; Duchi et al. 2008)."""
    falling = -np.sort(-points, axis=1)
    excess = (np.cumsum(falling, axis=1) - 1.0) / np.arange(1, points.shape[1] + 1)
    last = (falling > excess).sum(axis=1) - 1
    return np.asarray(np.maximum(points - excess[np.arange(len(points)), last][:, None], 0.0))
