from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import lstsq
from scipy.optimize import least_squares

from fallline.engine import ACTIVATIONS, LOSSES, Architecture, Objective, Rows, reference
from fallline.engine.compiled.levenberg_marquardt_run import LevenbergMarquardtRun
from fallline.errors import FalllineError
from fallline.network import Network
from fallline.optimizers import LevenbergMarquardt, Outcome
from fallline.optimizers.damped_step import dual_step, orthogonal_step, primal_step, triangular_factor
from fallline.training.descent import descend
from fallline.training.stopping import Limits, StopReason

from .problems import Watch, linear

LAST = {name: loss.from_logits_of or "identity" for name, loss in LOSSES.items()}
each_engine = pytest.mark.parametrize("compiled", [False, True], ids=["reference", "compiled"])


def problem(shape=(2, 5, 1), loss="mean_squared_error", rows=40, l2=0.0, seed=0, dtype=np.float64, compiled=False):
    rng = np.random.default_rng(seed)
    hidden = ("tanh",) * (len(shape) - 2)
    architecture = Architecture(shape, (*hidden, LAST[loss]), loss)
    X, y = rng.normal(size=(rows, shape[0])), rng.uniform(0.1, 0.9, size=(rows, shape[-1]))
    if loss == "categorical_cross_entropy":
        y /= y.sum(axis=1, keepdims=True)
    start = rng.normal(size=architecture.parameter_count).astype(dtype)
    return Objective(architecture, Rows(X.astype(dtype), y.astype(dtype)), l2, compiled=compiled), start


def dense_step(objective, w, damping):
    """The textbook's step for a squared error with one output: J from the reference, and NumPy's solve."""
    rows, a = objective.rows, objective.architecture
    J = reference.jacobian(a, w, rows.X).reshape(-1, len(w))
    residual = (reference.run(a, w, rows.X) - rows.y).reshape(-1)
    factor = 2.0 * a.loss_function.scale(len(rows), a.outputs)
    P = np.diag(objective.l2 * a.is_weight)
    M, g = factor * J.T @ J + P, factor * J.T @ residual + P @ w
    return -np.linalg.solve(M + damping * np.diag(M).max() * np.eye(len(w)), g), g


def dense_acceleration(objective, w, v, damping):
    """−(M + damping)⁻¹ JᵀH f″ with f″ along v by central differences, for any loss; the matrix has the penalty."""
    a, X, y = objective.architecture, objective.rows.X, objective.rows.y
    logits, h = a.loss_function.from_logits_of is not None, 1e-4

    def seen(t):
        final = reference.forward(a, w + t * v, X)[-1]
        return final.z if logits else final.a

    bend = (seen(h) - 2.0 * seen(0.0) + seen(-h)) / h**2
    S = a.loss_function.curvature_root(seen(0.0), y) * math.sqrt(a.loss_function.scale(len(X), a.outputs))
    A = reference.gauss_newton_root(a, w, X, y)[2]
    M = objective.gauss_newton(w)[2]
    force = A.T @ np.einsum("rji,rj->ri", S, bend).reshape(-1)
    return -np.linalg.solve(M + damping * np.diag(M).max() * np.eye(len(w)), force)


@each_engine
@pytest.mark.parametrize("rows", [40, 9])  # of 21 parameters
@pytest.mark.parametrize("l2", [0.0, 0.1])
def test_the_first_step_is_that_of_the_dense_jacobian(l2, rows, compiled):
    objective, w = problem(l2=l2, rows=rows, compiled=compiled)
    expected, _ = dense_step(objective, w, 0.3)
    parameters, watch = w.copy(), Watch(1)
    assert LevenbergMarquardt(damping=0.3).minimize(objective, parameters, watch) is Outcome.STOPPED
    np.testing.assert_allclose(parameters - w, expected, rtol=1e-9, atol=1e-12)
    (told,) = watch.history
    assert told.error == pytest.approx(objective.error(parameters), rel=1e-12)
    assert told.gradient_norm == pytest.approx(np.linalg.norm(dense_step(objective, parameters, 1.0)[1]), rel=1e-9)
    assert told.step_size == pytest.approx(np.linalg.norm(expected), rel=1e-9)
    assert (told.number, told.steps, told.age) == (1, 2, 1)


@each_engine
@pytest.mark.parametrize(("rows", "threads"), [(40, 1), (9, 1), (300, 2)])  # of 21 parameters
@pytest.mark.parametrize("l2", [0.0, 0.1])
def test_geodesic_acceleration_bends_the_step_by_half_of_the_dense_one(l2, rows, threads, compiled):
    objective, w = problem(l2=l2, rows=rows, compiled=compiled)
    objective.threads = threads
    v, _ = dense_step(objective, w, 0.3)
    a = dense_acceleration(objective, w, v, 0.3)
    assert 0.01 < 2.0 * np.linalg.norm(a) / np.linalg.norm(v) < 0.75
    parameters, watch = w.copy(), Watch(1)
    LevenbergMarquardt(damping=0.3, geodesic_acceleration=True).minimize(objective, parameters, watch)
    np.testing.assert_allclose(parameters - w, v + 0.5 * a, rtol=1e-5, atol=1e-7)
    assert watch.history[0].step_size == pytest.approx(np.linalg.norm(v + 0.5 * a), rel=1e-6)


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_the_bent_step_through_every_activation_is_that_of_the_reference(activation):
    hidden = "tanh" if activation == "softmax" else activation
    architecture = Architecture((2, 4, 3, 2), (hidden, hidden, activation), "mean_squared_error")
    rng, ends = np.random.default_rng(5), []
    X, y, start = rng.normal(size=(50, 2)), rng.normal(size=(50, 2)), rng.normal(size=architecture.parameter_count)
    for geodesic, compiled in ((False, False), (True, False), (True, True)):
        objective, parameters = Objective(architecture, Rows(X, y), compiled=compiled), start.copy()
        LevenbergMarquardt(damping=3.0, geodesic_acceleration=geodesic).minimize(objective, parameters, Watch(1))
        ends.append(parameters - start)
    straight, reference_step, compiled_step = ends
    assert np.linalg.norm(reference_step - straight) > 1e-4 * np.linalg.norm(straight)
    np.testing.assert_allclose(compiled_step, reference_step, rtol=1e-8, atol=1e-10)


@each_engine
@pytest.mark.parametrize("rows", [40, 9])
def test_a_step_whose_acceleration_is_too_long_is_tried_with_more_damping(rows, compiled):
    """Nielsen's factors: 2, 4, 8 … until twice the acceleration is at most three quarters of the step."""
    objective, w = problem(rows=rows, compiled=compiled)
    damping, factor, rejected = 1e-6, 2.0, 0
    while True:
        v, _ = dense_step(objective, w, damping)
        a = dense_acceleration(objective, w, v, damping)
        bent = 2.0 * np.linalg.norm(a) <= 0.75 * np.linalg.norm(v)
        if bent and objective.error(w + v + 0.5 * a) < objective.error(w):
            break
        damping, factor, rejected = damping * factor, factor * 2.0, rejected + (not bent)
    assert rejected > 2
    parameters = w.copy()
    LevenbergMarquardt(damping=1e-6, geodesic_acceleration=True).minimize(objective, parameters, Watch(1))
    np.testing.assert_allclose(parameters - w, v + 0.5 * a, rtol=1e-4, atol=1e-6)


@each_engine
def test_it_ends_in_the_minimum_of_scipys_least_squares(compiled):
    """A well-posed problem: the targets are a network's outputs with noise, and the start is near its weights."""
    _, start = problem((1, 2, 1))
    a, rng = Architecture((1, 2, 1), ("tanh", "identity"), "mean_squared_error"), np.random.default_rng(1)
    X, truth = np.linspace(-3, 3, 60)[:, None], np.array([1.0, 1.5, 3.0, -4.0, 1.5, 1.0, 0.3])
    objective = Objective(a, Rows(X, reference.run(a, truth, X) + 0.02 * rng.normal(size=X.shape)), compiled=compiled)
    start, rows = truth + 0.05 * start, objective.rows

    def residuals(w):
        return (reference.run(a, w, rows.X) - rows.y).reshape(-1) * math.sqrt(2 / len(rows))

    theirs = least_squares(residuals, start, method="lm", xtol=1e-15, ftol=1e-15, gtol=1e-15)
    parameters = start.copy()
    assert LevenbergMarquardt().minimize(objective, parameters, Watch(500)) is Outcome.CONVERGED
    assert objective.error(parameters) == pytest.approx(theirs.cost, rel=1e-12)
    np.testing.assert_allclose(parameters, theirs.x, rtol=1e-5, atol=1e-6)


@each_engine
@pytest.mark.parametrize("l2", [0.0, 0.3])
def test_a_linear_network_is_at_its_floor_after_a_few_iterations(l2, compiled):
    p = linear(l2=l2)
    objective = Objective(p.objective.architecture, p.objective.rows, l2, compiled=compiled)
    parameters, watch = p.start.copy(), Watch(100)
    assert LevenbergMarquardt().minimize(objective, parameters, watch) is Outcome.CONVERGED
    np.testing.assert_allclose(parameters, p.solution, rtol=1e-9)
    assert len(watch.history) < 12


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 30), st.integers(1, 40), st.floats(-6, 3), st.integers(0, 2**32 - 1))
def test_dual_and_orthogonal_steps_are_the_primal_step(rows, size, exponent, seed):
    rng = np.random.default_rng(seed)
    A, rho = rng.normal(size=(rows, size)), rng.normal(size=rows)
    E, p = 10.0**exponent * rng.uniform(1, 2, size=size), rng.normal(size=size)
    g = A.T @ rho + p
    expected = primal_step(A.T @ A, E, g)
    tolerance = {"rtol": 1e-6, "atol": 1e-6 * np.abs(expected).max()}
    np.testing.assert_allclose(dual_step(A, E, g), expected, **tolerance)
    R = triangular_factor([(A[i : i + 7], rho[i : i + 7]) for i in range(0, rows, 7)], size)
    for with_residual in (True, False):
        np.testing.assert_allclose(orthogonal_step(R, E, p, g, with_residual=with_residual), expected, **tolerance)


def test_the_orthogonal_step_equals_least_squares_where_the_matrix_would_be_singular():
    """Columns that agree to nine digits: the matrix's condition number is 1e18, too much for its digits."""
    rng = np.random.default_rng(0)
    A, rho = rng.normal(size=(50, 6)), rng.normal(size=50)
    A[:, 5] = A[:, 4] + 1e-9 * A[:, 5]
    damping, zero = np.full(6, 1e-22), np.zeros(6)
    R = triangular_factor([(A[:20], rho[:20]), (A[20:], rho[20:])], 6)
    stacked = np.vstack([A, 1e-11 * np.eye(6)])
    expected = np.linalg.lstsq(stacked, -np.concatenate([rho, zero]), rcond=0)[0]
    found = orthogonal_step(R, damping, zero, A.T @ rho, with_residual=True)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert primal_step(A.T @ A, damping, A.T @ rho) is None


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(1, 6), min_size=2, max_size=4),
    st.sampled_from(sorted(LOSSES)),
    st.integers(1, 90),
    st.sampled_from([0.0, 0.05]),
    st.sampled_from([0.0, 0.1, 1.0]),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_the_compiled_loop_goes_the_way_of_the_reference(shape, loss, rows, l2, least_scale, geodesic, seed):
    optimizer = LevenbergMarquardt(least_scale=least_scale, damping=0.1, geodesic_acceleration=geodesic)
    told, ends = [], []
    for compiled in (False, True):
        objective, parameters = problem(tuple(shape), loss, rows, l2, seed, compiled=compiled)
        watch = Watch(6)
        with np.errstate(all="ignore"):
            ends.append(optimizer.minimize(objective, parameters, watch))
        told.append(watch.history)
    for ours, theirs in zip(*told, strict=False):
        # a relative tolerance only above the noise: where residuals vanish, so do all digits of what is left
        assert ours.error == pytest.approx(theirs.error, rel=1e-6, abs=1e-14)
        assert ours.step_size == pytest.approx(theirs.step_size, rel=1e-4, abs=1e-7)
        assert (ours.number, ours.steps) == (theirs.number, theirs.steps)
    if min(len(history) for history in told) < 6:  # one has ended, at the bottom: so must have the other
        lowest = [history[-1].error if history else 0.0 for history in told]
        assert lowest[0] == pytest.approx(lowest[1], rel=1e-6, abs=1e-14)


@each_engine
@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_error_with_penalty_never_rises_and_falls(loss, compiled):
    objective, start = problem((3, 4, 2), loss, l2=0.01, compiled=compiled)
    watch = Watch(30)
    LevenbergMarquardt().minimize(objective, start.copy(), watch)
    values = [objective.error(start) + objective.penalty(start)]
    values += [told.error + objective.penalty(told.parameters) for told in watch.history if told.parameters is not None]
    assert (np.diff(values) < 1e-15).all()
    assert values[-1] < values[0]


@each_engine
def test_float32_weights_descend_in_float64_and_are_rounded_at_the_end(compiled):
    double, start = problem(dtype=np.float64, seed=3, compiled=compiled)
    single, _ = problem(dtype=np.float32, seed=3, compiled=compiled)
    exact, rounded = start.astype(np.float32).astype(np.float64), start.astype(np.float32)
    LevenbergMarquardt().minimize(double, exact, Watch(10))
    LevenbergMarquardt().minimize(single, rounded, Watch(10))
    assert rounded.dtype == np.float32
    assert single.error(rounded) == pytest.approx(double.error(exact), rel=1e-4)


@each_engine
def test_first_weights_at_the_floor_have_converged_without_an_iteration(compiled):
    p = linear()
    objective = Objective(p.objective.architecture, p.objective.rows, compiled=compiled)
    parameters, watch = p.start.copy(), Watch()
    LevenbergMarquardt().minimize(objective, parameters, Watch())
    assert LevenbergMarquardt().minimize(objective, parameters, watch) is Outcome.CONVERGED
    assert watch.history == []


@each_engine
def test_an_error_that_is_no_number_at_the_first_weights_is_told_and_changes_nothing(compiled):
    objective, start = problem(compiled=compiled)
    for bad in (math.nan, 1e200):
        parameters = start.copy()
        parameters[-1] = bad
        with np.errstate(all="ignore"):
            assert LevenbergMarquardt().minimize(objective, parameters, Watch()) is Outcome.NOT_FINITE
        np.testing.assert_array_equal(parameters, [*start[:-1], bad])


@each_engine
@pytest.mark.parametrize("rows", [3, 60])
def test_a_singular_system_is_solved_all_the_same(rows, compiled):
    """Columns that are equal, or zero, and more parameters than rows: the Gauss–Newton matrix has no inverse."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 1))
    X, y = np.c_[x, x, 0 * x], np.sin(x)
    a = Architecture((3, 4, 1), ("tanh", "identity"), "mean_squared_error")
    objective = Objective(a, Rows(X, y), compiled=compiled)
    parameters = rng.normal(size=a.parameter_count)
    LevenbergMarquardt(damping=1e-20, least_scale=0.0).minimize(objective, parameters, Watch(200))
    assert objective.error(parameters) < 1e-5


@each_engine
def test_a_target_that_is_met_at_the_start_ends_there(compiled):
    objective, _ = problem()
    network = Network([2, 5, 1], ["tanh", "identity"], loss="mean_squared_error", seed=0)
    before = network.parameters.copy()
    ended = descend(network, objective.rows, LevenbergMarquardt(), limits=Limits(target_error=1e9), compiled=compiled)
    assert (ended.stop_reason, ended.iterations) == (StopReason.TARGET_REACHED, 0)
    np.testing.assert_array_equal(network.parameters, before)


@each_engine
def test_a_target_ends_the_descent_at_the_weights_that_reached_it(compiled):
    objective, _ = problem(rows=15)
    network = Network([2, 5, 1], ["tanh", "identity"], loss="mean_squared_error", seed=0)
    limits = Limits(target_error=1e-6, plateau=False)
    ended = descend(network, objective.rows, LevenbergMarquardt(), limits=limits, compiled=compiled)
    assert ended.stop_reason is StopReason.TARGET_REACHED
    assert objective.error(network.parameters) == pytest.approx(ended.train_error, rel=1e-9)
    assert ended.train_error <= 1e-6 < ended.history.column("train_error")[-2]


@each_engine
@pytest.mark.parametrize("iterations", [1, 2, 9])
def test_it_stops_when_the_watch_says_so_at_that_iterations_weights(iterations, compiled):
    objective, parameters = problem(compiled=compiled)
    watch = Watch(iterations)
    assert LevenbergMarquardt().minimize(objective, parameters, watch) is Outcome.STOPPED
    assert len(watch.history) == iterations
    np.testing.assert_array_equal(parameters, watch.history[-1].parameters)
    assert watch.history[-1].error == pytest.approx(objective.error(parameters), rel=1e-12)


def test_matrices_that_do_not_fit_into_memory_are_refused_before_they_are_made(monkeypatch):
    monkeypatch.setattr("fallline.engine.memory.WORTH_ASKING", 0)
    monkeypatch.setattr("fallline.engine.memory.available_memory", lambda: 1_000_000)
    monkeypatch.setattr("fallline.optimizers.levenberg_marquardt.available_cores", lambda: 2)
    objective, parameters = problem((30, 10, 1), rows=5)
    with pytest.raises(FalllineError) as caught:
        LevenbergMarquardt().minimize(objective, parameters, Watch())
    assert str(caught.value) == (
        "optimizer levenberg_marquardt: the matrices of 321 parameters would take 0.00412 GB of memory, and 0.001 GB "
        "are available. Use optimizer lbfgs, which needs none, or a smaller network."
    )


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"damping": 0.0}, "damping 0.0: expected a number above 0, such as 0.001."),
        ({"least_factor": 1.0}, "least factor 1.0: expected a number between 0 and 1, such as 0.1."),
    ],
)
def test_settings_that_cannot_be_are_refused(wrong, text):
    with pytest.raises(FalllineError, match=text.replace(".", r"\.")):
        LevenbergMarquardt(**wrong).require_fitting(10)


@pytest.mark.parametrize("rows", [30, 3000])
def test_runs_are_the_same_bit_for_bit(rows):
    ends = []
    for _ in range(2):
        objective, parameters = problem(rows=rows, compiled=True)
        LevenbergMarquardt().minimize(objective, parameters, Watch(20))
        ends.append(parameters.tobytes())
    assert ends[0] == ends[1]


@pytest.mark.parametrize(
    "way", [{}, {"variable_projection": True}, {"geodesic_acceleration": True}, {"orthogonal": True}]
)
def test_the_bits_depend_on_the_parts_and_not_on_who_takes_them(way):
    objective, start = problem((2, 5, 2), rows=3000)
    ends = []
    for parts, threads in ((3, 1), (3, 2), (3, 3), (1, 1)):
        run = LevenbergMarquardtRun(
            objective.architecture,
            start,
            objective.rows.X,
            objective.rows.y,
            l2=1e-3,
            target=-math.inf,
            damping=0.01,
            least_factor=0.1,
            least_scale=1.0,
            gradient_tolerance=0.0,
            flat_gradient=0.0,
            parts=parts,
            **way,
        )
        run._choice = SimpleNamespace(threads=threads, steps_at_once=5, note=lambda steps, seconds: None)
        records, made = np.zeros((12, 3)), 0
        while made < 12:
            made += run.iterations(records[made:])[1]
        run.close()
        ends.append((run.parameters.copy(), records))
    for parameters, records in ends[1:3]:
        np.testing.assert_array_equal(parameters, ends[0][0])
        np.testing.assert_array_equal(records, ends[0][1])
    assert (ends[3][0] != ends[0][0]).any()  # so that another order of the sums would show
    np.testing.assert_allclose(ends[3][1], ends[0][1], rtol=1e-6)


def test_a_float32_network_and_float64_work_share_no_rows():
    objective, parameters = problem((2, 5, 1), rows=40, dtype=np.float32, compiled=True)
    objective.rows.packed = {}
    objective.error(parameters)
    LevenbergMarquardt().minimize(objective, parameters, Watch(3))
    assert {each.dtype.name for each in objective.rows.packed.values()} == {"float32", "float64"}
    assert (
        len({key[:3] for key in objective.rows.packed}) == 1
    )  # the same form, so that only the dtype tells them apart


@each_engine
@pytest.mark.parametrize("loss", ["mean_squared_error", "half_squared_error"])
@pytest.mark.parametrize("rows", [40, 3000])  # the many on several threads
def test_variable_projection_gives_every_iteration_the_least_squares_output_weights(rows, loss, compiled):
    objective, parameters = problem((2, 5, 3, 2), loss, rows, compiled=compiled)
    watch = Watch(4)
    LevenbergMarquardt(variable_projection=True).minimize(objective, parameters, watch)
    assert len(watch.history) == 4
    for told in (told for told in watch.history if told.parameters is not None):
        W = objective.architecture.layers(told.parameters)
        hidden = reference.forward(objective.architecture, told.parameters, objective.rows.X)[-1].input
        best = lstsq(np.c_[hidden, np.ones(rows)], objective.rows.y)[0]
        np.testing.assert_allclose(W[-1], best.T, rtol=1e-6, atol=1e-8)
        assert told.error == pytest.approx(objective.error(told.parameters), rel=1e-10)


@pytest.mark.parametrize("geodesic", [False, True])
@pytest.mark.parametrize("l2", [0.0, 0.1])
def test_variable_projection_goes_the_same_way_in_both_engines(l2, geodesic):
    told = []
    for compiled in (False, True):
        objective, parameters = problem((2, 4, 1), l2=l2, compiled=compiled)
        watch = Watch(10)
        optimizer = LevenbergMarquardt(variable_projection=True, geodesic_acceleration=geodesic)
        optimizer.minimize(objective, parameters, watch)
        told.append(watch.history)
    assert len(told[0]) == len(told[1]) == 10
    for ours, theirs in zip(*told, strict=True):
        assert ours.error == pytest.approx(theirs.error, rel=1e-7)
        assert ours.step_size == pytest.approx(theirs.step_size, rel=1e-5)


@each_engine
def test_variable_projection_gets_a_sine_below_1e_minus_8_in_fewer_iterations(compiled):
    x = np.linspace(-1, 1, 41)[:, None]
    a = Architecture((1, 5, 1), ("tanh", "identity"), "mean_squared_error")
    objective = Objective(a, Rows(x, np.sin(np.pi * x)), compiled=compiled)
    needed = []
    for projecting in (False, True):
        parameters, watch = np.random.default_rng(2).normal(size=a.parameter_count), Watch(600)
        LevenbergMarquardt(variable_projection=projecting).minimize(objective, parameters, watch)
        needed.append(int(np.argmax(watch.column("error") <= 1e-8)) or 600)
    assert needed[1] < 0.7 * needed[0], needed


def test_variable_projection_is_refused_where_the_output_is_not_linear():
    objective, parameters = problem((2, 3, 1), "binary_cross_entropy")
    with pytest.raises(FalllineError) as caught:
        LevenbergMarquardt(variable_projection=True).minimize(objective, parameters, Watch())
    assert str(caught.value) == (
        "variable projection: it needs a hidden layer, output activation 'identity' and a squared error; this network "
        "has activations tanh, sigmoid and loss 'binary_cross_entropy'. Leave variable_projection out."
    )


@pytest.mark.parametrize("geodesic", [False, True])
@pytest.mark.parametrize("l2", [0.0, 0.1])
@pytest.mark.parametrize("loss", sorted(set(LOSSES) - {"mean_absolute_error"}))  # whose first step is refused
@pytest.mark.parametrize("rows", [9, 700])
def test_compiled_reflections_and_dual_take_the_step_of_the_dense_matrix(rows, loss, l2, geodesic):
    objective, start = problem((2, 4, 2), loss, rows, l2)
    _, gradient, matrix = objective.gauss_newton(start)
    damping = 2.0 if geodesic else 0.3  # enough for the bent step to be taken
    expected = -np.linalg.solve(matrix + damping * np.diag(matrix).max() * np.eye(len(start)), gradient)
    if geodesic:
        expected += 0.5 * dense_acceleration(objective, start, expected, damping)
    ways = [{"orthogonal": True}, {"dual": False}] + [{"dual": True}] * (rows == 9)
    for way in ways:
        run = LevenbergMarquardtRun(
            objective.architecture,
            start,
            objective.rows.X,
            objective.rows.y,
            l2=l2,
            target=-math.inf,
            damping=damping,
            least_factor=0.1,
            least_scale=1.0,
            gradient_tolerance=0.0,
            flat_gradient=0.0,
            geodesic_acceleration=geodesic,
            **way,
        )
        run.iterations(np.empty((1, 3)))
        tolerance = {"rtol": 1e-4, "atol": 1e-6} if geodesic else {"rtol": 1e-7, "atol": 1e-10}
        np.testing.assert_allclose(run.parameters - start, expected, err_msg=str(way), **tolerance)


def test_dual_step_of_a_singular_system_is_no_step():
    A = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0]])
    assert np.isnan(dual_step(A, np.full(3, 1e-17), np.ones(3))).all()
