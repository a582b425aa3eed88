"""Rows with weights: as often as they count, they might as well stand in the table."""

from __future__ import annotations

import numpy as np
import pytest

from fallline.engine import LOSSES, Architecture, Objective, Rows, reference
from fallline.engine.compiled.curvature import Curvature
from fallline.engine.compiled.hessian import Hessian
from fallline.engine.compiled.objective import CompiledObjective
from fallline.errors import FalllineError
from fallline.optimizers import Adam, BayesianRegularisation, LevenbergMarquardt
from fallline.optimizers.projection import project

from .closeness import assert_close

COUNTS = np.array([3, 1, 0, 2, 5, 1, 1, 4, 0, 2, 7, 1])
DTYPES = [np.float64, np.float32]


class Problem:
    """Rows with counts, and the same rows repeated as often."""

    def __init__(self, name, outputs=3, dtype=np.float64, hidden="tanh"):
        rng = np.random.default_rng(0)
        last = LOSSES[name].from_logits_of or "identity"
        self.plain = Architecture((4, 5, outputs), (hidden, last), name)
        self.weighted = Architecture((4, 5, outputs), (hidden, last), name, weighted=True)
        self.parameters = rng.normal(size=self.plain.parameter_count).astype(dtype)
        self.v = rng.normal(size=self.plain.parameter_count).astype(dtype)
        self.X = rng.normal(size=(len(COUNTS), 4)).astype(dtype)
        self.y = rng.uniform(size=(len(COUNTS), outputs)).astype(dtype)
        weights = COUNTS if self.is_sum else COUNTS / COUNTS.mean()
        self.y_weighted = np.column_stack([self.y, weights]).astype(dtype)
        self.repeated = self.X.repeat(COUNTS, axis=0), self.y.repeat(COUNTS, axis=0)

    @property
    def is_sum(self):
        return self.plain.loss == "half_squared_error"


@pytest.mark.parametrize("name", LOSSES)
def test_every_quantity_of_the_reference_equals_that_of_repeated_rows(name):
    p = Problem(name)
    weighted, repeated = (p.weighted, p.parameters, p.X, p.y_weighted), (p.plain, p.parameters, *p.repeated)
    for quantity in (reference.loss_and_gradient, reference.gauss_newton):
        for got, wanted in zip(quantity(*weighted), quantity(*repeated), strict=True):
            assert_close(got, wanted, relative=1e-12, what=quantity.__name__)
    for product in (
        reference.gauss_newton_product,
        reference.hessian_vector_product,
        reference.second_derivative_product,
    ):
        assert_close(product(*weighted, p.v), product(*repeated, p.v), relative=1e-12, what=product.__name__)


@pytest.mark.parametrize("name", [name for name, loss in LOSSES.items() if loss.has_residual])
def test_root_and_residual_give_the_gradient(name):
    p = Problem(name)
    _, gradient, A = reference.gauss_newton_root(p.weighted, p.parameters, p.X, p.y_weighted)
    rho = reference.residual(p.weighted, p.parameters, p.X, p.y_weighted)
    assert_close(A.T @ rho, gradient, relative=1e-12, what="gradient")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", LOSSES)
def test_the_kernels_equal_the_reference(name, dtype):
    p = Problem(name, dtype=dtype)
    relative = 1e-12 if dtype is np.float64 else 2e-5
    exact = [part.astype(np.float64) for part in (p.parameters, p.X, p.y_weighted)]
    error, gradient = reference.loss_and_gradient(p.weighted, *exact)
    got, slope = CompiledObjective(p.weighted, p.X, p.y_weighted).error_and_gradient(p.parameters)
    assert_close(got, error, relative=relative, what="error")
    assert_close(slope, gradient, relative=relative, share=1.0, what="gradient")
    matrix = Curvature(p.weighted, p.X, p.y_weighted).gauss_newton(p.parameters)[2]
    wanted = reference.gauss_newton(p.weighted, *exact)[2]
    assert_close(matrix, wanted, relative=relative, share=1.0, what="matrix")
    v = p.v.astype(np.float64)
    product = Curvature(p.weighted, p.X, p.y_weighted).gauss_newton_product(p.parameters, p.v)
    wanted = reference.gauss_newton_product(p.weighted, *exact, v)
    assert_close(product, wanted, relative=10 * relative, share=1.0, what="product")
    product = Hessian(p.weighted, p.X, p.y_weighted).product(p.parameters, p.v)
    wanted = reference.hessian_vector_product(p.weighted, *exact, v)
    assert_close(product, wanted, relative=10 * relative, share=1.0, what="Hessian's product")


@pytest.mark.parametrize("output", ["softmax", "tanh"])
def test_kernels_of_a_bent_output_equal_the_reference(output):
    p = Problem("mean_squared_error")
    architecture = Architecture((4, 5, 3), ("gelu", output), "mean_squared_error", weighted=True)
    got = CompiledObjective(architecture, p.X, p.y_weighted).error_and_gradient(p.parameters)
    wanted = reference.loss_and_gradient(architecture, p.parameters, p.X, p.y_weighted)
    assert_close(got[0], wanted[0], relative=1e-13, what="error")
    assert_close(got[1], wanted[1], relative=1e-11, what="gradient")
    product = Hessian(architecture, p.X, p.y_weighted).product(p.parameters, p.v)
    wanted = reference.hessian_vector_product(architecture, p.parameters, p.X, p.y_weighted, p.v)
    assert_close(product, wanted, relative=1e-10, what="Hessian's product")


class Record:
    """A watch that stops after some iterations and keeps the weights."""

    def __init__(self, iterations):
        self.left = iterations

    def iteration(self, iteration):
        self.left -= 1
        return self.left <= 0

    def portion(self):
        return 1

    def wanted(self, first, last):
        return range(first, last + 1)

    def target(self):
        return -np.inf

    def interrupted(self):
        return False


def descended(architecture, parameters, X, y, optimizer, compiled, iterations=8):
    objective = Objective(architecture, Rows(X, y), 0.01, compiled=compiled)
    parameters = parameters.copy()
    optimizer.minimize(objective, parameters, Record(iterations))
    return objective.error(parameters), parameters


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    "optimizer",
    [
        Adam(0.01),
        LevenbergMarquardt(),
        LevenbergMarquardt(variable_projection=True, geodesic_acceleration=True),
    ],
    ids=["adam", "lm", "projected"],
)
def test_a_descent_goes_the_way_of_repeated_rows(optimizer, compiled):
    p = Problem("mean_squared_error", outputs=2)
    error, weights = descended(p.weighted, p.parameters, p.X, p.y_weighted, optimizer, compiled)
    wanted, repeated = descended(p.plain, p.parameters, *p.repeated, optimizer, compiled)
    assert_close(error, wanted, relative=1e-8, what="error")
    assert_close(weights, repeated, relative=1e-6, what="weights")


def test_the_best_output_weights_are_those_of_repeated_rows():
    p = Problem("mean_squared_error", outputs=2)
    ends = []
    for architecture, rows in ((p.weighted, Rows(p.X, p.y_weighted)), (p.plain, Rows(*p.repeated))):
        w = p.parameters.copy()
        project(Objective(architecture, rows, 0.01), w)
        ends.append(w)
    assert not np.array_equal(ends[0], p.parameters)
    assert_close(ends[0], ends[1], relative=1e-10, what="weights")


@pytest.mark.parametrize("compiled", [False, True])
def test_mini_batches_count_by_weight(compiled):
    p = Problem("binary_cross_entropy")
    doubled = p.y_weighted.copy()
    doubled[:, -1] *= 2.0
    one = descended(p.weighted, p.parameters, p.X, p.y_weighted, Adam(0.01, batch_size=5), compiled)[0]
    two = Objective(p.weighted, Rows(p.X, doubled)).error(p.parameters)
    assert two == pytest.approx(2.0 * Objective(p.weighted, Rows(p.X, p.y_weighted)).error(p.parameters))
    assert one < 0.5 * two


def test_a_penalty_that_weights_would_mislead_is_refused():
    p = Problem("mean_squared_error")
    with pytest.raises(FalllineError, match=r"^optimizer 'bayesian_regularisation': it counts all rows alike"):
        descended(p.weighted, p.parameters, p.X, p.y_weighted, BayesianRegularisation(), False)


def test_a_verdict_on_weighted_rows_is_refused():
    from fallline.diagnosis.judge import judge
    from fallline.diagnosis.subject import Subject
    from fallline.network import Network

    p = Problem("mean_squared_error")
    network = Network.from_parameters(p.weighted, p.parameters)
    with pytest.raises(FalllineError, match=r"^rows of different weights: "):
        judge(Subject(network, Rows(p.X, p.y_weighted)))
