"""scikit-learn's callbacks, where the installed version has them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fallline import FalllineClassifier, FalllineRegressor

callback = pytest.importorskip("sklearn.callback", reason="from scikit-learn 1.9 on")
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X, Y = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(X)


class Recorder:
    """Notes every call, and stops a fit after some iterations."""

    max_propagation_depth = None

    def __init__(self, last=10**9):
        self.last, self.calls, self.losses, self.given = last, [], [], []

    def setup(self, estimator, context):
        self.calls.append("setup")

    def teardown(self, estimator, context):
        self.calls.append("teardown")

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None):
        self.calls.append(f"begin {context.task_name}")
        self.given.append((X, y))

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None, metadata=None):
        self.calls.append(f"end {context.task_name}")
        if fitted_estimator is not None and context.task_name == "iteration":
            self.losses.append(np.mean(fitted_estimator.predict(X) == Y))
        return context.task_name == "iteration" and context.task_id + 1 >= self.last


def model(**more):
    return FalllineClassifier((5,), "tanh", solver="adam", learning_rate_init=0.05, random_state=0, tol=None, **more)


def test_each_iteration_is_a_task_with_the_network_as_it_then_is():
    recorder = Recorder()
    fitted = model(max_iter=12).set_callbacks(recorder).fit(X, Y)
    assert recorder.calls[:3] == ["setup", "begin fit", "begin iteration"]
    assert recorder.calls.count("begin iteration") == recorder.calls.count("end iteration") == 12
    assert recorder.calls[-2:] == ["end fit", "teardown"]
    assert all(x is X and y is Y for x, y in recorder.given)
    assert recorder.losses[-1] > recorder.losses[0]
    assert fitted.n_iter_ == 12
    stages = [model(max_iter=k).fit(X, Y).score(X, Y) for k in (1, 12)]  # weights before the last step, of all rows
    assert recorder.losses[-1] <= max(stages) + 0.05


def test_a_callback_may_stop_a_fit():
    recorder = Recorder(last=4)
    fitted = model(max_iter=50).set_callbacks(recorder).fit(X, Y)
    assert (fitted.n_iter_, fitted.stop_reason_) == (4, "interrupted")
    assert recorder.calls.count("end iteration") == 4


def test_a_fit_that_ends_early_ends_the_task_that_was_begun():
    recorder = Recorder()
    fitted = FalllineRegressor(3, random_state=0, tol=1.0, n_iter_no_change=2).set_callbacks(recorder).fit(X, Y)
    assert fitted.n_iter_ < 20
    assert recorder.calls.count("begin iteration") == recorder.calls.count("end iteration")
    assert recorder.calls.count("begin iteration") in (fitted.n_iter_, fitted.n_iter_ + 1)


def test_those_of_a_pipeline_reach_the_network():
    recorder = Recorder()
    make_pipeline(StandardScaler(), model(max_iter=3)).set_callbacks(recorder).fit(X, Y)
    assert recorder.calls.count("end iteration") == 3


def test_scikit_learns_own_score_every_iteration():
    monitor = callback.ScoringMonitor(scoring="accuracy")
    model(max_iter=5).set_callbacks(monitor).fit(X, Y)
    rows = monitor.get_logs()[0].data if isinstance(monitor.get_logs(), list) else monitor.get_logs().data
    assert sum(row["task_name"] == "iteration" for row in rows) == 5
    assert rows[-1]["accuracy"] > 0.5


def test_a_fit_that_fails_tears_them_down():
    recorder = Recorder()
    with pytest.raises(ValueError, match="dropout"):
        model(dropout=[0.1, 0.2]).set_callbacks(recorder).fit(X, Y)
    assert recorder.calls[0] == "setup"
    assert recorder.calls[-1] == "teardown"


def test_several_starts_are_one_task():
    recorder = Recorder()
    model(max_iter=3, restarts=2).set_callbacks(recorder).fit(X, Y)
    assert recorder.calls == ["setup", "begin fit", "end fit", "teardown"]
