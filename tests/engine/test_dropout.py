"""Dropout: what is dropped, and that the gradient is that of what is left."""

from __future__ import annotations

import numpy as np
import pytest

from fallline.engine import Architecture, Dropout, Objective, Rows, reference
from fallline.errors import FalllineError

ARCHITECTURE = Architecture((3, 6, 5, 2), ("tanh", "gelu", "identity"), "mean_squared_error")


def drawn(rows=20):
    rng = np.random.default_rng(0)
    return rng.normal(size=ARCHITECTURE.parameter_count), rng.normal(size=(rows, 3)), rng.normal(size=(rows, 2))


def test_masks_drop_as_often_as_asked_and_keep_the_mean():
    first, second = Dropout((0.2, 0.5)).masks(ARCHITECTURE, 20_000, np.float32, np.random.default_rng(1))
    assert first.dtype == np.float32
    assert first.shape == (20_000, 6)
    assert second.shape == (20_000, 5)
    assert set(np.unique(first)) == {np.float32(0.0), np.float32(1.25)}
    assert (first == 0).mean() == pytest.approx(0.2, abs=0.005)
    assert (second == 0).mean() == pytest.approx(0.5, abs=0.005)
    assert second.mean() == pytest.approx(1.0, abs=0.01)


def test_the_gradient_is_that_of_the_loss_with_the_same_masks():
    p, X, y = drawn()
    masks = Dropout((0.3, 0.4)).masks(ARCHITECTURE, len(X), p.dtype, np.random.default_rng(2))
    value, gradient = reference.loss_and_gradient(ARCHITECTURE, p, X, y, masks)
    assert value != reference.loss(ARCHITECTURE, p, X, y)
    step = 1e-6
    for i in range(0, len(p), 7):
        moved = np.zeros_like(p)
        moved[i] = step
        ahead = reference.loss_and_gradient(ARCHITECTURE, p + moved, X, y, masks)[0]
        behind = reference.loss_and_gradient(ARCHITECTURE, p - moved, X, y, masks)[0]
        assert gradient[i] == pytest.approx((ahead - behind) / (2 * step), rel=1e-6, abs=1e-9)


def test_a_unit_that_is_always_dropped_might_as_well_not_be_there():
    p, X, y = drawn()
    masks = [np.ones((len(X), 6)), np.ones((len(X), 5))]
    masks[0][:, 2] = 0.0
    without = p.copy()
    ARCHITECTURE.layers(without)[1][:, 2] = 0.0
    value, gradient = reference.loss_and_gradient(ARCHITECTURE, p, X, y, masks)
    assert value == pytest.approx(reference.loss(ARCHITECTURE, without, X, y), rel=1e-14)
    assert (ARCHITECTURE.layers(gradient)[0][2] == 0.0).all()


def test_an_objective_drops_anew_at_each_gradient_and_never_in_the_error():
    p, X, y = drawn()
    objective = Objective(ARCHITECTURE, Rows(X, y), compiled=True, dropout=Dropout((0.5, 0.0), seed=3))
    errors = [objective.error_and_gradient(p)[0] for _ in range(3)]
    assert len(set(errors)) == 3
    assert objective.error(p) == reference.loss(ARCHITECTURE, p, X, y)
    again = Objective(ARCHITECTURE, Rows(X, y), dropout=Dropout((0.5, 0.0), seed=3))
    assert [again.error_and_gradient(p, np.arange(len(X)))[0] for _ in range(3)] == errors


@pytest.mark.parametrize("rate", [1.0, -0.1, float("nan")])
def test_a_rate_that_is_no_chance_is_refused(rate):
    with pytest.raises(FalllineError, match=f"^dropout {rate}: expected a number from 0"):
        Dropout((rate,))


def test_a_rate_for_each_hidden_layer_is_needed():
    _, X, y = drawn()
    with pytest.raises(FalllineError, match=r"^dropout: expected 2 rates, one for each hidden layer, got 1"):
        Objective(ARCHITECTURE, Rows(X, y), dropout=Dropout((0.5,)))
