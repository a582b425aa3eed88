"""The ends of a symmetric matrix's spectrum that is known by its products alone, with residuals as certificates."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from fallline.engine import Array

DENSE = 400  # parameters up to which the whole matrix is formed
MOST_PRODUCTS = 300


class Eigenpair(NamedTuple):
    """An eigenvalue λ with its vector v (parameters,) of length 1; some eigenvalue lies within ‖Hv − λv‖ of λ."""

    value: float
    vector: Array
    residual: float


class RitzValues(NamedTuple):
    """Values among the eigenvalues, ascending, and the share of the eigenvalues that each stands for, by estimate.

    The square of the first element of a Ritz vector estimates that share, as the first direction was drawn at random
    (stochastic Lanczos quadrature: Ubaru, Chen & Saad 2017, section 3).
    """

    values: Array
    shares: Array  # sum to 1


class Spectrum(NamedTuple):
    """The Hessian's lowest and highest eigenvalues, and all of them where it was formed."""

    lowest: Eigenpair
    highest: Eigenpair
    values: Array | None  # all, ascending; None beyond `DENSE` parameters
    ritz: RitzValues | None = None  # what stands for them there

    @property
    def size(self) -> float:
        """The spectral norm."""
        return max(abs(self.lowest.value), abs(self.highest.value))


def dense_spectrum(matrix: Array) -> Spectrum:
    """Return the spectrum of a symmetric matrix (parameters, parameters)."""
    values, vectors = np.linalg.eigh(matrix)

    def pair(i: int) -> Eigenpair:
        v = vectors[:, i]
        return Eigenpair(float(values[i]), v, float(np.linalg.norm(matrix @ v - values[i] * v)))

    return Spectrum(pair(0), pair(-1), values)


def lanczos_spectrum(
    product: Callable[[Array], Array],
    size: int,
    rng: np.random.Generator,
    *,
    tolerance: float = 1e-6,
    over: Callable[[], bool] | None = None,
) -> Spectrum:
    """Return both ends of the spectrum by Lanczos's method, reorthogonalised (Golub & Van Loan 2013, section 10.3).

    Parameters
    ----------
    product
        The matrix times a vector (parameters,).
    size
        Number of parameters.
    tolerance
        Residual of both pairs, relative to the largest eigenvalue, at which it ends.
    over
        Whether the time is up, asked before each product; what is found by then is returned with its residual.
    """
    most = min(size, MOST_PRODUCTS)
    basis = np.empty((most + 1, size))
    diagonal: list[float] = []
    below: list[float] = []
    start = rng.standard_normal(size)
    basis[0] = start / np.linalg.norm(start)
    k = 0
    while True:
        w = product(basis[k])
        diagonal.append(float(basis[k] @ w))
        for _ in range(2):  # twice is enough (Parlett 1998, section 6.9)
            w = w - basis[: k + 1].T @ (basis[: k + 1] @ w)
        beta = float(np.linalg.norm(w))
        k += 1
        T = np.diag(diagonal) + np.diag(below, 1) + np.diag(below, -1)
        values, vectors = np.linalg.eigh(T)
        largest = max(abs(values[0]), abs(values[-1]), math.ulp(0.0))
        done = beta <= 1e-14 * largest or k == most
        open_ends = beta * max(abs(vectors[-1, 0]), abs(vectors[-1, -1]))
        if done or open_ends <= tolerance * largest or (k > 1 and over is not None and over()):
            break
        below.append(beta)
        basis[k] = w / beta

    def pair(i: int) -> Eigenpair:
        v = basis[:k].T @ vectors[:, i]
        v /= np.linalg.norm(v)
        Hv = product(v)
        value = float(v @ Hv)
        return Eigenpair(value, v, float(np.linalg.norm(Hv - value * v)))

    return Spectrum(pair(0), pair(-1), None, RitzValues(values, np.square(vectors[0])))
