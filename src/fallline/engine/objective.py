"""What an optimizer lowers: the loss of an architecture on rows, with a penalty on large weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from fallline.engine import reference
from fallline.engine.architecture import Architecture
from fallline.engine.arrays import Array, Index
from fallline.engine.dropout import Dropout
from fallline.engine.rows import Rows, block_length

if TYPE_CHECKING:
    from fallline.engine.compiled.curvature import Curvature
    from fallline.engine.compiled.hessian import Hessian
    from fallline.engine.compiled.objective import CompiledObjective

Product = Callable[[Architecture, Array, Array, Array, Array], Array]

JACOBIAN_ELEMENTS = 2**20  # of a block; bounds the memory of a pass that needs the Jacobian


class Objective:
    """error(w) + ½ · l2 · Σ weights², where biases go unpunished.

    Parameters
    ----------
    architecture
        The network without its weights.
    rows
        The rows it is trained on.
    l2
        Strength of the penalty, in the unit of the loss; 0 for none.
    compiled
        Whether the compiled engine does the arithmetic; it keeps a copy of the rows where it takes all at a step.
    threads
        How many threads the compiled engine works with; None for as many as shorten a step.
    dropout
        Which activations are dropped wherever the gradient is asked for; the error alone is that of the whole network.
        The compiled engine has none.
    """

    def __init__(
        self,
        architecture: Architecture,
        rows: Rows,
        l2: float = 0.0,
        *,
        compiled: bool = False,
        threads: int | None = None,
        dropout: Dropout | None = None,
    ) -> None:
        self.architecture = architecture
        self.rows = rows.compact()
        self.l2 = l2
        self.compiled = compiled
        self.threads = threads
        self._block = block_length(max(architecture.shape))
        self._dropout = dropout
        if dropout is not None:
            dropout.require_fitting(architecture)
            self.compiled, self._drawn = False, np.random.default_rng(dropout.seed)

    @cached_property
    def _kernels(self) -> CompiledObjective:
        from fallline.engine.compiled.objective import CompiledObjective  # brings Numba

        X, y = self.rows.block(0, len(self.rows))
        return CompiledObjective(self.architecture, X, y, self._threads, self.rows.packed)

    @cached_property
    def _hessian(self) -> Hessian:
        from fallline.engine.compiled.hessian import Hessian

        X, y = self.rows.block(0, len(self.rows))
        return Hessian(self.architecture, X, y, self._threads)

    @property
    def _threads(self) -> int:
        from fallline.engine.compiled.first_order import WORK_OF_A_CALL, parts_for

        return self.threads or parts_for(self.architecture, len(self.rows), WORK_OF_A_CALL)

    @cached_property
    def _curvature(self) -> Curvature:
        from fallline.engine.compiled.curvature import Curvature, threads_for_matrix  # brings Numba

        X, y = self.rows.block(0, len(self.rows))
        return Curvature(self.architecture, X, y, self.threads or threads_for_matrix(self.architecture, len(X)))

    def error(self, parameters: Array) -> float:
        """Return the loss on all rows, without the penalty."""
        if self.compiled:
            return self._kernels.error(parameters)
        total = 0.0
        for X, y in self.rows.blocks(self._block):
            total += reference.loss(self.architecture, parameters, X, y) * self.share(len(X))
        return total

    def penalty(self, parameters: Array) -> float:
        """Return ½ · l2 · Σ weights²."""
        if self.l2 == 0.0:
            return 0.0
        return 0.5 * self.l2 * float(np.sum(self.architecture.is_weight * np.square(parameters)))

    def error_and_gradient(self, parameters: Array, positions: Index | None = None) -> tuple[float, Array]:
        """Return the loss without the penalty, and the gradient with it.

        With `positions`, of the batch of these rows, as if they were all there are; the penalty then counts so
        that an epoch of batches punishes as one step on all rows does.
        """
        if positions is not None:
            X, y = self.rows.batch(positions)
            error, gradient = self._loss_and_gradient(parameters, X, y)
            return error, self._with_penalty(parameters, gradient, len(positions))
        if self.compiled:
            error, gradient = self._kernels.error_and_gradient(parameters)
            return error, self._with_penalty(parameters, gradient, len(self.rows))
        error, gradient = 0.0, np.zeros_like(parameters)
        for X, y in self.rows.blocks(self._block):
            part, slope = self._loss_and_gradient(parameters, X, y)
            share = self.share(len(X))
            error += part * share
            gradient += slope * share
        return error, self._with_penalty(parameters, gradient, len(self.rows))

    def _loss_and_gradient(self, parameters: Array, X: Array, y: Array) -> tuple[float, Array]:
        if self._dropout is None:
            return reference.loss_and_gradient(self.architecture, parameters, X, y)
        masks = self._dropout.masks(self.architecture, len(X), parameters.dtype, self._drawn)
        return reference.loss_and_gradient(self.architecture, parameters, X, y, masks)

    def gauss_newton_product(self, parameters: Array, v: Array) -> Array:
        """Return the generalised Gauss–Newton matrix, with the penalty's diagonal, times v (parameters,)."""
        if self.compiled:
            product = self._curvature.gauss_newton_product(parameters, v)
        else:
            product = self._blockwise(reference.gauss_newton_product, parameters, v)
        return self._with_penalty(v, product, len(self.rows))

    def hessian_product(self, parameters: Array, v: Array) -> Array:
        """Return the Hessian of loss and penalty times v (parameters,)."""
        if self.compiled:
            product = self._hessian.product(parameters, v)
        else:
            product = self._blockwise(reference.hessian_vector_product, parameters, v)
        return self._with_penalty(v, product, len(self.rows))

    def second_derivative_product(self, parameters: Array, v: Array) -> Array:
        """Return Jᵀ H f″(v, v), as `reference.second_derivative_product`; the penalty adds nothing to it."""
        return self._blockwise(reference.second_derivative_product, parameters, v)

    def _blockwise(self, product: Product, parameters: Array, v: Array) -> Array:
        total = np.zeros_like(parameters)
        for X, y in self.rows.blocks(self._block):
            total += product(self.architecture, parameters, X, y, v) * self.share(len(X))
        return total

    def gauss_newton(self, parameters: Array) -> tuple[float, Array, Array]:
        """Return the loss without the penalty; gradient and Gauss–Newton matrix (parameters, parameters) with it.

        Block by block: the memory is that of a few such matrices, however many rows there are.
        """
        size = self.architecture.parameter_count
        if self.compiled:
            error, gradient, matrix = self._curvature.gauss_newton(parameters)
        else:
            error, gradient, matrix = 0.0, np.zeros_like(parameters), np.zeros((size, size), parameters.dtype)
            for X, y in self.jacobian_blocks():
                part, slope, curvature = reference.gauss_newton(self.architecture, parameters, X, y)
                share = self.share(len(X))
                error += part * share
                gradient += slope * share
                matrix += curvature * share
        matrix[np.diag_indices(size)] += (self.l2 * self.architecture.is_weight).astype(matrix.dtype)
        return error, self._with_penalty(parameters, gradient, len(self.rows)), matrix

    def jacobian_blocks(self) -> Iterator[tuple[Array, Array]]:
        """Return all rows in order, in blocks whose Jacobians bound the memory."""
        columns = self.architecture.parameter_count * self.architecture.outputs
        return self.rows.blocks(min(self._block, max(1, JACOBIAN_ELEMENTS // columns)))

    def share(self, rows: int) -> float:
        """Return what the loss of that many rows counts in the loss of all: 1 for a sum, rows / n for a mean."""
        scale, outputs = self.architecture.loss_function.scale, self.architecture.outputs
        return scale(len(self.rows), outputs) / scale(rows, outputs)

    def _with_penalty(self, parameters: Array, gradient: Array, rows: int) -> Array:
        """Add the penalty's gradient at the parameters, which is linear: also its product with a vector."""
        if self.l2 != 0.0:
            strength = self.l2 * (rows / len(self.rows)) / self.share(rows)
            gradient += (strength * self.architecture.is_weight * parameters).astype(gradient.dtype)
        return gradient
