"""Newton–CG: a trust region in which conjugate gradients solve Newton's equations; no matrix, only products."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fallline.engine import Array
from fallline.optimizers.full_batch import FullBatch, FullBatchDescent, Point
from fallline.optimizers.optimizer import Outcome

ACCEPTED = 1e-4  # the share of the predicted fall from which a step is taken
POOR, GOOD = 0.25, 0.75  # the shares below and above which the radius shrinks or grows
SHRINK, GROW = 0.25, 2.0
SLACK = 10.0  # roundings of the value, in which a fall is lost


@dataclass(frozen=True)
class NewtonCG(FullBatch):
    """Trust-region Newton with truncated conjugate gradients (Nocedal & Wright 2006, algorithms 4.1 and 7.2).

    It needs no memory but a few vectors; a step costs as many products with the Hessian as it takes conjugate
    gradients to come below min(½, √‖g‖) ‖g‖, and each about as much as one or two gradients.

    Parameters
    ----------
    gauss_newton
        Whether the Gauss–Newton matrix takes the place of the Hessian; it has no negative curvature.
    gradient_tolerance
        The largest element of the gradient at which the descent counts as converged.
    radius
        How far the first step may go.
    """

    gauss_newton: bool = False
    gradient_tolerance: float = 1e-10
    radius: float = 1.0

    name = "newton_cg"

    def descend(self, descent: FullBatchDescent) -> Outcome:
        point, radius = descent.start(), self.radius
        eps = float(np.finfo(descent.dtype).eps)
        while not descent.flat(point, self.gradient_tolerance):
            found = truncated_conjugate_gradients(self._product(descent, point), point.gradient, radius)
            trial = descent.at(point.position + found.step)
            slack = SLACK * eps * abs(point.value)
            if found.fall <= slack and trial.gradient_norm >= point.gradient_norm:  # only rounding is left
                return descent.stuck(point)
            share = (point.value - trial.value + slack) / (found.fall + slack)
            length = float(np.linalg.norm(found.step))
            if not share >= POOR:
                radius = SHRINK * length
            elif share > GOOD and found.at_boundary:
                radius = GROW * radius
            if share >= ACCEPTED:
                point = trial
                descent.accept(point)
            elif radius <= eps * max(1.0, float(np.abs(point.position).max())):
                return descent.stuck(point)
        return Outcome.CONVERGED

    def _product(self, descent: FullBatchDescent, point: Point) -> Callable[[Array], Array]:
        objective, dtype = descent.objective, descent.dtype
        product = objective.gauss_newton_product if self.gauss_newton else objective.hessian_product
        weights = point.position.astype(dtype, copy=False)

        def times(v: Array) -> Array:
            descent.ask()
            return product(weights, v.astype(dtype, copy=False)).astype(np.float64, copy=False)

        return times


class Truncated(NamedTuple):
    """A step that lowers the model gᵀp + ½ pᵀBp, and by how much."""

    step: Array
    fall: float
    at_boundary: bool


def truncated_conjugate_gradients(product: Callable[[Array], Array], g: Array, radius: float) -> Truncated:
    """Return about the p with ‖p‖ ≤ radius that makes gᵀp + ½ pᵀBp least (Steihaug 1983).

    The step ends at the boundary where it would pass it, and where a direction bends down (dᵀBd ≤ 0): there the
    further the better. `product` is v ↦ B v; g is not zero.
    """
    norm = float(np.linalg.norm(g))
    small = min(0.5, math.sqrt(norm)) * norm
    p, r, d = np.zeros_like(g), g.copy(), -g
    Bp = np.zeros_like(g)
    squares = norm * norm
    for _ in range(len(g)):
        Bd = product(d)
        bend = float(d.dot(Bd))
        step = squares / bend if bend > 0.0 else math.inf
        if not math.isfinite(step) or float(np.linalg.norm(p + step * d)) >= radius:
            to = _to_boundary(p, d, radius)
            return _truncated(p + to * d, Bp + to * Bd, g, at_boundary=True)
        p += step * d
        Bp += step * Bd
        r += step * Bd
        before, squares = squares, float(r.dot(r))
        if math.sqrt(squares) <= small:
            break
        d *= squares / before
        d -= r
    return _truncated(p, Bp, g, at_boundary=False)


def _truncated(p: Array, Bp: Array, g: Array, *, at_boundary: bool) -> Truncated:
    return Truncated(p, -float(g.dot(p)) - 0.5 * float(p.dot(Bp)), at_boundary)


def _to_boundary(p: Array, d: Array, radius: float) -> float:
    """Return τ ≥ 0 with ‖p + τ d‖ = radius."""
    a, b, c = float(d.dot(d)), float(p.dot(d)), float(p.dot(p)) - radius * radius
    root = math.sqrt(max(0.0, b * b - a * c))
    return (root - b) / a if b <= 0.0 else -c / (b + root)
