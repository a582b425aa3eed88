"""The estimators among scikit-learn's other things."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from scipy import sparse
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import AdaBoostRegressor, BaggingClassifier
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils.fixes import parse_version

from fallline import FalllineClassifier, FalllineRegressor
from fallline.diagnosis.verdict import Verdict
from fallline.errors import FalllineError

X, Y = load_iris(return_X_y=True)
FRAME = load_iris(as_frame=True)
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def small(**more):
    return FalllineClassifier((5,), "tanh", alpha=0.1, random_state=0, **more)


def test_pipeline_and_grid_search():
    steps = make_pipeline(StandardScaler(), small())
    grid = {"falllineclassifier__alpha": [0.01, 1.0], "falllineclassifier__hidden_layer_sizes": [(3,), (4, 3)]}
    search = GridSearchCV(steps, grid, cv=3).fit(X, Y)
    assert search.best_score_ > 0.93
    assert len(search.cv_results_["params"]) == 4
    RandomizedSearchCV(steps, {"falllineclassifier__activation": ["relu", ("logistic",)]}, n_iter=2, cv=2).fit(X, Y)


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_cross_validation_also_in_other_processes(jobs):
    steps = make_pipeline(StandardScaler(), small())
    found = cross_validate(steps, X, Y, cv=3, n_jobs=jobs, return_estimator=True)
    assert found["test_score"].mean() > 0.93
    assert found["estimator"][0][-1].n_iter_ > 0


def test_calibration_bagging_boosting_and_importance():
    scaled = StandardScaler().fit_transform(X)
    calibrated = CalibratedClassifierCV(small(), cv=3).fit(scaled, Y)
    np.testing.assert_allclose(calibrated.predict_proba(scaled).sum(axis=1), 1.0)
    assert calibrated.score(scaled, Y) > 0.93
    assert BaggingClassifier(small(), n_estimators=3, random_state=0).fit(scaled, Y).score(scaled, Y) > 0.93
    diabetes = load_diabetes()
    targets = diabetes.target / 100
    weak = FalllineRegressor(3, "tanh", alpha=1.0, random_state=0, tol=0.01)
    assert (
        AdaBoostRegressor(weak, n_estimators=3, random_state=0)
        .fit(diabetes.data, targets)
        .score(diabetes.data, targets)
    )
    importance = permutation_importance(small().fit(scaled, Y), scaled, Y, n_repeats=3, random_state=0)
    assert importance.importances_mean[2:].sum() > importance.importances_mean[:2].sum()


def test_scaled_targets_come_back_in_their_own_unit():
    diabetes = load_diabetes()
    inner = FalllineRegressor(4, "tanh", alpha=3.0, random_state=0)
    model = TransformedTargetRegressor(inner, transformer=StandardScaler()).fit(diabetes.data, diabetes.target)
    assert 100 < model.predict(diabetes.data).mean() < 200
    assert model.score(diabetes.data, diabetes.target) > 0.4


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_name_the_features(library):
    frame = FRAME.data if library == "pandas" else pl.DataFrame(FRAME.data.to_dict("list"))
    if library == "polars" and parse_version(sklearn.__version__) < parse_version("1.9"):
        pytest.skip("scikit-learn reads the names of Polars' columns from 1.9 on")
    model = small().fit(frame, FRAME.target.to_numpy())
    assert model.feature_names_in_.tolist() == list(FRAME.data.columns)
    assert model.predict(frame).shape == (150,)
    other = {"sepal length (cm)": "other"}
    renamed = frame.rename(other) if library == "polars" else frame.rename(columns=other)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(renamed)


def test_a_pipeline_with_frames_within():
    frame = FRAME.data.assign(colour=np.where(FRAME.target > 0, "red", "blue"))
    columns = ColumnTransformer(
        [
            ("numbers", StandardScaler(), list(FRAME.data.columns)),
            ("words", OneHotEncoder(sparse_output=False), ["colour"]),
        ]
    )
    steps = make_pipeline(columns, small()).set_output(transform="pandas").fit(frame, FRAME.target)
    assert steps[-1].feature_names_in_.tolist()[-1] == "words__colour_red"
    assert steps.score(frame, FRAME.target) > 0.95


def test_labels_of_any_kind():
    names = np.array(["setosa", "versicolor", "virginica"])[Y]
    assert set(small().fit(X, names).predict(X)) <= set(names)
    assert small().fit(pd.DataFrame(X), pd.Series(names)).classes_.tolist() == ["setosa", "versicolor", "virginica"]


@pytest.mark.parametrize("form", ["csr_matrix", "csc_array", "coo_matrix"])
def test_sparse_rows_are_as_good_as_dense_ones(form):
    dense = np.where(X > 1.0, X, 0.0)
    rows = getattr(sparse, form)(dense)
    model, plain = small().fit(rows, Y), small().fit(dense, Y)
    np.testing.assert_array_equal(model.predict_proba(rows), plain.predict_proba(dense))
    np.testing.assert_array_equal(
        small(solver="adam").partial_fit(rows, Y, classes=[0, 1, 2]).predict_proba(rows),
        small(solver="adam").partial_fit(dense, Y, classes=[0, 1, 2]).predict_proba(dense),
    )


def test_sparse_rows_that_do_not_fit_into_memory_are_refused_in_words():
    rows = sparse.csr_matrix((1_000_000, 10_000_000))
    with pytest.raises(
        FalllineError, match=r"^X: 1,000,000 × 10,000,000 sparse numbers as the dense array .* SelectKB"
    ):
        small().fit(rows, np.arange(1_000_000) % 2)


@pytest.mark.parametrize("kind", [FalllineClassifier, FalllineRegressor])
def test_a_pickle_predicts_the_same_and_keeps_no_rows(kind):
    rows = np.tile(X, (40, 1))
    model = kind((5,), random_state=0, max_iter=5).fit(rows, np.tile(Y, 40))
    stored = pickle.dumps(model)
    assert len(stored) < rows.nbytes / 4
    again = pickle.loads(stored)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert again.loss_curve_ == model.loss_curve_
    assert again.stop_reason_ == model.stop_reason_
    assert not hasattr(again, "verdict_")
    with pytest.raises(FalllineError, match=r"^no verdict: there is no fit yet, or it came from a file"):
        again.explain()


def test_a_verdict_is_examined_when_it_is_asked_for_and_kept():
    corners, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0.0, 1.0, 1.0, 0.0])
    model = FalllineRegressor((3,), "tanh", alpha=0.0, tol=None, random_state=0).fit(corners, y)
    assert "verdict_" not in dir(model)
    assert "Fallline" in model._repr_html_()
    assert model._verdict is None
    verdict = model.verdict_
    assert isinstance(verdict, Verdict)
    assert verdict.judgement.code == "finished"
    assert model.verdict_ is verdict
    assert "verdict_" in dir(model)
    assert pickle.loads(pickle.dumps(model)).verdict_.sentence == verdict.sentence


def test_a_verdict_says_what_holds_a_fit_up():
    """Four rows and one hidden unit: XOR is out of reach, and half of the rows keep their error."""
    corners, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), [0, 1, 1, 0]
    frame = pd.DataFrame(corners, columns=["left", "right"])
    model = FalllineClassifier((1,), "tanh", alpha=0.0, tol=None, max_iter=500, random_state=0).fit(frame, y)
    verdict = model.explain(seconds=3, trials=False)
    assert verdict.budget.error == pytest.approx(model.loss_, rel=1e-6)
    assert model._subject.feature(0) == "'left'"
    assert verdict.sentence


def test_a_verdict_is_refused_where_it_would_be_of_something_else():
    rows, y = X.copy(), Y.astype(float)
    model = FalllineRegressor(3, alpha=0.1, random_state=0, max_iter=20).fit(rows, y)
    rows += 1.0
    with pytest.raises(FalllineError, match=r"^no verdict: the array that was fitted has been changed since"):
        model.explain()
    standardised = FalllineRegressor(3, random_state=0, max_iter=20).fit(rows, y)
    rows += 1.0
    assert standardised.explain(seconds=0.5, trials=False).sentence  # it has rows of its own
    weighted = FalllineRegressor(3, random_state=0, max_iter=20).fit(X, y, np.linspace(1, 2, len(X)))
    with pytest.raises(FalllineError, match=r"^no verdict: it is about rows that all count alike"):
        weighted.explain()
    assert not hasattr(FalllineRegressor(), "verdict_")


def test_with_dropout_the_verdict_is_about_the_network_alone():
    model = FalllineRegressor(3, dropout=0.2, random_state=0, max_iter=20).fit(X, Y.astype(float))
    assert model._subject.descent is None
    assert model.explain(seconds=1, trials=False).stop == ""


def test_the_public_names_are_lazy_and_say_what_is_missing():
    import subprocess
    import sys

    code = "import sys; import fallline; print('sklearn' in sys.modules, fallline.FalllineRegressor.__name__)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.split() == ["False", "FalllineRegressor"]
    code = "import sys; sys.modules['sklearn'] = None; import fallline; fallline.FalllineRegressor"
    failed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).stderr
    assert (
        "an estimator needs the extra 'sklearn' (the package 'sklearn' is not installed). Install it with: pip"
        in failed
    )
