"""The network: an architecture with its weights, and the three things that one does with it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fallline.engine import Architecture, Array, lookup, per_layer, reference
from fallline.engine.choice import worth_compiling, worth_compiling_run
from fallline.engine.rows import block_length
from fallline.engine.threads import available_cores
from fallline.errors import FalllineError
from fallline.network.initialisers import draw

_DTYPES = {"float64": np.float64, "float32": np.float32}


class Network:
    """A feed-forward network of fully connected layers.

    Parameters
    ----------
    shape
        Sizes of the input and of every layer: [2, 3, 1] has two inputs, three hidden units and one output.
    activation
        One name for every layer, or a sequence with a name for each: sigmoid, tanh, relu, leaky_relu, elu,
        softplus, silu, gelu, identity; softmax for the last.
    loss
        half_squared_error (½ Σ (ŷ − y)², the default), mean_squared_error, mean_absolute_error, huber,
        binary_cross_entropy or categorical_cross_entropy.
    initialiser
        normal, glorot, he, lecun or nguyen_widrow; None takes the one that suits each layer's activation.
    seed
        Seed of the first weights; None draws different ones each time.
    dtype
        "float64" or "float32".

    Attributes
    ----------
    architecture
        Shape, activations and loss.
    parameters
        All weights and biases in one flat vector, owned by this network alone.

    Raises
    ------
    FalllineError
        If a size, a name or a combination cannot be.

    Examples
    --------
    >>> xor = [[0, 0], [0, 1], [1, 0], [1, 1]]
    >>> network = Network([2, 3, 1], activation="sigmoid", initialiser="normal", seed=0)
    >>> errors = network.train(xor, [0, 1, 1, 0], learning_rate=0.5, iterations=50_000)
    >>> network.run(xor).round().ravel().tolist()
    [0.0, 1.0, 1.0, 0.0]
    """

    def __init__(
        self,
        shape: Sequence[int],
        activation: str | Sequence[str] = "sigmoid",
        *,
        loss: str = "half_squared_error",
        initialiser: str | None = None,
        seed: int | None = None,
        dtype: npt.DTypeLike = "float64",
    ) -> None:
        sizes = tuple(operator.index(size) for size in shape)
        self.architecture = Architecture(sizes, per_layer(activation, len(sizes) - 1), loss)
        name = dtype if isinstance(dtype, str) else np.dtype(dtype).name
        drawn = draw(self.architecture, initialiser, np.random.default_rng(seed))
        self.parameters: Array = drawn.astype(lookup(_DTYPES, name, "dtype"))

    @classmethod
    def from_parameters(cls, architecture: Architecture, parameters: Array) -> Network:
        """Return a network with these weights, a flat vector which it copies."""
        if parameters.shape != (architecture.parameter_count,):
            raise FalllineError(
                f"parameters: expected a vector of {architecture.parameter_count} numbers for shape "
                f"{list(architecture.shape)}, got an array of shape {parameters.shape}."
            )
        lookup(_DTYPES, parameters.dtype.name, "dtype")
        network = cls.__new__(cls)
        network.architecture = architecture
        network.parameters = parameters.copy()
        return network

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the input and of every layer."""
        return self.architecture.shape

    @property
    def layers(self) -> list[Array]:
        """Each layer's weights W (units, inputs + 1), bias last: views, so that a change changes the network."""
        return self.architecture.layers(self.parameters)

    def run(self, X: npt.ArrayLike) -> Array:
        """Return the outputs (rows, outputs) for X (rows, inputs), or (outputs,) for one row (inputs,).

        Raises
        ------
        FalllineError
            If X has another number of columns than the network has inputs.
        """
        rows = self._inputs(X)
        outputs = self._run_compiled(rows) if worth_compiling_run(self.architecture, len(rows)) else self._run(rows)
        return outputs[0] if np.ndim(X) == 1 else outputs

    def predictor(self) -> Callable[[Array], Array]:
        """Return a function that does what `run` does in compiled code, prepared once: for many calls of few rows each.

        It takes rows (n, inputs), C-contiguous and of the network's dtype, sees the network's present weights, and
        is for one thread at a time. A call on one row takes some microseconds; preparing it may compile kernels.
        """
        from fallline.engine.compiled.prediction import Prediction  # brings Numba

        prediction = Prediction(self.architecture, self.parameters.dtype, threads=available_cores())
        return lambda X: prediction.run(self.parameters, X)

    def _run(self, rows: Array) -> Array:
        length = block_length(max(self.shape))
        if len(rows) <= length:
            return reference.run(self.architecture, self.parameters, rows)
        outputs = np.empty((len(rows), self.shape[-1]), self.parameters.dtype)
        for start in range(0, len(rows), length):
            part = rows[start : start + length]
            outputs[start : start + length] = reference.run(self.architecture, self.parameters, part)
        return outputs

    def _run_compiled(self, rows: Array) -> Array:
        return self.predictor()(np.ascontiguousarray(rows))

    def error(self, X: npt.ArrayLike, y: npt.ArrayLike) -> float:
        """Return the loss on rows X (rows, inputs) with targets y (rows, outputs)."""
        return reference.loss(self.architecture, self.parameters, *self._rows(X, y))

    def backpropagate(self, X: npt.ArrayLike, y: npt.ArrayLike, learning_rate: float) -> float:
        """Make one step of gradient descent on rows X with targets y; return the error before it.

        Raises
        ------
        FalllineError
            If X or y does not fit the network.
        """
        error, gradient = reference.loss_and_gradient(self.architecture, self.parameters, *self._rows(X, y))
        gradient *= learning_rate
        self.parameters -= gradient
        return error

    def train(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        learning_rate: float,
        iterations: int,
        report_every: int = 0,
        report: Callable[[str], Any] = print,
    ) -> Array:
        """Make that many steps of gradient descent, each on all rows.

        Parameters
        ----------
        X, y
            Rows (rows, inputs) and targets (rows, outputs); with one output, y may be (rows,).
        learning_rate
            What the gradient is multiplied by at each step.
        iterations
            Number of steps.
        report_every
            Hand a line with the iteration and the error to `report` every so many steps; 0 never does.

        Returns
        -------
        The error before each step, and last the error after all: (iterations + 1,).

        Raises
        ------
        FalllineError
            If X or y does not fit; or if the error overflows, in which case the weights before that step are kept.
        """
        X, y = self._rows(X, y)
        errors, i = np.empty(iterations + 1), 0
        with np.errstate(over="ignore", invalid="ignore"):
            for part in self._steps(X, y, learning_rate, iterations):
                errors[i : i + len(part)] = part
                for k in (
                    range(-(-i // report_every) * report_every, i + len(part), report_every) if report_every else ()
                ):
                    report(f"iteration {k:>9,}  error {errors[k]:.8g}")
                i += len(part)
                if not np.isfinite(part[-1]):
                    raise FalllineError(_overflow(errors[:i], learning_rate))
        return errors

    def _steps(self, X: Array, y: Array, learning_rate: float, iterations: int) -> Iterator[Array | list[float]]:
        """Make the steps; yield the error before each and after the last, in parts of any length.

        An error that is not finite ends it, with the weights before the step that led there put back.
        """
        if worth_compiling(self.architecture, len(X), iterations):
            from fallline.network.compiled import compiled_steps  # brings Numba

            yield from compiled_steps(self.architecture, self.parameters, X, y, learning_rate, iterations)
            return
        before = self.parameters.copy()
        for step in range(iterations + 1):
            error, gradient = reference.loss_and_gradient(self.architecture, self.parameters, X, y)
            if not np.isfinite(error):
                self.parameters[:] = before
            elif step < iterations:
                np.copyto(before, self.parameters)
                gradient *= learning_rate
                self.parameters -= gradient
            yield [error]
            if not np.isfinite(error):
                return

    def _inputs(self, X: npt.ArrayLike) -> Array:
        rows = np.asarray(X, dtype=self.parameters.dtype)
        if rows.ndim == 1:
            rows = rows[None, :]
        if rows.ndim != 2 or rows.shape[1] != self.shape[0]:
            raise FalllineError(
                f"X: expected rows of {self.shape[0]} numbers, one for each input of {list(self.shape)}, "
                f"got an array of shape {np.shape(X)}."
            )
        return rows

    def _rows(self, X: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Array, Array]:
        rows = self._inputs(X)
        if len(rows) == 0:
            raise FalllineError("X: expected at least one row, got none.")
        targets = np.asarray(y, dtype=self.parameters.dtype)
        if targets.ndim == 1 and (self.shape[-1] == 1 or len(rows) == 1):
            targets = targets.reshape(len(rows), -1) if targets.size == len(rows) * self.shape[-1] else targets
        if targets.shape != (len(rows), self.shape[-1]):
            raise FalllineError(
                f"y: expected {len(rows)} rows of {self.shape[-1]} numbers, one row for each row of X and one "
                f"number for each output of {list(self.shape)}, got an array of shape {np.shape(y)}."
            )
        return rows, targets

    def __repr__(self) -> str:
        names = self.architecture.activations
        activation = repr(names[0]) if len(set(names)) == 1 else repr(list(names))
        return (
            f"Network({list(self.shape)}, {activation}, loss={self.architecture.loss!r}, "
            f"dtype={self.parameters.dtype.name!r})"
        )


def _overflow(errors: Array, learning_rate: float) -> str:
    if len(errors) == 1:
        return f"The error is {errors[0]} before the first step: X, y or the first weights hold nan or huge numbers."
    return (
        f"The error overflowed at iteration {len(errors) - 1} (before it: {errors[-2]:.6g}). "
        f"A learning rate below {learning_rate:g} would keep the descent stable."
    )
