"""What can be measured of a network and its rows at the stop, each quantity once, when it is first asked for.

All of it is in float64, whatever the network's dtype, so that rounding in the examination is no evidence; and on
at most `MOST_ROWS` rows, drawn at random where there are more.
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np

from fallline.diagnosis.clock import Clock
from fallline.diagnosis.spectrum import DENSE, Spectrum, dense_spectrum, lanczos_spectrum
from fallline.diagnosis.subject import Subject, with_parameters
from fallline.engine import Architecture, Array, Objective, Rows, reference
from fallline.engine.choice import step_seconds, worth_compiling
from fallline.engine.reference import Layer
from fallline.training.plateau import Trend, trend

MOST_ROWS = 20_000
LIKELY_PASSES = 500.0  # over the rows, of an examination: for the spectrum, mostly
DENSE_SECONDS = 1.0  # that forming the Hessian may take
SHARE_OF_SPECTRUM = 0.2  # of the time that is left when it is asked for


class Measurements:
    """What can be measured of one subject without knowing what could be reached.

    Parameters
    ----------
    subject
        What is examined.
    clock
        How long it may take in all.
    seed
        Of everything that is drawn at random.
    """

    def __init__(self, subject: Subject, clock: Clock | None = None, seed: int = 0) -> None:
        self.subject = subject
        self.clock = clock or Clock()
        self.seed = seed

    def rng(self, *key: int) -> np.random.Generator:
        """Return a generator of its own for each key."""
        return np.random.default_rng([self.seed, *key])

    def at(self, parameters: Array) -> Measurements:
        """Return the measurements of the same subject with other weights (parameters,)."""
        return Measurements(with_parameters(self.subject, parameters), self.clock, self.seed)

    @property
    def architecture(self) -> Architecture:
        """Shape, activations and loss."""
        return self.subject.network.architecture

    @cached_property
    def parameters(self) -> Array:
        """The weights at the stop, (parameters,)."""
        return self.subject.network.parameters.astype(np.float64)

    @cached_property
    def rows(self) -> Rows:
        """The training rows, or as many of them as are looked at."""
        return _some(self.subject.training, self.rng(1))

    @property
    def X(self) -> Array:
        """Their inputs, (n, inputs)."""
        return self.rows.X

    @property
    def y(self) -> Array:
        """Their targets, (n, outputs)."""
        return self.rows.y

    @property
    def sampled(self) -> bool:
        """Whether there are more training rows than are looked at."""
        return len(self.rows) < len(self.subject.training)

    @cached_property
    def validation(self) -> Rows | None:
        """The validation rows, or as many of them as are looked at."""
        held_out = self.subject.validation
        return None if held_out is None or len(held_out) == 0 else _some(held_out, self.rng(2))

    @cached_property
    def objective(self) -> Objective:
        """What the descent lowered: the loss on the training rows, with the penalty."""
        compiled = worth_compiling(self.architecture, len(self.rows), LIKELY_PASSES)
        return Objective(self.architecture, self.rows, self.subject.l2, compiled=compiled)

    @cached_property
    def error(self) -> float:
        """The loss on the training rows at the stop, without the penalty."""
        return self.objective.error(self.parameters)

    @cached_property
    def validation_error(self) -> float:
        """The loss on the validation rows; nan without any."""
        if self.validation is None:
            return math.nan
        return Objective(self.architecture, self.validation).error(self.parameters)

    @cached_property
    def trace(self) -> list[Layer]:
        """What each layer computes for the rows: input, pre-activation z and activation a, each (n, ·)."""
        return reference.forward(self.architecture, self.parameters, self.X)

    @property
    def outputs(self) -> Array:
        """The network's outputs, (n, outputs)."""
        return self.trace[-1].a

    @cached_property
    def gradient(self) -> Array:
        """Of the objective, with the penalty, (parameters,)."""
        return self.objective.error_and_gradient(self.parameters)[1]

    @cached_property
    def gradient_norm(self) -> float:
        """Its Euclidean length."""
        return float(np.linalg.norm(self.gradient))

    @cached_property
    def spectrum(self) -> Spectrum:
        """Both ends of the spectrum of the objective's Hessian."""
        size = self.architecture.parameter_count
        a_product = 2.0 * step_seconds(self.architecture, len(self.rows))
        if size <= DENSE and size * a_product < DENSE_SECONDS:
            columns = [self.objective.hessian_product(self.parameters, unit) for unit in np.eye(size)]
            matrix = np.array(columns)
            return dense_spectrum(0.5 * (matrix + matrix.T))
        part = self.clock.part(SHARE_OF_SPECTRUM)
        return lanczos_spectrum(
            lambda v: self.objective.hessian_product(self.parameters, v), size, self.rng(3), over=lambda: part.over
        )

    def row_gradients(self, most: int = 512) -> Array:
        """Return the loss's gradient of each of at most `most` rows as if it were alone, (rows, parameters)."""
        chosen = slice(None) if len(self.rows) <= most else self.rng(4).choice(len(self.rows), most, replace=False)
        return reference.gradient_by_row(self.architecture, self.parameters, self.X[chosen], self.y[chosen])

    @cached_property
    def first(self) -> Measurements | None:
        """The same of the weights where the descent began, if they are known."""
        first = self.subject.first
        return None if first is None else self.at(first.parameters)

    @cached_property
    def trend(self) -> Trend | None:
        """The course of the training error at the end of the descent, if its history is long enough."""
        if self.subject.descent is None:
            return None
        column = self.subject.descent.history.column
        return trend(column("iteration"), column("train_error"), column("gradient_norm"))

    @cached_property
    def constant_error(self) -> float:
        """The loss of the best constant answer, whatever the output activation allows: without looking at any input."""
        loss, n = self.architecture.loss_function, len(self.rows)
        answer = self.y.mean(axis=0)
        if loss.name == "mean_absolute_error":
            answer = np.median(self.y, axis=0)
        if loss.from_logits_of == "sigmoid":
            answer = np.log(np.clip(answer, 1e-12, 1.0)) - np.log(np.clip(1.0 - answer, 1e-12, 1.0))
        elif loss.from_logits_of == "softmax":
            answer = np.log(np.clip(answer, 1e-12, None))
        constant: Array = np.broadcast_to(answer, self.y.shape)
        return loss.total(constant, self.y) * loss.scale(n, self.architecture.outputs)


def _some(rows: Rows, rng: np.random.Generator) -> Rows:
    """Return all rows or `MOST_ROWS` of them, in float64."""
    if len(rows) > MOST_ROWS:
        X, y = rows.batch(np.sort(rng.choice(len(rows), MOST_ROWS, replace=False)))
    else:
        X, y = rows.block(0, len(rows))
    return Rows(np.ascontiguousarray(X, dtype=np.float64), np.ascontiguousarray(y, dtype=np.float64))
