"""Parameters that cannot be: each refused with a sentence, which is a ValueError as scikit-learn wants it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_iris

from fallline import FalllineClassifier, FalllineRegressor
from fallline.errors import FalllineError

X, Y = load_iris(return_X_y=True)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"solver": "adan"}, "solver='adan': there is none of that name; did you mean 'adam'? There are "),
        ({"activation": "tahn"}, "activation 'tahn': there is none of that name; did you mean 'tanh'?"),
        ({"activation": ("tanh", "relu")}, "activation=('tanh', 'relu'): expected one name, or 1 names"),
        ({"hidden_layer_sizes": (5, 0)}, "hidden_layer_sizes=(5, 0): expected numbers of units, each 1 or more."),
        ({"hidden_layer_sizes": 2.5}, "hidden_layer_sizes=2.5: expected numbers of units"),
        ({"alpha": -1}, "alpha=-1: expected None, 'auto', or a number of 0 or more."),
        ({"batch_size": 0}, "batch_size=0: expected 'auto', None for all rows, or a number of rows"),
        ({"max_iter": 0}, "max_iter=0: expected a whole number of 1 or more."),
        ({"max_iter": 2.5}, "max_iter=2.5: expected a whole number of 1 or more."),
        ({"tol": -1.0}, "tol=-1.0: expected None, or a number of 0 or more."),
        ({"validation_fraction": 1.0}, "validation_fraction=1.0: expected a number below 1."),
        ({"learning_rate": "adaptve"}, "learning_rate='adaptve': there is none of that name; did you mean 'adaptive'?"),
        ({"max_fun": 0.5}, "max_fun=0.5: expected a whole number of 1 or more."),
        ({"power_t": -1}, "power_t=-1: expected a number of 0 or more."),
        ({"standardise": "yes"}, "standardise='yes': there is none of that name"),
        ({"learning_rate_init": 0, "solver": "adam"}, "learning rate 0.0: expected a number above 0"),
        ({"dtype": "float16"}, "dtype='float16': there is none of that name; did you mean 'float64'?"),
        ({"restarts": 0}, "restarts=0: expected a whole number of 1 or more."),
        ({"initialiser": "hee"}, "initialiser 'hee': there is none of that name; did you mean 'he'?"),
        ({"activation": None}, "activation=None: expected one name, or 1 names"),
        (
            {"dropout": "half", "solver": "adam"},
            "dropout='half': expected one number, or 1, one for each hidden layer.",
        ),
        ({"early_stopping": "yes"}, "early_stopping='yes': there is none of that name"),
        ({"dropout": 1.0}, "dropout 1.0: expected a number from 0 up to, but without, 1"),
        ({"dropout": 0.5, "solver": "lbfgs"}, "dropout: optimizer 'lbfgs' needs an error that is the same"),
        ({"momentum": 1.5, "solver": "sgd"}, "momentum=1.5: expected a number below 1."),
        ({"early_stopping": True, "validation_fraction": 0.01}, "early_stopping: "),
    ],
    ids=lambda each: str(each)[:40],
)
def test_what_cannot_be_is_refused_in_words(parameters, sentence):
    rows = slice(0, None, 2)
    with pytest.raises(FalllineError) as refused:
        FalllineRegressor(**{"hidden_layer_sizes": (5,), **parameters}).fit(X[rows], Y[rows])
    assert str(refused.value).startswith(sentence)


def test_what_only_one_of_them_has():
    with pytest.raises(FalllineError, match=r"^loss='poisson': there is none of that name. There are squared_error"):
        FalllineRegressor(loss="poisson").fit(X, Y)
    with pytest.raises(FalllineError, match=r"^activation 'logits': there is none of that name"):
        FalllineRegressor(out_activation="logits").fit(X, Y)
    with pytest.raises(ValueError, match="class_weight"):
        FalllineClassifier(class_weight="even").fit(X, Y)
    with pytest.raises(ValueError, match="Unknown label type"):
        FalllineClassifier().fit(X, Y + 0.5)


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        (-np.ones(150), "sample_weight: expected weights of 0 or more, got -1."),
        (np.zeros(150), "sample_weight: every weight is zero, so there is nothing to learn from."),
        (np.ones((150, 2)), "sample_weight: expected one number for each row, got an array of shape (150, 2)."),
    ],
)
def test_weights_that_cannot_be_are_refused(weights, sentence):
    with pytest.raises(ValueError, match="sample_weight") as refused:
        FalllineClassifier().fit(X, Y, weights)
    assert str(refused.value) == sentence


def test_rows_to_watch_have_to_fit():
    with pytest.raises(FalllineError, match=r"^X_val and y_val: give both, or neither"):
        FalllineRegressor().fit(X, Y, X_val=X)
    with pytest.raises(FalllineError, match=r"^y_val: expected 1 columns, as y has, got 2"):
        FalllineRegressor().fit(X, Y, X_val=X, y_val=np.column_stack([Y, Y]))
    with pytest.raises(FalllineError, match=r"^y: it has classes \[2\] that were not there before"):
        FalllineClassifier().fit(X[:100], Y[:100], X_val=X, y_val=Y)


def test_a_warm_start_needs_the_same_network():
    model = FalllineClassifier(3, warm_start=True, random_state=0, tol=0.1).fit(X, Y)
    with pytest.raises(FalllineError, match=r"^warm_start: the network has layers \[4, 3, 3\]"):
        model.set_params(hidden_layer_sizes=4).fit(X, Y)
    with pytest.raises(ValueError, match="features"):
        model.set_params(hidden_layer_sizes=3).fit(X[:, :2], Y)


def test_single_passes_need_to_know_the_classes_and_cannot_stop_early():
    with pytest.raises(FalllineError, match=r"^classes: the first call of partial_fit has to name all classes"):
        FalllineClassifier().partial_fit(X, Y)
    with pytest.raises(
        FalllineError, match=r"^partial_fit makes one pass over its rows, and early_stopping needs many"
    ):
        FalllineRegressor(early_stopping=True).partial_fit(X, Y)
    model = FalllineClassifier(3, random_state=0).partial_fit(X, Y, classes=[0, 1, 2])
    with pytest.raises(FalllineError, match=r"^classes=\[0, 1\]: not those of the first call"):
        model.partial_fit(X, Y, classes=[0, 1])


def test_a_penalty_is_not_chosen_from_a_handful_of_rows():
    with pytest.raises(FalllineError, match=r"^alpha='auto': 8 rows are too few to choose one; give a number"):
        FalllineRegressor(3, alpha="auto").fit(X[:8], Y[:8])
