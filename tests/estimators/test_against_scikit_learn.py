"""What scikit-learn's own networks say, and what its guide does with them."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris, make_multilabel_classification, make_regression
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import has_fit_parameter

from fallline import FalllineClassifier, FalllineRegressor

IRIS_X, IRIS_Y = load_iris(return_X_y=True)
IRIS_X = StandardScaler().fit_transform(IRIS_X)
ALPHA = 2.0
# scikit-learn before 1.7 asks SciPy for what it no longer wants.
pytestmark = pytest.mark.filterwarnings("ignore:scipy.optimize. The `disp`:DeprecationWarning")


def tasks():
    rng = np.random.default_rng(0)
    X, y = load_diabetes(return_X_y=True)
    X, y = StandardScaler().fit_transform(X)[:150], (y[:150] - y.mean()) / y.std()
    labels_X, labels = make_multilabel_classification(n_samples=100, n_classes=3, random_state=0)
    return {
        "one target": (FalllineRegressor, MLPRegressor, X, y),
        "three targets": (FalllineRegressor, MLPRegressor, X, np.column_stack([y, y**2, rng.normal(size=len(y))])),
        "two classes": (FalllineClassifier, MLPClassifier, IRIS_X[50:], IRIS_Y[50:]),
        "three classes": (FalllineClassifier, MLPClassifier, IRIS_X, IRIS_Y),
        "labels": (FalllineClassifier, MLPClassifier, labels_X / labels_X.std(), labels),
    }


TASKS = tasks()


def to_the_end(kind, hidden=(), **more):
    """An estimator that goes as far down as it can: without a hidden layer there is one minimum, whoever finds it."""
    if kind in (FalllineClassifier, FalllineRegressor):
        return kind(hidden, "tanh", alpha=ALPHA, solver="bfgs", tol=None, max_iter=5000, random_state=0, **more)
    names = {"hidden_layer_sizes": hidden, "activation": "tanh", "alpha": ALPHA}
    return kind(**names, solver="lbfgs", tol=1e-9, max_iter=5000, random_state=0, **more)


def weights_for(kind, rows):
    """Weights of rows, where the installed scikit-learn takes them (from 1.7 on)."""
    if not has_fit_parameter(kind(), "sample_weight"):
        pytest.skip("scikit-learn's network takes no weights before 1.7")
    return {"sample_weight": np.random.default_rng(1).uniform(0, 5, size=rows)}


def centred(values):
    """The biases of a softmax may all be raised alike."""
    return values - values.mean()


@pytest.mark.parametrize("weighted", [False, True], ids=["alike", "weighted"])
@pytest.mark.parametrize("task", [task for task in TASKS if task != "three targets"])
def test_alpha_and_weights_mean_the_same(task, weighted):
    ours, theirs, X, y = TASKS[task]
    weights = weights_for(theirs, len(X)) if weighted else {}
    one, other = to_the_end(ours).fit(X, y, **weights), to_the_end(theirs).fit(X, y, **weights)
    tolerance = 3e-3  # scikit-learn stops where its loss no longer falls by a share of 2e-9
    np.testing.assert_allclose(one.coefs_[0], other.coefs_[0], atol=tolerance)
    np.testing.assert_allclose(centred(one.intercepts_[0]), centred(other.intercepts_[0]), atol=tolerance)
    np.testing.assert_allclose(one.predict(X), other.predict(X), atol=5 * tolerance)
    if hasattr(one, "predict_proba"):
        np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X), atol=tolerance)
    assert one.loss_ == pytest.approx(other.loss_, rel=1e-6)
    assert one.loss_ <= other.loss_


@pytest.mark.parametrize("weighted", [False, True], ids=["alike", "weighted"])
@pytest.mark.parametrize("task", TASKS)
def test_the_loss_of_the_same_weights_is_the_same(task, weighted):
    """Of a network with two hidden layers, whose weights scikit-learn is given."""
    ours, theirs, X, y = TASKS[task]
    weights = weights_for(theirs, len(X)) if weighted else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one = ours((6, 4), "tanh", alpha=ALPHA, max_iter=7, tol=None, solver="lbfgs", random_state=0)
        one.fit(X, y, **weights)
        names = {"hidden_layer_sizes": (6, 4), "activation": "tanh", "alpha": ALPHA}
        other = theirs(**names, max_iter=1, solver="adam", batch_size=len(X), warm_start=True)
        other.fit(X, y, **weights)
        for mine, its in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True):
            its[...] = mine
        np.testing.assert_allclose(one.predict(X), other.predict(X), rtol=1e-12)
        other.fit(X, y, **weights)  # one pass, whose loss is that of the weights before
    assert one.loss_ == pytest.approx(other.loss_, rel=1e-12)
    assert one.loss_curve_[-1] == pytest.approx(one.loss_, rel=1e-12)
    assert (one.out_activation_, one.n_layers_, one.n_outputs_) == (
        other.out_activation_,
        other.n_layers_,
        other.n_outputs_,
    )
    assert [each.shape for each in one.coefs_] == [each.shape for each in other.coefs_]


@pytest.mark.parametrize("weighted", [False, True], ids=["alike", "weighted"])
@pytest.mark.parametrize("task", ["one target", "three targets"])
def test_without_a_hidden_layer_it_is_a_ridge_regression(task, weighted):
    """Of several targets, loss and gradient of `MLPRegressor` disagree, and its L-BFGS gives up; ridge does not."""
    ours, _, X, y = TASKS[task]
    weights = np.random.default_rng(1).uniform(0, 5, size=len(X)) if weighted else None
    one, ridge = to_the_end(ours).fit(X, y, weights), Ridge(ALPHA).fit(X, y, weights)
    np.testing.assert_allclose(one.coefs_[0], ridge.coef_.reshape(one.n_outputs_, -1).T, atol=1e-6)
    np.testing.assert_allclose(one.predict(X), ridge.predict(X), atol=1e-6)


def test_without_a_hidden_layer_it_is_logistic_regression():
    model = FalllineClassifier((), alpha=0.5, solver="bfgs", tol=None, max_iter=5000).fit(IRIS_X, IRIS_Y)
    expected = LogisticRegression(C=2.0, tol=1e-10, max_iter=5000).fit(IRIS_X, IRIS_Y)
    np.testing.assert_allclose(model.predict_proba(IRIS_X), expected.predict_proba(IRIS_X), atol=1e-6)


def test_class_weights_count_as_those_of_logistic_regression():
    weights = {0: 1.0, 1: 0.2, 2: 7.0}
    model = FalllineClassifier((), alpha=1.0, solver="bfgs", tol=None, max_iter=5000, class_weight=weights)
    expected = LogisticRegression(tol=1e-10, max_iter=5000, class_weight=weights)
    np.testing.assert_allclose(
        model.fit(IRIS_X, IRIS_Y).predict_proba(IRIS_X),
        expected.fit(IRIS_X, IRIS_Y).predict_proba(IRIS_X),
        atol=1e-6,
    )
    y = IRIS_Y[20:]
    balanced = FalllineClassifier((), alpha=1.0, solver="bfgs", tol=None, max_iter=5000, class_weight="balanced")
    expected = LogisticRegression(tol=1e-10, max_iter=5000, class_weight="balanced")
    np.testing.assert_allclose(
        balanced.fit(IRIS_X[20:], y).predict_proba(IRIS_X),
        expected.fit(IRIS_X[20:], y).predict_proba(IRIS_X),
        atol=1e-6,
    )


# What the guide's page on supervised networks does, with the import changed.

CORNERS = [[0.0, 0.0], [1.0, 1.0]]


def test_guide_two_classes():
    model = FalllineClassifier(solver="lbfgs", alpha=1e-5, hidden_layer_sizes=(5, 2), random_state=1)
    model.fit(CORNERS, [0, 1])
    assert model.predict([[2.0, 2.0], [-1.0, -2.0]]).tolist() == [1, 0]
    assert [each.shape for each in model.coefs_] == [(2, 5), (5, 2), (2, 1)]
    probabilities = model.predict_proba([[2.0, 2.0], [1.0, 2.0]])
    assert probabilities.shape == (2, 2)
    assert (probabilities[:, 1] > 0.9).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
    np.testing.assert_allclose(model.predict_log_proba(CORNERS), np.log(model.predict_proba(CORNERS)))


def test_guide_two_labels_a_row():
    model = FalllineClassifier(solver="lbfgs", alpha=1e-5, hidden_layer_sizes=(15,), random_state=1)
    model.fit(CORNERS, [[0, 1], [1, 1]])
    assert model.predict([[1.0, 2.0]]).tolist() == [[1, 1]]
    assert model.predict([[0.0, 0.0]]).tolist() == [[0, 1]]
    assert model.out_activation_ == "logistic"


def test_guide_several_classes():
    model = FalllineClassifier(random_state=1, max_iter=300).fit(IRIS_X, IRIS_Y)
    assert model.out_activation_ == "softmax"
    assert model.score(IRIS_X, IRIS_Y) > 0.97


def test_guide_numbers():
    X, y = make_regression(n_samples=200, n_features=20, random_state=1)
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=1)
    model = FalllineRegressor(random_state=1, max_iter=2000, tol=0.1).fit(X_train, y_train)
    assert model.predict(X_test[:2]).shape == (2,)
    assert model.score(X_test, y_test) > 0.9
    assert model.out_activation_ == "identity"


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_guide_more_control_by_warm_starts():
    model = FalllineClassifier(hidden_layer_sizes=(15,), random_state=1, max_iter=1, warm_start=True)
    for _ in range(10):
        model.fit(IRIS_X, IRIS_Y)
    assert len(model.loss_curve_) == 10
    assert model.loss_curve_[-1] < 0.5 * model.loss_curve_[0]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "parameters",
    [
        {"solver": "sgd", "learning_rate": "constant", "momentum": 0, "learning_rate_init": 0.2},
        {"solver": "sgd", "momentum": 0.9, "nesterovs_momentum": False, "learning_rate_init": 0.2},
        {"solver": "sgd", "momentum": 0.9, "nesterovs_momentum": True, "learning_rate_init": 0.2},
        {"solver": "sgd", "learning_rate": "invscaling", "momentum": 0.0, "learning_rate_init": 0.9},
        {"solver": "sgd", "learning_rate": "invscaling", "power_t": 0.1, "momentum": 0, "batch_size": 40, "alpha": 0},
        {"solver": "adam", "learning_rate_init": 0.01},
        {"solver": "adam", "learning_rate_init": 0.01, "learning_rate": "invscaling"},
        {"solver": "adam", "learning_rate_init": 0.01, "batch_size": 40, "alpha": 0.0},
    ],
)
def test_the_first_order_solvers_go_the_same_way(parameters):
    """From the same weights: on all rows at each step with a penalty, and on batches in their order without one."""
    given = {"batch_size": len(IRIS_X), "max_iter": 30, "alpha": 0.1, "shuffle": False, "random_state": 0, **parameters}
    other = MLPClassifier((7,), "logistic", warm_start=True, **{**given, "max_iter": 1}).fit(IRIS_X, IRIS_Y)
    one = FalllineClassifier((7,), "logistic", warm_start=True, **{**given, "max_iter": 1}).fit(IRIS_X, IRIS_Y)
    for mine, its in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        mine[...] = its
    one.set_params(max_iter=30, tol=None).fit(IRIS_X, IRIS_Y)
    other.set_params(max_iter=30, tol=0.0, n_iter_no_change=1000).fit(IRIS_X, IRIS_Y)
    np.testing.assert_allclose(one.loss_curve_[1:], other.loss_curve_[1:], rtol=1e-4)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_an_adaptive_rate_falls_where_scikit_learns_does():
    """A fifth of the rate each time nothing is gained; the end comes where the rate has come to nothing."""
    given = {"solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 3.0, "momentum": 0.0, "alpha": 0.0}
    given |= {"batch_size": len(IRIS_X), "shuffle": False, "random_state": 0, "n_iter_no_change": 4, "tol": 1e-3}
    other = MLPClassifier((7,), "logistic", warm_start=True, max_iter=1, **given).fit(IRIS_X, IRIS_Y)
    one = FalllineClassifier((7,), "logistic", warm_start=True, max_iter=1, **given).fit(IRIS_X, IRIS_Y)
    for mine, its in zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        mine[...] = its
    one.set_params(max_iter=2000).fit(IRIS_X, IRIS_Y)
    other.set_params(max_iter=2000).fit(IRIS_X, IRIS_Y)
    np.testing.assert_allclose(one.loss_curve_[1:], other.loss_curve_[1:], rtol=1e-4)
    assert one.stop_reason_ == "plateau"
    assert one.descent_.history.records[-1].learning_rate == pytest.approx(other._optimizer.learning_rate)


@pytest.mark.parametrize("kind", [FalllineClassifier, FalllineRegressor])
def test_every_parameter_of_scikit_learns_networks_is_there(kind):
    other = MLPClassifier() if kind is FalllineClassifier else MLPRegressor()
    ours, theirs = kind().get_params(), other.get_params()
    assert theirs.keys() <= ours.keys()
    assert {name for name in theirs if ours[name] != theirs[name]} == {"solver", "alpha"}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_every_attribute_of_scikit_learns_networks_is_there(solver, early_stopping):
    given = {"hidden_layer_sizes": (3,), "solver": solver, "max_iter": 3, "early_stopping": early_stopping}
    other = MLPClassifier(**given).fit(IRIS_X, IRIS_Y)
    ours = FalllineClassifier(**given).fit(IRIS_X, IRIS_Y)
    public = {name for name in vars(other) if name.endswith("_") and not name.startswith("_")}
    assert all(hasattr(ours, name) for name in public)


@pytest.mark.parametrize("seed", range(5))
def test_a_start_that_is_dead_is_no_matter_with_others_beside_it(seed):
    """Of so small a network with relu, about two starts in five do not learn the guide's first example."""
    model = FalllineClassifier(solver="lbfgs", alpha=1e-5, hidden_layer_sizes=(5, 2), random_state=seed, restarts=8)
    assert model.fit(CORNERS, [0, 1]).predict(CORNERS).tolist() == [0, 1]
