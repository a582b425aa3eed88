"""Errors on rows that the descent has not seen, row by row, so that a difference can be told from chance.

All errors here are means over rows of the loss of a row as if it were alone, which for a loss that is a sum, such as
half the squared error, makes those of different numbers of rows comparable.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fallline.diagnosis.measurements import Measurements
from fallline.engine import Architecture, Array, Rows
from fallline.engine.reference import loss_by_row

LEAST_ROWS = 20  # below which a validation error says too little
CLEAR = 3.0  # standard errors from which on a difference is no chance
LARGE, CLEAR_OF_LARGE = 0.4, 2.0  # share of the error, and standard errors that are enough for so large a difference


class Gap(NamedTuple):
    """How much more the network errs on validation rows than on training rows."""

    training: float  # mean loss of a row
    validation: float
    standard_error: float  # of the difference

    def clear(self, times: float, standard_errors: float) -> bool:
        """Whether the validation error is so many times the training error, and the difference is no chance."""
        difference = self.validation - self.training
        return self.validation >= times * self.training and difference > standard_errors * self.standard_error


class Gain(NamedTuple):
    """How much less another model errs on the same rows."""

    mean: float  # loss of a row that it saves; below 0 where it errs more
    standard_errors: float  # that the mean is above 0, by its own or, where single rows rule it, by the ranks

    def clear(self, of: float) -> bool:
        """Whether it is no chance, with fewer standard errors for a large share of the error `of`.

        What over-fitted networks lose on new rows, they lose on few of them, so that its mean has a large spread.
        """
        return self.standard_errors >= (CLEAR_OF_LARGE if self.mean >= LARGE * of else CLEAR)


def row_losses(architecture: Architecture, parameters: Array, rows: Rows) -> Array:
    """Return the loss of each row as if it were alone, (n,)."""
    return np.concatenate([loss_by_row(architecture, parameters, X, y) for X, y in rows.blocks(4_096)])


def too_few(measured: Measurements) -> str:
    """Return why the validation rows say too little, empty where there are enough."""
    if measured.validation is None:
        return "There are no validation rows, so nothing is known of rows that the descent has not seen."
    if len(measured.validation) < LEAST_ROWS:
        number = len(measured.validation)
        rows = f"There {'is' if number == 1 else 'are'} only {number} validation row{'s' * (number > 1)}"
        return f"{rows}: too few to tell its error on rows that the descent has not seen."
    return ""


def gap_between(training: Array, validation: Array) -> Gap:
    """Return the gap between losses of training rows (n,) and of validation rows (m,)."""
    variance = float(training.var()) / len(training) + float(validation.var()) / len(validation)
    return Gap(float(training.mean()), float(validation.mean()), math.sqrt(variance))


def paired_gain(losses: Array, others: Array) -> Gain:
    """Return what another model's losses (n,) save on the same rows.

    Held against chance by the standard error of the mean of the differences, and by Wilcoxon's signed ranks (1945)
    in their normal approximation, where a few rows with huge losses make the former useless.
    """
    saved = losses - others
    if not np.isfinite(saved).all():
        return Gain(float(saved.mean()), 0.0)
    spread = float(saved.std(ddof=1)) / math.sqrt(len(saved)) if len(saved) > 1 else math.inf
    by_mean = float(saved.mean()) / spread if spread > 0.0 else 0.0
    different = saved[saved != 0.0]
    n = len(different)
    if n < LEAST_ROWS:
        return Gain(float(saved.mean()), by_mean)
    ranks = np.empty(n)
    ranks[np.argsort(np.abs(different))] = np.arange(1, n + 1)
    by_ranks = float(ranks @ np.sign(different)) / math.sqrt(n * (n + 1) * (2 * n + 1) / 6)
    return Gain(float(saved.mean()), max(by_mean, by_ranks))


def per_row(measured: Measurements) -> str:
    """Return the words for the unit of these errors, where the loss is a sum and they are not its value."""
    return "" if math.isclose(of_one_row(measured.architecture, 2), 1.0) else " per row"


def constant_loss(measured: Measurements) -> float:
    """Return the mean loss of a training row of the best constant answer."""
    return measured.constant_error * of_one_row(measured.architecture, len(measured.rows))


def of_one_row(architecture: Architecture, rows: int) -> float:
    """Return what a loss over so many rows is to be multiplied by to be the mean loss of a row: 1 where it is that."""
    scale, outputs = architecture.loss_function.scale, architecture.outputs
    return scale(1, outputs) / (scale(rows, outputs) * rows)
