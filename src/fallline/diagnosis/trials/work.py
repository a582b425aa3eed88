"""Work in gradient evaluations on all rows: what an iteration of an optimizer costs, and an allowance that ends it.

Multiplications are counted, for n rows, k outputs and P parameters. A pass forward makes about P of them for each
row, a gradient 3 P: forward, the deltas back, and the weights' share (Griewank & Walther 2008, section 3.3, bound the
ratio of gradient and function by 4). One gradient on all rows, 3 n P, is the unit.
"""

from __future__ import annotations

import math

from fallline.engine import Architecture
from fallline.optimizers import BFGS, LBFGS, Auto, FirstOrder, LevenbergMarquardt, NewtonCG, Optimizer, Relay
from fallline.training.descent import Pace, Standing

ERROR = 1.0 / 3.0  # forward only
HESSIAN_PRODUCT = 8.0 / 3.0  # forward and deltas, both of them and the weights' share differentiated (Pearlmutter 1994)
UNLIMITED = 1 << 62


def gradient_cost(architecture: Architecture, unit: Architecture) -> float:
    """Return what a gradient of one network costs in gradients of another on the same rows."""
    return architecture.parameter_count / unit.parameter_count


def cost_of_iteration(optimizer: Optimizer, architecture: Architecture, rows: int) -> float:
    """Return what one iteration costs in gradient evaluations on all rows; the dearest one where they differ.

    - First order: one gradient, all rows at once or in batches.
    - L-BFGS, BFGS: one gradient (each further trial of the line search is counted as another), and the product with
      the inverse Hessian: 4 m P for m remembered steps (Nocedal & Wright 2006, algorithm 7.4), or 2 P² for the
      product and the update of the matrix.
    - Newton–CG: each product with the Hessian, and each gradient, counted as a product.
    - Levenberg–Marquardt: gradient and error of the trial, k n P²/2 for the Gauss–Newton matrix (its upper half), and
      P³/6 for its Cholesky factor; in the dual form, where n k < P, the two change places. With geodesic acceleration
      a second derivative along the step besides.
    """
    P, n, residuals = architecture.parameter_count, rows, rows * architecture.outputs
    unit = 3.0 * n * P
    if isinstance(optimizer, Auto):
        return cost_of_iteration(optimizer.choice(architecture, rows).optimizer, architecture, rows)
    if isinstance(optimizer, Relay):
        each = (*(leg.optimizer for leg in optimizer.legs), optimizer.last)
        return max(cost_of_iteration(one, architecture, rows) for one in each)
    if isinstance(optimizer, LBFGS):
        return 1.0 + 4.0 * optimizer.memory * P / unit
    if isinstance(optimizer, BFGS):
        return 1.0 + 2.0 * P**2 / unit
    if isinstance(optimizer, NewtonCG):
        return HESSIAN_PRODUCT
    if isinstance(optimizer, LevenbergMarquardt):
        less, more = sorted((P, residuals))
        matrix = 0.5 * more * less**2 + less**3 / 6.0
        bent = HESSIAN_PRODUCT if optimizer.geodesic_acceleration else 0.0
        return 1.0 + ERROR + bent + matrix / unit
    return 1.0


def passes(optimizer: Optimizer, steps: int, rows: int) -> float:
    """Return how many gradients on all rows so many steps of a first-order optimizer are."""
    batch = optimizer.batch_size if isinstance(optimizer, FirstOrder) else None
    return float(steps) if batch is None or batch >= rows else steps / math.ceil(rows / batch)


class Allowance(Pace):
    """Ends a descent when it has used up its work.

    An optimizer asks before each step, trial or product whether to go on; an answer of yes is one `cost` spent. First
    order is held to a number of iterations instead, since the compiled engine makes many of them at a time.
    """

    until = UNLIMITED

    def __init__(self, work: float, cost: float) -> None:
        self.most = max(0, math.floor(work / cost * (1.0 + 1e-12)))  # steps; 20.0 / 0.1 is 200 of them
        self.asked = 0

    @property
    def given_up(self) -> bool:  # type: ignore[override]  # only ever read
        """Whether the work is used up."""
        if self.asked >= self.most:
            return True
        self.asked += 1
        return False

    def wait(self, standing: Standing) -> None:
        """Never: there is nobody to wait for."""
