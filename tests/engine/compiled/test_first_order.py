"""The fused loops of every optimizer equal the reference's loop, step for step."""

import math
import warnings

import numpy as np
import pytest
from numba.core.runtime import _nrt_python, rtsys

from fallline.engine import Architecture, Objective, Rows
from fallline.engine.compiled.first_order import FirstOrderRun, Status, parts_for
from fallline.engine.compiled.updates import RULE_KERNELS
from fallline.optimizers.adam import Adam
from fallline.optimizers.adamw import AdamW
from fallline.optimizers.first_order import FirstOrder
from fallline.optimizers.gradient_descent import GradientDescent
from fallline.optimizers.momentum import Momentum
from fallline.optimizers.nesterov import Nesterov
from fallline.optimizers.optimizer import Iteration
from fallline.optimizers.rmsprop import RMSprop
from fallline.optimizers.rprop import Rprop

from .networks import assert_close

RULES = {
    "gradient_descent": (GradientDescent, ()),
    "momentum": (Momentum, (0.9,)),
    "nesterov": (Nesterov, (0.9,)),
    "rmsprop": (RMSprop, (0.99, 1e-8)),
    "adam": (Adam, (0.9, 0.999, 1e-8)),
    "adamw": (AdamW, (0.9, 0.999, 1e-8, 0.01)),
    "rprop": (Rprop, (1.2, 0.5, 1e-10, 50.0)),
}
TOLERANCE = {"float64": 1e4, "float32": 1e4}  # ulp of the largest, after 60 steps that amplify rounding


class Recorder:
    """Watches the reference for a number of iterations."""

    def __init__(self, iterations: int) -> None:
        self.left = iterations
        self.seen: list[tuple[float, float, float]] = []
        self.parameters: list[np.ndarray] = []

    def iteration(self, iteration: Iteration) -> bool:
        self.seen.append((iteration.error, iteration.gradient_norm, iteration.step_size))
        self.parameters.append(iteration.parameters.copy())
        self.left -= 1
        return self.left == 0

    def interrupted(self) -> bool:
        return False


def problem(dtype: str, loss: str = "mean_squared_error", rows: int = 210) -> tuple:
    rng = np.random.default_rng(3)
    architecture = Architecture((3, 17, 9, 2), ("tanh", "softplus", "identity"), loss)
    p = 0.5 * rng.normal(size=architecture.parameter_count)
    X, y = rng.normal(size=(rows, 3)), rng.normal(size=(rows, 2))
    return architecture, *(part.astype(dtype) for part in (p, X, y))


def test_every_optimizer_has_a_kernel() -> None:
    assert set(RULES) == set(RULE_KERNELS)
    assert {cls.name for cls, _ in RULES.values()} == {cls.name for cls in FirstOrder.__subclasses__()} | {"adamw"}


def epoch(run: FirstOrderRun, order, rate: float, portion: int = 1000) -> tuple[Status, np.ndarray]:
    """Make an epoch in portions of so many steps; return the last status and the epoch's record."""
    records, made, status = np.zeros((1, 3)), 0, Status.GOES_ON
    while not made and status is Status.GOES_ON:
        status, made = run.iterations(np.array([rate]), records, order[None], portion)
    return status, records[0]


@pytest.mark.parametrize("parts", [1, 2])
@pytest.mark.parametrize("l2", [0.0, 0.01])
@pytest.mark.parametrize("loss", ["mean_squared_error", "half_squared_error"])
@pytest.mark.parametrize("rule", sorted(set(RULES) - {"rprop"}))
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_epochs_of_batches_equal_the_reference(rule: str, dtype: str, loss: str, l2: float, parts: int) -> None:
    architecture, p, X, y = problem(dtype, loss)
    rate = 0.001
    cls, settings = RULES[rule]
    recorder, wanted = Recorder(3), p.copy()
    cls(rate, batch_size=32, seed=5).minimize(Objective(architecture, Rows(X, y), l2), wanted, recorder)

    run = FirstOrderRun(architecture, p, X, y, rule, settings, batch=32, l2=l2, parts=parts)
    rng = np.random.default_rng(5)
    for error, gradient_norm, step_size in recorder.seen:
        start = run.parameters.copy()
        status, told = epoch(run, rng.permutation(len(X)), rate, 3)
        assert status is Status.GOES_ON
        assert_close(told[0], error, TOLERANCE[dtype], dtype)
        assert_close(told[1], gradient_norm, TOLERANCE[dtype], dtype)
        assert_close(np.linalg.norm(run.parameters - start), step_size, TOLERANCE[dtype], dtype)
    assert run.steps == 21
    assert_close(run.parameters, wanted, TOLERANCE[dtype], dtype)
    run.close()


@pytest.mark.parametrize("parts", [1, 2])
@pytest.mark.parametrize("rule", sorted(RULES))
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_steps_on_all_rows_equal_the_reference(rule: str, dtype: str, parts: int) -> None:
    architecture, p, X, y = problem(dtype, rows=700)
    rate, steps = 0.003, 40
    cls, settings = RULES[rule]
    recorder, wanted = Recorder(steps), p.copy()
    cls(rate).minimize(Objective(architecture, Rows(X, y), 0.01), wanted, recorder)
    run = FirstOrderRun(architecture, p, X, y, rule, settings, l2=0.01, first_rate=rate, parts=parts)
    records = np.zeros((steps, 3))
    for at in range(0, steps, 15):
        status, made = run.iterations(np.full(len(records[at : at + 15]), rate), records[at : at + 15])
        assert status is Status.GOES_ON
        assert made == len(records[at : at + 15])
    for column, wanted_column in zip(records.T, np.array(recorder.seen).T, strict=True):
        assert_close(column, wanted_column, TOLERANCE[dtype], dtype)
    assert_close(run.parameters, wanted, TOLERANCE[dtype], dtype)
    assert_close(run.before, recorder.parameters[-1], TOLERANCE[dtype], dtype)
    lowest = int(np.argmin(records[:, 0]))
    assert run.best_error == records[lowest, 0]
    assert_close(run.best, recorder.parameters[lowest], TOLERANCE[dtype], dtype)
    run.close()


def xor() -> tuple:
    architecture = Architecture((2, 3, 1), ("sigmoid", "sigmoid"), "half_squared_error")
    p = np.random.default_rng(0).normal(size=architecture.parameter_count)
    return architecture, p, np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0.0], [1], [1], [0]])


def test_few_rows_equal_the_reference() -> None:
    architecture, p, X, y = xor()
    recorder, wanted = Recorder(500), p.copy()
    GradientDescent(0.5).minimize(Objective(architecture, Rows(X, y)), wanted, recorder)
    run, records = FirstOrderRun(architecture, p, X, y, "gradient_descent"), np.zeros((500, 3))
    assert run.iterations(np.full(500, 0.5), records) == (Status.GOES_ON, 500)
    assert_close(run.parameters, wanted, 1000, "float64")
    assert_close(records, recorder.seen, 1000, "float64")


def test_descent_ends_at_its_target_with_the_weights_that_reached_it_as_before() -> None:
    architecture, p, X, y = xor()
    run, records = FirstOrderRun(architecture, p, X, y, "gradient_descent", target=0.05), np.zeros((50_000, 3))
    status, made = run.iterations(np.full(50_000, 0.5), records)
    assert status is Status.TARGET_REACHED
    assert records[made - 1, 0] <= 0.05 < records[made - 2, 0]
    assert Objective(architecture, Rows(X, y)).error(run.before) == pytest.approx(records[made - 1, 0], rel=1e-12)


def test_flat_gradient_ends_the_descent() -> None:
    architecture = Architecture((1, 1), ("identity",), "half_squared_error")
    X = np.array([[1.0], [2.0]])
    run = FirstOrderRun(architecture, np.array([1.0, 0.0]), X, X.copy(), "gradient_descent")
    assert run.iterations(np.full(10, 0.1), np.zeros((10, 3))) == (Status.FLAT, 1)


@pytest.mark.parametrize("parts", [1, 2])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_overflow_is_noticed_at_its_step_and_the_weights_before_it_put_back(dtype: str, parts: int) -> None:
    architecture = Architecture((2, 3, 1), ("identity", "identity"), "half_squared_error")
    rng = np.random.default_rng(0)
    X, y = (rng.normal(size=(50, size)).astype(dtype) for size in (2, 1))
    p = rng.normal(size=architecture.parameter_count).astype(dtype)
    recorder, wanted = Recorder(1000), p.copy()
    with np.errstate(all="ignore"):
        GradientDescent(0.5).minimize(Objective(architecture, Rows(X, y)), wanted, recorder)
    run, records = FirstOrderRun(architecture, p, X, y, "gradient_descent", parts=parts), np.zeros((1000, 3))
    status, made = run.iterations(np.full(1000, 0.5), records)
    assert status is Status.NOT_FINITE
    assert made == len(recorder.seen)
    assert np.isfinite(records[:made, 0]).all()
    np.testing.assert_allclose(run.parameters, wanted, rtol=1e-2)
    run.close()


def test_row_that_is_not_a_number_is_noticed_at_its_batch() -> None:
    architecture, p, X, y = problem("float64")
    X[100, 1] = math.nan
    run = FirstOrderRun(architecture, p, X, y, "adam", (0.9, 0.999, 1e-8), batch=30)
    assert epoch(run, np.arange(len(X)), 0.01)[0] is Status.NOT_FINITE
    assert run.steps == 3
    assert np.isfinite(run.parameters).all()


@pytest.mark.parametrize("parts", [1, 2])
def test_same_bits_every_time_and_however_the_steps_are_portioned(parts: int) -> None:
    architecture, p, X, y = problem("float32")
    results = []
    for portion in (1000, 1000, 2):
        run = FirstOrderRun(architecture, p, X, y, "adam", (0.9, 0.999, 1e-8), batch=64, parts=parts)
        for seed in range(5):
            epoch(run, np.random.default_rng(seed).permutation(len(X)), 0.01, portion)
        results.append(run.parameters.copy())
        run.close()
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


def test_several_epochs_in_one_call_are_those_one_after_the_other():
    architecture, p, X, y = problem("float64")
    orders = np.array([np.random.default_rng(seed).permutation(len(X)) for seed in range(4)])
    one, many = (FirstOrderRun(architecture, p, X, y, "adam", (0.9, 0.999, 1e-8), batch=64) for _ in range(2))
    rates, records = np.array([0.01, 0.02, 0.005, 0.01]), np.zeros((4, 3))
    wanted = [epoch(one, order, rate)[1] for order, rate in zip(orders, rates, strict=True)]
    assert many.iterations(rates, records, orders, 10_000) == (Status.GOES_ON, 4)
    np.testing.assert_array_equal(records, wanted)
    np.testing.assert_array_equal(one.parameters, many.parameters)


@pytest.mark.parametrize("batch", [64, None])
def test_the_bits_depend_on_the_parts_and_not_on_who_takes_them(batch: int | None, monkeypatch) -> None:
    architecture, p, X, y = problem("float32")
    results = []
    for threads in (1, 2, 3):
        run = FirstOrderRun(architecture, p, X, y, "adam", (0.9, 0.999, 1e-8), batch=batch, parts=3)
        monkeypatch.setattr(run._choice, "note", lambda steps, seconds: None)
        run._choice.threads = threads
        if batch is None:
            records = np.zeros((20, 3))
            run.iterations(np.full(20, 0.01), records)
            results.append((run.parameters.copy(), records))
        else:
            told = epoch(run, np.random.default_rng(0).permutation(len(X)), 0.01)[1]
            results.append((run.parameters.copy(), told))
        run.close()
    for other in results[1:]:
        np.testing.assert_array_equal(results[0][0], other[0])
        np.testing.assert_array_equal(results[0][1], other[1])


def test_where_only_the_gradient_overflows_the_weights_stay() -> None:
    architecture = Architecture((1, 1), ("identity",), "half_squared_error")
    X, y = np.array([[1e30]], np.float32), np.array([[-1e10]], np.float32)
    run = FirstOrderRun(architecture, np.zeros(2, np.float32), X, y, "gradient_descent")
    status, made = run.iterations(np.array([1.0, 1.0]), np.zeros((2, 3)))
    assert (status, made) == (Status.NOT_FINITE, 0)
    np.testing.assert_array_equal(run.parameters, 0.0)


def test_nothing_is_allocated_however_many_steps_are_made() -> None:
    architecture, p, X, y = problem("float64")
    batches = FirstOrderRun(architecture, p, X, y, "adam", (0.9, 0.999, 1e-8), batch=1)
    whole = FirstOrderRun(architecture, p, X, y, "adam", (0.9, 0.999, 1e-8))
    rates, records = np.full(500, 0.01), np.zeros((500, 3))
    order = np.arange(len(X))[None]
    batches.iterations(rates[:1], records[:1], order, 1)
    whole.iterations(rates[:1], records[:1])
    counting = _nrt_python.memsys_stats_enabled()
    _nrt_python.memsys_enable_stats()
    try:
        counts = []
        for steps in (1, 100, 1, 100):
            before = rtsys.get_allocation_stats()
            batches.iterations(rates[:1], records[:1], order, steps)
            whole.iterations(rates[:steps], records[:steps])
            after = rtsys.get_allocation_stats()
            counts.append((after.alloc - before.alloc, after.mi_alloc - before.mi_alloc))
    finally:
        if not counting:
            _nrt_python.memsys_disable_stats()
    assert counts[0][1] > 0  # the arrays' handles of a call, so the count does count
    assert counts == [counts[0]] * 4


def test_rows_of_an_epoch_may_be_some_of_the_table() -> None:
    architecture, p, X, y = problem("float64")
    chosen = np.arange(7, 150, 2)
    run = FirstOrderRun(architecture, p, X, y, "gradient_descent", rows=len(chosen), batch=16)
    mine = epoch(run, chosen, 0.01)[1]
    wanted = FirstOrderRun(architecture, p, X[chosen], y[chosen], "gradient_descent", batch=16)
    theirs = epoch(wanted, np.arange(len(chosen)), 0.01)[1]
    np.testing.assert_array_equal(run.parameters, wanted.parameters)
    np.testing.assert_array_equal(mine, theirs)


def test_portions_take_about_as_long_as_they_should() -> None:
    architecture, p, X, y = xor()
    run = FirstOrderRun(architecture, p, X, y, "gradient_descent")
    assert run.iterations_at_once() == 1
    run.iterations(np.full(1000, 0.5), np.zeros((1000, 3)))
    assert run.iterations_at_once() > 100


def test_small_work_stays_on_one_thread() -> None:
    assert parts_for(Architecture((2, 3, 1), ("tanh", "tanh"), "huber"), 4) == 1


def test_import_raises_no_warning() -> None:
    import subprocess
    import sys

    code = "import fallline.engine.compiled.first_order, fallline.engine.compiled.hessian"
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=120)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        xor()


def test_error_that_overflows_is_noticed_even_where_the_gradient_is_finite() -> None:
    architecture = Architecture((1, 1), ("identity",), "mean_absolute_error")
    X, y = np.ones((4, 1), np.float32), np.full((4, 1), 3e38, np.float32)
    p = np.zeros(2, np.float32)
    whole = FirstOrderRun(architecture, p, X, y, "gradient_descent")
    assert whole.iterations(np.full(3, 0.1), np.zeros((3, 3))) == (Status.NOT_FINITE, 0)
    np.testing.assert_array_equal(whole.parameters, p)
