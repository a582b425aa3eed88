"""Weights on the way are copied at even distances, few enough, and those of a run lie in its folder."""

from __future__ import annotations

import numpy as np
import pytest
import safetensors.numpy

import fallline
from fallline import Network, Settings
from fallline.diagnosis.runs import read_subject
from fallline.engine import Rows
from fallline.optimizers import LBFGS, Adam, GradientDescent, Iteration
from fallline.training.descent import descend
from fallline.training.marks import LEAST, MOST, MOST_BYTES, Marks
from fallline.training.stopping import Limits

RNG = np.random.default_rng(4)
X = RNG.normal(size=(64, 3))
ROWS = Rows(X, np.sin(X[:, :1]) + X[:, 1:2])


def network(seed=1):
    return Network([3, 5, 1], ["tanh", "identity"], loss="mean_squared_error", seed=seed)


def see(marks, number, weights):
    marks.see(Iteration(number, number, 0.0, 0.0, 0.0, 0.0, number, weights), weights, np.nan)


def test_they_are_thinned_by_count_and_stay_even():
    marks = Marks(10)
    for number in range(5_000):
        see(marks, number, np.full(10, number))
    assert MOST // 2 <= len(marks) <= MOST
    assert marks.iterations[0] == 0
    assert len(set(np.diff(marks.iterations))) == 1
    assert [int(weights[0]) for weights in marks.weights] == marks.iterations


@pytest.mark.parametrize(("parameters", "sharing"), [(10, 1), (5_000, 3), (200_000, 1), (10_000, 50), (10_000_000, 1)])
def test_they_never_take_more_memory_than_that(parameters, sharing):
    marks = Marks(parameters, sharing)
    weights = np.zeros(parameters, np.float32)
    for number in range(0, 300):
        see(marks, number, weights)
    assert len(marks) * parameters * 4 * sharing <= MOST_BYTES
    assert len(marks) == 0 or len(marks) >= LEAST // 2
    assert (marks.until_next(7) is None) == (len(marks) == 0)


@pytest.mark.parametrize("compiled", [False, True], ids=["reference", "compiled"])
@pytest.mark.parametrize(
    "optimizer", [GradientDescent(0.05), Adam(0.01, batch_size=16), LBFGS()], ids=["whole", "batches", "lbfgs"]
)
def test_the_copies_are_the_weights_that_the_descent_had(optimizer, compiled):
    marks, there = Marks(26), network()
    descend(there, ROWS, optimizer, limits=Limits(iterations=150), compiled=compiled, followers=[marks])
    assert len(marks) >= 30
    assert np.array_equal(marks.weights[0], network().parameters.astype(np.float32))
    for iteration, weights in list(zip(marks.iterations, marks.weights, strict=True))[1::9]:
        before = network()
        descend(before, ROWS, optimizer, limits=Limits(iterations=iteration), compiled=compiled)
        assert weights == pytest.approx(before.parameters, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("compiled", [False, True], ids=["reference", "compiled"])
def test_a_descent_goes_the_same_way_with_them_as_without(compiled):
    ends = []
    for followers in ([], [Marks(26)]):
        there = network()
        descent = descend(
            there, ROWS, GradientDescent(0.05), limits=Limits(iterations=700), compiled=compiled, followers=followers
        )
        ends.append((there.parameters, [each._replace(seconds=0.0) for each in descent.history.records]))
    assert np.array_equal(ends[0][0], ends[1][0])
    assert ends[0][1][1:] == ends[1][1][1:]


def test_a_saved_run_keeps_them_through_its_finish_and_its_restarts(tmp_path):
    rows = "a,b,y\n" + "".join(f"{i % 7},{i % 5},{(i % 7) * 0.5 - (i % 5) ** 2 * 0.1}\n" for i in range(70))
    (tmp_path / "t.csv").write_text(rows)
    for name, asked in {
        "one": {"optimizer": "adam"},
        "finish": {"optimizer": "adam", "finish": "lbfgs"},
        "starts": {"optimizer": "adam", "restarts": 3},
    }.items():
        settings = Settings(hidden=[3], iterations=40, time_limit=1.0, l2=0.0, seed=3, **asked)
        run = fallline.train(tmp_path / "t.csv", settings, out=tmp_path / name)
        marks = run.phases["training rows"].marks
        read = read_subject(run.directory).descent.marks
        assert read.iterations == marks.iterations
        assert np.array_equal(read.weights, marks.weights)
        assert marks.iterations == sorted(set(marks.iterations))
        assert max(marks.iterations) <= run.phases["training rows"].iterations
        assert np.array_equal(marks.weights[0], run.first("training rows").parameters.astype(np.float32))
        if name == "finish":
            assert any(iteration > 40 for iteration in marks.iterations)
        stored = safetensors.numpy.load_file(run.directory / "descent.safetensors")
        assert set(stored) == {"first", "stop", "marks", "mark_iterations"}
        assert stored["marks"].dtype == np.float32


def test_weights_of_another_network_are_not_taken():
    arrays = {"marks": np.zeros((4, 9), np.float32), "mark_iterations": np.arange(4)}
    assert len(Marks.from_arrays(arrays, 10)) == 0
    assert len(Marks.from_arrays(arrays, 9)) == 4
    assert len(Marks.from_arrays({}, 9)) == 0
