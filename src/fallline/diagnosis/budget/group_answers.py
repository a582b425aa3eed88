"""The least loss that is possible where rows come in groups and each group gets one answer.

With the rows of identical inputs as groups it is what no function of the inputs can go below; with the answers confined
to what the output activation can give, what no network with that output can; and with the rows to which a
network gives the same output, what is left while it does not tell them apart. Exact for every loss: each is convex
in the answer and adds up over rows and, but for the softmax, over outputs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fallline.engine import Array, Index
from fallline.engine.architecture import Architecture
from fallline.engine.losses import HUBER_DELTA, LOSSES

HALVINGS = 64  # of an interval: to the last bit of a double
CURVATURE = {"mean_squared_error": 2.0, "half_squared_error": 1.0}
SHARED_ENTROPIES = ("binary_cross_entropy", "categorical_cross_entropy")
ATTAINED = ("relu", "silu", "gelu")  # activations that reach the lower end of their range


class GroupAnswers(NamedTuple):
    """One answer for each group, and what the loss is with them."""

    loss: float
    answers: Array  # (groups, outputs), as outputs of the network: probabilities for cross-entropies


def best_answers(loss_name: str, y: Array, groups: Index) -> GroupAnswers:
    """Return the best answer of each group, whatever an output activation allows.

    The mean of its targets for squared errors and cross-entropies, whose loss then is the entropy of that mean with
    0 ln 0 = 0; the median for absolute errors.

    Parameters
    ----------
    loss_name
        Of the loss.
    y, groups
        Targets (n, outputs) and the number of each row's group, (n,), from 0 on.
    """
    if loss_name in SHARED_ENTROPIES:
        return _least_entropy(loss_name, y, groups)
    answers = _Answers(loss_name, y, groups)
    best = answers.least(np.zeros_like(answers.counts))
    return GroupAnswers(answers.loss(best), best)


def best_answers_in_range(architecture: Architecture, y: Array, groups: Index) -> GroupAnswers:
    """Return the best answer of each group in the closed range of the output activation."""
    if architecture.loss in SHARED_ENTROPIES:  # whose best answers are probabilities already
        return _least_entropy(architecture.loss, y, groups)
    answers = _Answers(architecture.loss, y, groups)
    if architecture.activations[-1] == "softmax":
        return answers.on_simplex()
    low, high = architecture.layer_activations[-1].range
    best = np.clip(answers.least(np.zeros_like(answers.counts)), low, high)  # convex: the nearest in range is best
    return GroupAnswers(answers.loss(best), best)


def approached_only(architecture: Architecture, answers: Array) -> bool:
    """Whether some answer lies at an open end of the output's range, where only infinite weights would bring it."""
    low, high = architecture.layer_activations[-1].range
    at_low = architecture.activations[-1] not in ATTAINED and bool((answers <= low).any())
    return at_low or bool((answers >= high).any())


def group_means(y: Array, groups: Index) -> Array:
    """Return the mean targets of each group, (groups, outputs)."""
    counts = np.bincount(groups)
    return np.stack([np.bincount(groups, column) / counts for column in y.T], axis=1)


def _least_entropy(loss_name: str, y: Array, groups: Index) -> GroupAnswers:
    counts, loss = np.bincount(groups)[:, None], LOSSES[loss_name]
    means = group_means(y, groups)
    if loss.from_logits_of == "softmax":
        sums = means.sum(axis=1, keepdims=True)
        answers = np.divide(means, sums, out=np.full_like(means, 1.0 / means.shape[1]), where=sums > 0.0)
        total = -np.sum(counts * _times_log(means, answers))
    else:
        answers = np.clip(means, 0.0, 1.0)
        total = -np.sum(counts * (_times_log(answers, answers) + _times_log(1.0 - answers, 1.0 - answers)))
    return GroupAnswers(max(0.0, float(total)) * loss.scale(len(y), y.shape[1]), answers)


def _times_log(p: Array, q: Array) -> Array:
    """Return p ln q, 0 where p is 0."""
    return p * np.log(q, out=np.zeros_like(q), where=q > 0.0)


class _Answers:
    """The losses that are sums over outputs of a convex function of answer − target."""

    def __init__(self, loss_name: str, y: Array, groups: Index) -> None:
        self.name, self.y, self.groups = loss_name, y, groups
        self.counts = np.repeat(np.bincount(groups).astype(np.float64)[:, None], y.shape[1], axis=1)

    def loss(self, answers: Array) -> float:
        """Return the loss with one answer for each group (groups, outputs)."""
        loss = LOSSES[self.name]
        return loss.total(answers[self.groups], self.y) * loss.scale(*self.y.shape)

    def least(self, slopes: Array) -> Array:
        """Return each group's minimiser of its unscaled loss plus slope · answer, both (groups, outputs)."""
        if self.name in CURVATURE:
            return group_means(self.y, self.groups) - slopes / (CURVATURE[self.name] * self.counts)
        if self.name == "mean_absolute_error":
            return self._order_statistic(slopes)
        return self._huber(slopes)

    def _order_statistic(self, slopes: Array) -> Array:
        """The loss falls while more targets are above than below, by more than the slope."""
        starts = np.concatenate([[0.0], np.cumsum(self.counts[:-1, 0])]).astype(np.int64)
        place = (self.counts - slopes) / 2.0
        answers = np.empty_like(slopes)
        for j, column in enumerate(self.y.T):
            ordered = column[np.lexsort((column, self.groups))]
            within = np.clip(np.floor(place[:, j]), 0, self.counts[:, j] - 1).astype(np.int64)
            answers[:, j] = ordered[starts + within]
        return np.where(place < 0.0, -np.inf, np.where(place > self.counts, np.inf, answers))

    def _huber(self, slopes: Array) -> Array:
        """Halve the interval in which the derivative, the sum of errors cut off at ±δ, passes −slope."""
        low, high = np.full_like(slopes, np.inf), np.full_like(slopes, -np.inf)
        np.minimum.at(low, self.groups, self.y - HUBER_DELTA)
        np.maximum.at(high, self.groups, self.y + HUBER_DELTA)
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            cut = np.clip(middle[self.groups] - self.y, -HUBER_DELTA, HUBER_DELTA)
            rising = group_means(cut, self.groups) * self.counts + slopes > 0.0
            low, high = np.where(rising, low, middle), np.where(rising, middle, high)
        steepest = HUBER_DELTA * self.counts
        return np.where(slopes > steepest, -np.inf, np.where(slopes < -steepest, np.inf, 0.5 * (low + high)))

    def on_simplex(self) -> GroupAnswers:
        """Return the best answers of 0 or more that sum to 1 in each group.

        By the dual problem: a multiplier for each group's sum, found by halving; its value is a lower bound of the
        loss for any multiplier, and the loss itself for the best (Boyd & Vandenberghe 2004, section 5.5).
        """
        reach = 1.0 + float(np.abs(self.y).max())
        most = 2.0 * reach * self.counts[:, :1]  # slopes that push every answer to 0, or to 1
        low, high = -most, most
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            above = self._confined(middle).sum(axis=1, keepdims=True) > 1.0
            low, high = np.where(above, middle, low), np.where(above, high, middle)
        multiplier = 0.5 * (low + high)
        answers = self._confined(multiplier)
        excess = float(np.sum(multiplier * (answers.sum(axis=1, keepdims=True) - 1.0)))
        return GroupAnswers(self.loss(answers) + excess * LOSSES[self.name].scale(*self.y.shape), answers)

    def _confined(self, multiplier: Array) -> Array:
        return np.clip(self.least(np.broadcast_to(multiplier, self.counts.shape)), 0.0, 1.0)
