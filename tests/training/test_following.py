"""Whoever follows a descent is told of every iteration and may end it; and dropout on the way."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fallline.engine import Dropout, Objective, Rows
from fallline.errors import FalllineError
from fallline.network import Network
from fallline.optimizers import LBFGS, Adam, LevenbergMarquardt
from fallline.training.descent import descend
from fallline.training.follower import Follower
from fallline.training.restarts import descend_with_restarts
from fallline.training.stopping import Limits, StopReason


def table(rows=60):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows, 3))
    return X, np.sin(X).sum(axis=1, keepdims=True)


def network(seed=0):
    return Network([3, 8, 1], ["tanh", "identity"], loss="mean_squared_error", seed=seed)


class Noting(Follower):
    """Notes what it is told, and ends the descent after some iterations."""

    def __init__(self, objective, last=math.inf, reason=None):
        self.objective, self.last, self.reason = objective, last, reason
        self.numbers, self.validation = [], []

    def until_next(self, number):
        return 1

    def see(self, iteration, parameters, validation_error):
        self.numbers.append(iteration.number)
        self.validation.append(validation_error)
        assert self.objective.error(parameters) == pytest.approx(iteration.error, rel=1e-12)
        return self.reason if iteration.number >= self.last else None


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("optimizer", [Adam(0.01), LBFGS(), LevenbergMarquardt()], ids=lambda each: each.name)
def test_it_is_told_of_every_iteration_with_the_weights_that_have_its_error(optimizer, compiled):
    X, y = table()
    made = network()
    follower = Noting(Objective(made.architecture, Rows(X, y)))
    end = descend(made, Rows(X, y), optimizer, limits=Limits(iterations=25), compiled=compiled, followers=[follower])
    assert end.iterations == 25
    assert follower.numbers == list(range(26))
    assert np.isnan(follower.validation).all()


@pytest.mark.parametrize("compiled", [False, True])
def test_its_reason_ends_the_descent(compiled):
    X, y = table()
    made = network()
    rows, watched = Rows(X[:40], y[:40]), Rows(X[40:], y[40:])
    follower = Noting(Objective(made.architecture, rows), last=7, reason=StopReason.PLATEAU)
    end = descend(made, rows, Adam(0.01), validation=watched, compiled=compiled, followers=[follower])
    assert (end.iterations, end.stop_reason) == (7, StopReason.PLATEAU)
    assert np.isfinite(follower.validation).all()


def test_each_start_has_its_own():
    X, y = table()
    rows = Rows(X, y)
    followers = {}

    def follow(seed):
        return [followers.setdefault(seed, Noting(Objective(network().architecture, rows)))]

    found = descend_with_restarts(
        network, rows, LBFGS(), starts=3, seed=0, limits=Limits(iterations=15), culling=False, followers=follow
    )
    assert len(followers) == 3
    assert all(each.numbers == list(range(16)) for each in followers.values())
    assert found.seed in followers


def test_dropout_descends_in_the_error_of_the_whole_network():
    X, y = table()
    plain, dropped = network(), network()
    limits = Limits(iterations=150, plateau=False)
    without = descend(plain, Rows(X, y), Adam(0.02), limits=limits)
    ends = descend(dropped, Rows(X, y), Adam(0.02), limits=limits, dropout=Dropout((0.3,), seed=1))
    first = Objective(plain.architecture, Rows(X, y)).error(network().parameters)
    assert without.train_error < ends.train_error < 0.5 * first
    assert ends.train_error == Objective(dropped.architecture, Rows(X, y)).error(dropped.parameters)
    noisy = [record.train_error for record in ends.history.records[-20:]]
    assert np.mean(noisy) > 1.2 * ends.train_error


def test_dropout_is_refused_where_the_error_has_to_stay_the_same():
    X, y = table()
    with pytest.raises(FalllineError, match=r"^dropout: optimizer 'lbfgs' needs an error that is the same"):
        descend(network(), Rows(X, y), LBFGS(), dropout=Dropout((0.3,)))
