"""How a fit goes and ends, and what is kept of it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss, r2_score
from sklearn.preprocessing import StandardScaler

from fallline import FalllineClassifier, FalllineRegressor
from fallline.engine import Objective, Rows

X, Y = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(X)
cut_short = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def waves(rows=80, noise=0.0, seed=0):
    rng = np.random.default_rng(seed)
    inputs = rng.uniform(-2, 2, size=(rows, 2))
    return inputs, np.sin(2 * inputs[:, 0]) * inputs[:, 1] + noise * rng.normal(size=rows)


def test_each_hidden_layer_may_have_an_activation_of_its_own_and_the_output_one_too():
    inputs, y = waves()
    model = FalllineRegressor((7, 5), ("tanh", "silu"), out_activation="tanh", random_state=0).fit(inputs, np.tanh(y))
    assert model.network_.architecture.activations == ("tanh", "silu", "tanh")
    assert model.out_activation_ == "tanh"
    assert np.abs(model.predict(inputs)).max() < 1.0
    assert FalllineRegressor(4, "logistic", max_iter=50, tol=1.0).fit(inputs, y).network_.architecture.activations == (
        "sigmoid",
        "identity",
    )


def test_a_fit_to_the_floor_goes_further_than_one_up_to_a_tolerance():
    inputs, y = waves()
    near = FalllineRegressor((12,), "tanh", alpha=0.0, random_state=0).fit(inputs, y)
    there = FalllineRegressor((12,), "tanh", alpha=0.0, tol=None, max_iter=100, random_state=0)
    with pytest.warns(ConvergenceWarning, match=r"^max_iter=100 was reached"):
        there.fit(inputs, y)
    assert near.stop_reason_ == "plateau"
    assert near.optimizer_.name == "lbfgs"
    assert "evenberg" in there.optimizer_reason_
    assert there.loss_ < 0.1 * near.loss_


def test_tol_ends_a_fit_as_scikit_learn_says():
    inputs, y = waves()
    model = FalllineRegressor((9,), "tanh", tol=1e-3, n_iter_no_change=5, random_state=0, solver="lbfgs").fit(inputs, y)
    best, waited = np.inf, []
    for loss in model.loss_curve_:
        waited.append(waited[-1] + 1 if waited and loss > best - 1e-3 else 0)
        best = min(best, loss)
    assert model.n_iter_ == len(model.loss_curve_)
    assert waited[-1] == 6 or model.loss_curve_[-1] < 1e-3
    assert max(waited[:-1]) <= 5
    assert model.best_loss_ == min(model.loss_curve_)


def test_a_loss_below_tol_cannot_fall_by_it():
    model = FalllineClassifier((20,), "tanh", alpha=0.0, tol=0.01, random_state=0).fit(X[:100], Y[:100])
    assert model.loss_curve_[-1] < 0.01 <= model.loss_curve_[-2]


@cut_short
def test_early_stopping_keeps_the_weights_of_the_lowest_validation_loss():
    inputs, y = waves(120, noise=0.5)
    model = FalllineRegressor(
        (40,), "tanh", alpha=0.0, early_stopping=True, validation_fraction=0.25, n_iter_no_change=20, random_state=0
    ).fit(inputs, y)
    assert model.stop_reason_ == "early_stopping"
    assert len(model.validation_loss_curve_) == len(model.validation_scores_) == model.n_iter_
    best = int(np.argmin(model.validation_loss_curve_))
    assert best < model.n_iter_ - 1
    assert model.best_loss_ is None
    assert model.best_validation_score_ == max(model.validation_scores_)
    watched = model._subject.validation
    held_X, held_y = watched.block(0, len(watched))
    assert len(held_X) == 30
    assert r2_score(held_y, model.predict(held_X)) == pytest.approx(model.validation_scores_[best], rel=1e-12)
    residual = model.predict(held_X) - held_y[:, 0]
    assert 0.5 * np.mean(residual**2) == pytest.approx(model.validation_loss_curve_[best], rel=1e-12)
    taught = {tuple(row) for row in model._subject.training.block(0, 90)[0]}
    assert not taught & {tuple(row) for row in held_X}


def test_every_class_is_held_out_with_its_share():
    model = FalllineClassifier((5,), early_stopping=True, validation_fraction=0.2, random_state=0).fit(X, Y)
    held = model._subject.validation
    assert held.block(0, len(held))[1].sum(axis=0).tolist() == [10, 10, 10]
    best = int(np.argmin(model.validation_loss_curve_))
    held_X, targets = held.block(0, len(held))
    probabilities = model.predict_proba(held_X)
    assert log_loss(targets.argmax(axis=1), probabilities) == pytest.approx(
        model.validation_loss_curve_[best], rel=1e-9
    )
    right = model.predict(held_X) == targets.argmax(axis=1)
    assert right.mean() == pytest.approx(model.validation_scores_[best])


@cut_short
def test_rows_of_ones_own_are_watched():
    inputs, y = waves(100, noise=0.3)
    given = {"alpha": 0.0, "random_state": 0, "max_iter": 60, "tol": None}
    plain = FalllineRegressor((20,), "tanh", **given).fit(inputs[:70], y[:70])
    watched = FalllineRegressor((20,), "tanh", **given).fit(inputs[:70], y[:70], X_val=inputs[70:], y_val=y[70:])
    np.testing.assert_array_equal(watched.network_.parameters, plain.network_.parameters)
    assert len(watched.validation_loss_curve_) == watched.n_iter_
    assert plain.validation_loss_curve_ is None
    stopped = FalllineRegressor((20,), "tanh", early_stopping=True, **given)
    stopped.fit(inputs[:70], y[:70], X_val=inputs[70:], y_val=y[70:])
    assert r2_score(y[70:], stopped.predict(inputs[70:])) > r2_score(y[70:], plain.predict(inputs[70:]))
    assert len(stopped._subject.training) == 70


@cut_short
def test_a_warm_start_goes_on_and_appends_to_the_curve():
    model = FalllineClassifier((6,), "tanh", warm_start=True, max_iter=15, tol=None, solver="adam", random_state=0)
    first = model.fit(X, Y).loss_
    weights = model.network_.parameters.copy()
    second = model.fit(X, Y).loss_
    assert second < first
    assert (model.n_iter_, len(model.loss_curve_), model.t_) == (15, 30, 30 * len(X))
    assert model.loss_curve_[15] == pytest.approx(first, rel=1e-12)
    assert not np.array_equal(weights, model.network_.parameters)
    again = clone(model).fit(X, Y)
    assert again.loss_ == first


def test_partial_fits_are_the_passes_of_one_fit():
    inputs, y = waves(64)
    given = {"solver": "adam", "batch_size": None, "learning_rate_init": 0.01, "random_state": 0, "tol": None}
    whole = FalllineRegressor((6,), "tanh", max_iter=12, **given)
    with pytest.warns(ConvergenceWarning):
        whole.fit(inputs, y)
    parts = FalllineRegressor((6,), "tanh", **given)
    for _ in range(12):
        parts.partial_fit(inputs, y)
    np.testing.assert_allclose(parts.network_.parameters, whole.network_.parameters, rtol=1e-9)
    assert (len(parts.loss_curve_), parts.n_iter_, parts.t_) == (12, 1, 12 * 64)


def test_partial_fit_learns_from_batches_with_a_class_at_a_time():
    model = FalllineClassifier((8,), "tanh", learning_rate_init=0.05, random_state=0)
    order = np.random.default_rng(0).permutation(len(X))
    for _ in range(30):
        for part in np.array_split(order, 3):
            model.partial_fit(X[part], Y[part], classes=[0, 1, 2])
    assert model.score(X, Y) > 0.95
    one_class = FalllineClassifier((8,)).partial_fit(X[:50], Y[:50], classes=[0, 1, 2])
    assert one_class.predict_proba(X[:2]).shape == (2, 3)
    assert not hasattr(FalllineClassifier(solver="lbfgs"), "partial_fit")
    assert hasattr(FalllineRegressor(solver="rprop"), "partial_fit")


@cut_short
def test_dropout_makes_training_harder_and_unseen_rows_easier():
    inputs, y = waves(60, noise=1.0)
    new, truth = waves(500, seed=1)
    given = {"alpha": 0.0, "solver": "adam", "learning_rate_init": 0.01, "max_iter": 800, "tol": None}
    plain = FalllineRegressor((60,), "relu", random_state=0, **given).fit(inputs, y)
    dropped = FalllineRegressor((60,), "relu", dropout=0.2, random_state=0, **given).fit(inputs, y)
    assert plain.loss_ < dropped.loss_
    assert dropped.score(new, truth) > plain.score(new, truth) + 0.3
    again = FalllineRegressor((60,), "relu", dropout=0.2, random_state=0, **given).fit(inputs, y)
    np.testing.assert_array_equal(dropped.predict(new), again.predict(new))
    auto = FalllineRegressor((5,), dropout=[0.1], random_state=0, max_iter=3).fit(inputs, y)
    assert auto.optimizer_.name == "adam"


@cut_short
def test_the_best_of_several_starts_is_kept():
    inputs, y = waves()
    given = {"alpha": 0.0, "random_state": 1, "tol": None, "max_iter": 60}
    alone = FalllineRegressor((4,), "tanh", **given).fit(inputs, y)
    several = FalllineRegressor((4,), "tanh", restarts=4, **given).fit(inputs, y)
    assert several.loss_ < alone.loss_
    assert len(several.restarts_["minima"]) == 4
    assert alone.restarts_ is None
    assert len(several.loss_curve_) == several.n_iter_
    assert several.loss_curve_[-1] == pytest.approx(several.loss_, rel=1e-12)


def test_what_is_left_open_is_found_by_cross_validation_and_what_is_not_is_scikit_learns():
    inputs, y = waves(60, noise=0.5)
    new, truth = waves(500, seed=1)
    given = {"random_state": 0, "max_iter": 2000}
    found = FalllineRegressor((8,), "tanh", **given).fit(inputs, y)
    fixed = FalllineRegressor((8,), "tanh", alpha=1e-4, **given).fit(inputs, y)
    asked = FalllineRegressor((8,), "tanh", solver="bfgs", alpha="auto", **given).fit(inputs, y)
    assert found.alpha_ == asked.alpha_ > 0.1
    assert found.score(new, truth) > fixed.score(new, truth) + 0.1
    few = {"random_state": 0, "max_iter": 3, "tol": None, "solver": "auto"}
    for other in ({"alpha": 1e-4}, {"solver": "lbfgs"}, {"solver": "sgd"}, {"early_stopping": True}, {"dropout": 0.1}):
        with pytest.warns(ConvergenceWarning):
            assert FalllineRegressor((8,), **{**few, **other}).fit(inputs, y).alpha_ == 1e-4
    assert FalllineRegressor((8,)).partial_fit(inputs, y).alpha_ == 1e-4


@cut_short
@pytest.mark.parametrize("kind", [FalllineRegressor, FalllineClassifier])
@pytest.mark.parametrize("hidden", [(), (6,), (6, 3)])
def test_standardised_within_is_the_same_as_standardised_before(kind, hidden):
    """The network is one for rows as they are: nothing stands between it and them."""
    inputs, y = waves(100, noise=0.1)
    inputs, y = inputs * [1e-3, 1e4] + [5.0, -3e4], 1000.0 + 50.0 * y
    targets = (y - y.mean()) / y.std()
    if kind is FalllineClassifier:
        y = targets = (y > 1000.0).astype(int)
    given = {"alpha": 0.1, "random_state": 0, "max_iter": 4, "tol": None, "solver": "lbfgs"}
    within = kind(hidden, "tanh", standardise=True, **given).fit(inputs, y)
    before = kind(hidden, "tanh", standardise=False, **given).fit(StandardScaler().fit_transform(inputs), targets)
    outputs = before.network_.run(StandardScaler().fit_transform(inputs))
    if kind is FalllineRegressor:
        outputs = outputs * y.std() + y.mean()
    np.testing.assert_allclose(within.network_.run(inputs), outputs, rtol=1e-7)
    assert within.loss_ == pytest.approx(before.loss_, rel=1e-9)


def test_standardised_rows_stay_so_when_a_fit_goes_on():
    inputs, y = waves(100, noise=0.1)
    inputs, y = inputs * [1e-3, 1e3] + [5.0, -300.0], 1000.0 + 50.0 * y
    model = FalllineRegressor((6,), "tanh", warm_start=True, random_state=0).fit(inputs, y)
    alpha, loss = model.alpha_, model.loss_
    assert model.fit(inputs, y).loss_ == pytest.approx(loss, abs=2e-3)
    assert len(model.loss_curve_) > model.n_iter_
    assert model.alpha_ == alpha
    assert model.loss_curve_[0] > 2.0 * loss
    before = model.score(inputs, y)
    assert model.set_params(solver="adam").partial_fit(inputs, y).score(inputs, y) == pytest.approx(before, abs=0.05)


@cut_short
def test_weights_are_repetitions_also_where_the_penalty_is_found():
    inputs, y = waves(40, noise=0.5)
    weights = np.arange(40) % 4
    given = {"random_state": 0, "max_iter": 10, "tol": None}
    one = FalllineRegressor((5,), "tanh", **given).fit(inputs, y, weights)
    other = FalllineRegressor((5,), "tanh", **given).fit(inputs.repeat(weights, axis=0), y.repeat(weights))
    assert one.alpha_ == other.alpha_
    np.testing.assert_allclose(one.predict(inputs), other.predict(inputs), rtol=1e-9)


@cut_short
def test_first_weights_are_on_scikit_learns_scale_for_its_solvers_and_suit_the_activation_for_others():
    inputs, y = waves(50)
    widths = {}
    for solver in ("lbfgs", "adam", "sgd", "auto", "bfgs", "rprop"):
        model = FalllineRegressor((200,), solver=solver, max_iter=1, random_state=0).fit(inputs, y)
        widths[solver] = float(model._subject.first.layers[0][:, :-1].std())
    for solver in ("lbfgs", "adam", "sgd"):
        assert widths[solver] == pytest.approx(np.sqrt(2.0 / 202), rel=0.1)
    for solver in ("auto", "bfgs", "rprop"):
        assert widths[solver] == pytest.approx(1.0, rel=0.1)
    own = FalllineRegressor((200,), solver="adam", initialiser="he", max_iter=1, random_state=0).fit(inputs, y)
    assert own._subject.first.layers[0][:, :-1].std() == pytest.approx(1.0, rel=0.1)


def test_a_column_that_is_always_the_same_is_borne():
    inputs, y = waves(40)
    model = FalllineRegressor((5,), random_state=0).fit(np.column_stack([inputs, np.full(40, 1e6)]), y)
    assert np.isfinite(model.predict(np.column_stack([inputs, np.full(40, 1e6)]))).all()


@cut_short
def test_the_evaluations_of_the_loss_are_limited_by_max_fun():
    inputs, y = waves()
    model = FalllineRegressor((20,), solver="lbfgs", max_fun=25, tol=None, random_state=0).fit(inputs, y)
    assert model.stop_reason_ == "iteration_limit"
    assert model.n_iter_ <= 25
    assert FalllineRegressor((20,), solver="adam", max_fun=1, max_iter=9, tol=None).fit(inputs, y).n_iter_ == 9


@pytest.mark.parametrize("loss", ["absolute_error", "huber"])
def test_other_losses_bear_outliers(loss):
    inputs, y = waves(120)
    spoilt = y.copy()
    spoilt[::10] += 30.0
    given = {"alpha": 0.01, "random_state": 0, "max_iter": 500}
    robust = FalllineRegressor((10,), "tanh", loss=loss, **given).fit(inputs, spoilt)
    squared = FalllineRegressor((10,), "tanh", **given).fit(inputs, spoilt)
    assert np.median(np.abs(robust.predict(inputs) - y)) < 0.5 * np.median(np.abs(squared.predict(inputs) - y))


def test_float32_stays_float32_and_may_be_asked_for():
    inputs, y = waves()
    given = {"random_state": 0, "tol": 0.01}
    assert FalllineRegressor(5, **given).fit(inputs.astype(np.float32), y).predict(inputs).dtype == np.float32
    assert FalllineRegressor(5, dtype="float32", **given).fit(inputs, y).network_.parameters.dtype == np.float32
    assert FalllineRegressor(5, dtype="float64", **given).fit(inputs.astype(np.float32), y).predict(
        inputs
    ).dtype == np.dtype("float64")


def test_the_same_random_state_gives_the_same_bits_and_another_does_not():
    inputs, y = waves()
    first, same, other = (FalllineRegressor(5, random_state=each, tol=0.01).fit(inputs, y) for each in (0, 0, 1))
    assert first.predict(inputs).tobytes() == same.predict(inputs).tobytes()
    assert first.predict(inputs).tobytes() != other.predict(inputs).tobytes()


def test_weights_of_zero_are_rows_that_are_not_there():
    inputs, y = waves()
    weights = np.arange(len(y)) % 2
    given = {"random_state": 0, "tol": 0.01}
    one = FalllineRegressor(5, **given).fit(inputs, y, weights)
    other = FalllineRegressor(5, **given).fit(inputs[1::2], y[1::2])
    np.testing.assert_array_equal(one.predict(inputs), other.predict(inputs))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_weights_reach_the_mini_batches_and_the_rows_that_are_watched():
    inputs, y = waves(200, noise=0.3)
    weights = np.where(inputs[:, 0] > 0, 10.0, 0.1)
    given = {"solver": "adam", "learning_rate_init": 0.01, "batch_size": 20, "random_state": 0, "max_iter": 150}
    model = FalllineRegressor((10,), "tanh", early_stopping=True, **given).fit(inputs, y, weights)
    plain = FalllineRegressor((10,), "tanh", early_stopping=True, **given).fit(inputs, y)
    there, elsewhere = inputs[:, 0] > 0, inputs[:, 0] <= 0
    assert model.score(inputs[there], y[there]) > model.score(inputs[elsewhere], y[elsewhere]) + 0.2
    assert plain.score(inputs[elsewhere], y[elsewhere]) > model.score(inputs[elsewhere], y[elsewhere])
    held = model._subject.validation
    assert held.block(0, len(held))[1][:, -1].mean() == pytest.approx(1.0)


def test_the_loss_is_that_of_the_kept_weights():
    inputs, y = waves()
    model = FalllineRegressor((5,), "tanh", alpha=0.5, random_state=0).fit(inputs, y)
    error = Objective(model.network_.architecture, Rows(inputs, y[:, None])).error(model.network_.parameters)
    squares = sum(float(np.sum(each**2)) for each in model.coefs_)
    assert model.loss_ == pytest.approx(0.5 * error + 0.5 * 0.5 * squares / len(y), rel=1e-12)


def test_an_overflow_is_told_and_the_best_weights_before_it_are_kept():
    inputs, y = waves()
    model = FalllineRegressor(5, solver="gradient_descent", learning_rate_init=1e6, random_state=0, tol=None)
    with pytest.warns(ConvergenceWarning, match=r"^the loss overflowed in iteration"):
        model.fit(inputs, 100 * y)
    assert np.isfinite(model.predict(inputs)).all()


def test_verbose_says_each_iteration(capsys):
    inputs, y = waves()
    model = FalllineRegressor(5, verbose=True, random_state=0, tol=0.1).fit(inputs, y)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == model.n_iter_
    assert lines[0] == f"Iteration 1, loss = {model.loss_curve_[0]:.8f}"


def test_a_batch_larger_than_the_table_is_clipped_with_a_warning():
    inputs, y = waves(30)
    with pytest.warns(UserWarning, match=r"^batch_size=50 is larger than the number of rows, 30"):
        FalllineRegressor(3, solver="adam", batch_size=50, tol=1.0, random_state=0).fit(inputs, y)


def test_one_class_is_learned_and_given():
    model = FalllineClassifier(3, random_state=0).fit(X[:20], np.full(20, "only"))
    assert model.predict(X[:3]).tolist() == ["only"] * 3
    assert model.classes_.tolist() == ["only"]
