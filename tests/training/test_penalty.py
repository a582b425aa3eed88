"""The penalty means the same under every loss, and cross-validation chooses it by the rule."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from fallline import Network
from fallline.engine import Architecture, Rows
from fallline.optimizers import LBFGS
from fallline.training import penalty
from fallline.training.descent import descend
from fallline.training.interrupt import Interrupt
from fallline.training.penalty import STRENGTHS, choose_strength, l2_of

from .problems import least_squares, noisy, small


def architecture(loss="mean_squared_error", output="identity", outputs=1):
    return Architecture((3, 4, outputs), ("tanh", output), loss)


@pytest.mark.parametrize(
    ("loss", "output", "expected"),
    [
        ("half_squared_error", "identity", 3.0),
        ("mean_squared_error", "identity", 3.0 * 2 / (50 * 2)),
        ("mean_absolute_error", "identity", 3.0 / (50 * 2)),
        ("huber", "identity", 3.0 / (50 * 2)),
        ("binary_cross_entropy", "sigmoid", 3.0 / (50 * 2)),
        ("categorical_cross_entropy", "softmax", 3.0 / 50),
    ],
)
def test_a_strength_in_rows_becomes_the_l2_of_each_loss(loss, output, expected):
    assert l2_of(3.0, architecture(loss, output, outputs=2), 50) == pytest.approx(expected, rel=1e-15)


def test_the_mean_and_the_sum_of_squares_have_the_same_minimum_under_one_strength():
    rows = noisy()
    found = []
    for loss in ("mean_squared_error", "half_squared_error"):
        network = small((3, 1), loss=loss)
        descend(network, rows, LBFGS(gradient_tolerance=1e-10), l2=l2_of(5.0, network.architecture, len(rows)))
        found.append(network.parameters)
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6)
    np.testing.assert_allclose(found[0], least_squares(rows, ridge=5.0), rtol=1e-6)


@pytest.mark.parametrize("rows", [10, 13, 99, 1003])
def testfolds_are_balanced_and_depend_on_the_seed_alone(rows):
    fold = penalty.folds(rows, None, seed=4)
    sizes = np.bincount(fold, minlength=5)
    assert sizes.sum() == rows
    assert sizes.max() - sizes.min() <= 1
    np.testing.assert_array_equal(fold, penalty.folds(rows, None, seed=4))
    assert (fold != penalty.folds(rows, None, seed=5)).any()


@pytest.mark.parametrize("counts", [(50, 50), (90, 7, 3), (1, 1, 40), (33, 33, 34)])
def test_every_fold_has_its_share_of_each_class(counts):
    rng = np.random.default_rng(0)
    strata = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    fold = penalty.folds(len(strata), strata, seed=1)
    for k in range(len(counts)):
        sizes = np.bincount(fold[strata == k], minlength=5)
        assert sizes.max() - sizes.min() <= 1
    sizes = np.bincount(fold, minlength=5)
    assert sizes.max() - sizes.min() <= 1


def test_thestrongest_that_is_not_clearly_above_the_best_is_taken():
    best = np.array([1.0, 2.0, 3.0, 4.0])
    close = best + np.array([0.2, -0.2, 0.2, -0.1])  # 0.025 above, standard error 0.089
    clear = best + np.array([0.1, 0.1, 0.1, 0.0])  # 0.075 above, standard error 0.022
    strongest = penalty.strongest
    assert strongest({1.0: best, 3.0: best + 1.0, 10.0: close, 0.3: close, 30.0: clear}, 1.0) == 10.0
    assert strongest({30.0: close, 1.0: best, 10.0: clear}, 1.0) == 30.0
    assert strongest({1.0: best, 10.0: clear, 0.3: close}, 1.0) == 1.0  # never a weaker one than the best
    assert strongest({3.0: best}, 1.0) == 3.0


def test_with_no_allowance_the_best_is_taken_and_of_equals_thestrongest():
    best = np.array([1.0, 2.0, 3.0, 4.0])
    close = best + np.array([0.2, -0.2, 0.2, -0.1])
    assert penalty.strongest({3.0: close, 1.0: best, 30.0: close}, 0.0) == 1.0
    assert penalty.strongest({1.0: best, 3.0: best, 30.0: close}, 0.0) == 3.0


def test_the_allowance_in_standard_errors_is_the_last_that_counts():
    best = np.zeros(4)
    difference = np.array([2.0, 0.0, 2.0, 0.0])  # mean 1, standard deviation 1, standard error ½
    assert penalty.strongest({1.0: best, 3.0: difference - 0.375 - 1e-9}, 1.25) == 3.0
    assert penalty.strongest({1.0: best, 3.0: difference - 0.375 + 1e-9}, 1.25) == 1.0


@pytest.mark.parametrize("loss", [np.inf, np.nan])
def test_losses_that_all_overflow_still_give_a_strength(loss):
    with np.errstate(invalid="ignore"):
        assert penalty.strongest({1.0: np.full(4, loss), 3.0: np.full(4, loss)}, 1.25) in (1.0, 3.0)


@pytest.mark.parametrize("loss", [np.inf, np.nan])
def test_a_strength_that_overflows_is_not_taken(loss):
    overflown = np.array([1.0, loss, 1.0, 1.0])
    with np.errstate(invalid="ignore"):
        assert penalty.strongest({1.0: overflown, 3.0: np.full(4, 5.0), 10.0: overflown}, 1.25) == 3.0


def chosen(rows, loss="mean_squared_error", output="identity", strata=None, **options):
    arranged = Architecture((rows.X.shape[1], 4, rows.y.shape[1]), ("tanh", output), loss)
    given = {"seconds": math.inf, "interrupt": Interrupt(), "compiled": False, "tell": lambda line: None} | options
    return choose_strength(
        arranged,
        rows,
        lambda: Network(arranged.shape, arranged.activations, loss=loss, seed=0),
        strata=strata,
        seed=0,
        **given,
    )


def test_pure_noise_takes_a_strong_one_and_a_smooth_target_a_weak_one():
    rng = np.random.default_rng(2)
    X = rng.normal(size=(50, 2))
    noise = chosen(Rows(X, rng.normal(size=(50, 1))))
    smooth = chosen(Rows(X, np.tanh(X @ [[1.0], [-1.0]]) + 0.5 * X[:, :1]))
    assert smooth.strength <= 1.0 < 3.0 <= noise.strength
    assert noise.reason == "5-fold cross-validation, 2 times, over 9 strengths"


def test_classes_that_are_drawn_by_lot_take_thestrongest():
    rng = np.random.default_rng(3)
    y = (rng.random((50, 1)) < 0.5).astype(float)
    lot = chosen(Rows(rng.normal(size=(50, 2)), y), "binary_cross_entropy", "sigmoid", strata=y[:, 0].astype(int))
    assert lot.strength == max(STRENGTHS)


@pytest.mark.parametrize(("strata", "allowance"), [(None, 0.0), (np.arange(60) % 2, penalty.CLEARLY_WORSE)])
def test_classes_alone_are_allowed_to_be_a_little_worse(strata, allowance, monkeypatch):
    asked = []
    monkeypatch.setattr(penalty, "strongest", lambda losses, errors: asked.append(errors) or 3.0)
    monkeypatch.setattr(penalty, "descend", lambda *rest, **options: None)
    assert chosen(noisy(), strata=strata).strength == 3.0
    assert asked == [allowance]


def test_each_strength_is_judged_on_rows_that_its_network_has_not_seen(monkeypatch):
    rows, trained, judged = noisy(), [], []

    def learn(network, inside, *arguments, **options):
        trained.append({row.tobytes() for row in inside.X})

    def judge(architecture, parameters, X, y):
        judged.append({row.tobytes() for row in X})
        return np.ones(len(X))

    monkeypatch.setattr(penalty, "descend", learn)
    monkeypatch.setattr(penalty, "loss_by_row", judge)
    chosen(rows)
    everything = {row.tobytes() for row in rows.X}
    assert len(trained) == len(judged) == 5 * penalty.REPEATS * len(STRENGTHS)
    for seen, held_out in zip(trained, judged, strict=True):
        assert not seen & held_out
        assert seen | held_out == everything
    for first in range(0, len(judged), 5):
        assert set().union(*judged[first : first + 5]) == everything
    repeats = 5 * penalty.REPEATS
    assert judged[:repeats] == judged[repeats : 2 * repeats]  # every strength on the same folds
    assert judged[:5] != judged[5:10]  # and the second time on others


def test_from_a_thousand_rows_on_one_fold_is_held_out(monkeypatch):
    calls = []
    monkeypatch.setattr(penalty, "descend", lambda network, inside, *rest, **options: calls.append(len(inside)))
    told = []
    choice = chosen(noisy(1000), tell=told.append)
    assert calls == [800] * 9
    assert choice.reason == "a fifth of the training rows held out, over 9 strengths"
    assert told == [f"choosing the penalty: {k} of 9 strengths" for k in range(1, 10)]


def test_when_time_runs_out_the_choice_is_among_those_that_were_tried(monkeypatch):
    clock = itertools.count(0.0, 1.0)
    monkeypatch.setattr(Interrupt, "now", lambda self: next(clock))
    monkeypatch.setattr(penalty, "descend", lambda *rest, **options: None)
    choice = chosen(noisy(), seconds=2.5)
    assert choice.reason == "5-fold cross-validation, 2 times, over 2 strengths of the 9, as far as there was time"
    assert choice.strength in STRENGTHS[:2]


def test_after_ctrl_c_no_further_strength_is_tried():
    wish, told = Interrupt(), []
    wish.wished = True
    choice = chosen(noisy(), interrupt=wish, tell=told.append)
    assert told == ["choosing the penalty: 1 of 9 strengths"]
    assert choice.strength == STRENGTHS[0]
