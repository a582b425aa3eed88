"""What scikit-learn's gallery does with its networks, done with these: only the class is another.

The examples are named after their files; their drawings are left out, their data sets made smaller or replaced by ones
that come with scikit-learn, and what they show is asserted.
"""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits, load_iris, make_circles, make_classification, make_moons
from sklearn.inspection import partial_dependence
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, QuantileTransformer, StandardScaler

from fallline import FalllineClassifier, FalllineRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
STRATEGIES = [
    {"solver": "sgd", "learning_rate": "constant", "momentum": 0},
    {"solver": "sgd", "learning_rate": "constant", "momentum": 0.9, "nesterovs_momentum": False},
    {"solver": "sgd", "learning_rate": "constant", "momentum": 0.9, "nesterovs_momentum": True},
    {"solver": "sgd", "learning_rate": "invscaling", "momentum": 0},
    {"solver": "sgd", "learning_rate": "invscaling", "momentum": 0.9, "nesterovs_momentum": False},
    {"solver": "sgd", "learning_rate": "invscaling", "momentum": 0.9, "nesterovs_momentum": True},
    {"solver": "adam", "learning_rate_init": 0.01},
]


def separable():
    X, y = make_classification(n_features=2, n_redundant=0, n_informative=2, random_state=0, n_clusters_per_class=1)
    return X + 2 * np.random.RandomState(2).uniform(size=X.shape), y


@pytest.mark.parametrize("data", ["iris", "circles", "moons"])
def test_plot_mlp_training_curves(data):
    """Each comes down, and Adam further than rates that fall with the rows met."""
    X, y = {
        "iris": lambda: load_iris(return_X_y=True),
        "circles": lambda: make_circles(noise=0.2, factor=0.5, random_state=1),
        "moons": lambda: make_moons(noise=0.3, random_state=0),
    }[data]()
    X = MinMaxScaler().fit_transform(X)
    losses = []
    for strategy in STRATEGIES:
        model = FalllineClassifier(random_state=0, max_iter=60, **{"learning_rate_init": 0.2, **strategy}).fit(X, y)
        assert model.best_loss_ <= model.loss_curve_[0]
        assert len(model.loss_curve_) == model.n_iter_
        losses.append(model.loss_)
    assert losses[6] < min(losses[3:6])


def test_plot_mlp_alpha():
    """From learned by heart to a constant, as alpha grows from 1e-5 to 1e3."""
    X, y = make_moons(noise=0.3, random_state=0)
    X_train, _, y_train, _ = train_test_split(StandardScaler().fit_transform(X), y, test_size=0.4, random_state=42)
    sizes, scores = [], []
    for alpha in np.logspace(-1, 1, 5):
        steps = make_pipeline(
            StandardScaler(),
            FalllineClassifier(
                solver="lbfgs",
                alpha=alpha,
                random_state=1,
                max_iter=2000,
                early_stopping=False,
                hidden_layer_sizes=[10, 10],
            ),
        ).fit(X_train, y_train)
        sizes.append(sum(float(np.square(each).sum()) for each in steps[-1].coefs_))
        scores.append(steps.score(X_train, y_train))
    assert sizes == sorted(sizes, reverse=True)
    assert scores[0] == 1.0
    assert scores[-1] < scores[0]


def test_plot_mnist_filters():
    X, y = load_digits(return_X_y=True, as_frame=False)
    X_train, X_test, y_train, y_test = train_test_split(X / 16.0, y, random_state=0, test_size=0.7)
    model = FalllineClassifier(
        hidden_layer_sizes=(40,),
        max_iter=8,
        alpha=1e-4,
        solver="sgd",
        verbose=False,
        random_state=1,
        learning_rate_init=0.2,
    ).fit(X_train, y_train)
    assert model.score(X_test, y_test) > 0.75
    assert [each.reshape(8, 8).shape for each in model.coefs_[0].T] == [(8, 8)] * 40


def test_plot_partial_dependence():
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    y = y - y.mean()
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.1, random_state=0)
    model = make_pipeline(
        QuantileTransformer(n_quantiles=100),
        FalllineRegressor(hidden_layer_sizes=(30, 15), learning_rate_init=0.01, early_stopping=True, random_state=0),
    ).fit(X_train, y_train)
    assert model.score(X_test, y_test) > 0.2
    found = partial_dependence(model, X_train, features=["bmi"], kind="both", grid_resolution=10)
    assert found["average"][0, -1] > found["average"][0, 0]
    assert found["individual"].shape == (1, len(X_train), 10)


@pytest.mark.parametrize("data", ["moons", "circles", "separable"])
def test_plot_classifier_comparison(data):
    X, y = {
        "moons": lambda: make_moons(noise=0.3, random_state=0),
        "circles": lambda: make_circles(noise=0.2, factor=0.5, random_state=1),
        "separable": separable,
    }[data]()
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.4, random_state=42)
    model = make_pipeline(StandardScaler(), FalllineClassifier(alpha=1, max_iter=1000, random_state=42))
    assert model.fit(X_train, y_train).score(X_test, y_test) > 0.85
    assert model.predict_proba(X_test).shape == (40, 2)
