"""A descent in the compiled engine tells and reaches the same as one in the reference engine."""

import numpy as np
import pytest

from fallline.engine import Architecture, Objective, Rows
from fallline.optimizers import OPTIMIZERS, FirstOrder, OnPlateau, Outcome

from .problems import Watch

RNG = np.random.default_rng(3)
X = RNG.normal(size=(60, 3))
Y = np.sin(X.sum(axis=1, keepdims=True))
ARCHITECTURE = Architecture((3, 5, 1), ("tanh", "identity"), "mean_squared_error")
START = 0.5 * RNG.normal(size=ARCHITECTURE.parameter_count)
RULES = [name for name, kind in OPTIMIZERS.items() if issubclass(kind, FirstOrder)]
INDEX = np.sort(RNG.permutation(60)[:41])


def told(optimizer, compiled, dtype="float64", index=None, iterations=12):
    rows = Rows(X.astype(dtype), Y.astype(dtype), index)
    objective, watch = Objective(ARCHITECTURE, rows, 0.01, compiled=compiled), Watch(iterations)
    parameters = START.astype(dtype)
    outcome = optimizer.minimize(objective, parameters, watch)
    return outcome, parameters, watch.history


@pytest.mark.parametrize("index", [None, INDEX], ids=["all rows", "some rows"])
@pytest.mark.parametrize("batch", [None, 16], ids=["full batch", "mini-batches"])
@pytest.mark.parametrize("rule", RULES)
def test_every_rule_goes_the_same_way(rule, batch, index):
    if rule == "rprop" and batch:
        pytest.skip("rprop has no batches")
    optimizer = OPTIMIZERS[rule](learning_rate=0.01, batch_size=batch, seed=4)
    expected, found = told(optimizer, False, index=index), told(optimizer, True, index=index)
    assert found[0] is expected[0] is Outcome.STOPPED
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-9, atol=1e-12)
    for a, b in zip(found[2], expected[2], strict=True):
        assert (a.number, a.steps, a.learning_rate) == (b.number, b.steps, b.learning_rate)
        assert a.error == pytest.approx(b.error, rel=1e-9)
        assert a.gradient_norm == pytest.approx(b.gradient_norm, rel=1e-8)
        assert a.step_size == pytest.approx(b.step_size, rel=1e-7)


def test_a_rate_that_follows_the_errors_falls_at_the_same_iterations():
    optimizer = OPTIMIZERS["gradient_descent"](learning_rate=OnPlateau(5.0, patience=2))
    expected, found = told(optimizer, False, iterations=30), told(optimizer, True, iterations=30)
    rates = [iteration.learning_rate for iteration in found[2]]
    assert rates == [iteration.learning_rate for iteration in expected[2]]
    assert len(set(rates)) > 1


def test_an_overflow_puts_the_weights_before_it_back():
    optimizer = OPTIMIZERS["gradient_descent"](learning_rate=1e200)
    for compiled in (False, True):
        with np.errstate(all="ignore"):
            outcome, parameters, _ = told(optimizer, compiled)
        assert outcome is Outcome.NOT_FINITE
        assert np.isfinite(parameters).all()


def test_the_same_seed_gives_the_same_bits():
    optimizer = OPTIMIZERS["adam"](learning_rate=0.01, batch_size=7, seed=1)
    one, two = told(optimizer, True, "float32"), told(optimizer, True, "float32")
    assert one[1].tobytes() == two[1].tobytes()
