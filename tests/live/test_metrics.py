"""The tail of metrics.jsonl: each record once, in itself or in those that stand for it, from any place on."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fallline import FalllineError
from fallline.live import metrics
from fallline.live.metrics import Course, points_since


def line(iteration, phase="training rows", **more):
    record = {"phase": phase, "iteration": iteration, "steps": iteration, "seconds": 0.1 * iteration}
    record |= {"train_error": 1.0 / (1 + iteration), "validation_error": None, "gradient_norm": None}
    return json.dumps(record | {"step_size": 0.0, "learning_rate": None} | more) + "\n"


def written(path, lines):
    path.write_text("".join(lines))
    return path


def test_few_records_come_as_they_are(tmp_path):
    file = written(tmp_path / "m.jsonl", [line(i, validation_error=0.5) for i in range(7)])
    (points,) = points_since(file, 0)
    assert points.records["iteration"] == list(range(7))
    assert points.records["validation_error"] == [0.5] * 7
    assert points.records["learning_rate"] == [None] * 7
    assert (points.phase, points.stand_for, points.end) == ("training rows", 7, file.stat().st_size)


def test_a_line_that_is_not_whole_waits(tmp_path):
    whole = line(0)
    file = written(tmp_path / "m.jsonl", [whole, line(1)[:20]])
    (points,) = points_since(file, 0)
    assert points.end == len(whole)
    assert list(points_since(file, points.end)) == []
    file.write_text(whole + line(1))
    (points,) = points_since(file, points.end)
    assert points.records["iteration"] == [1]


def test_each_phase_ends_at_its_own_place(tmp_path):
    lines = [line(0), line(1), line(0, "all rows"), line(1, "all rows")]
    file = written(tmp_path / "m.jsonl", lines)
    first, second = points_since(file, 0)
    assert (first.phase, first.end) == ("training rows", len(lines[0] + lines[1]))
    assert (second.phase, second.stand_for) == ("all rows", 2)
    (rest,) = points_since(file, first.end)
    assert (rest.phase, rest.records == second.records) == ("all rows", True)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 60), st.integers(1, 25), st.integers(60, 2000), st.integers(0, 10**6))
def test_whatever_the_places_of_stopping_every_record_is_told_once(tmp_path_factory, n, most, chunk, seed):
    rng = np.random.default_rng(seed)
    errors = [None if rng.random() < 0.1 else float(rng.lognormal()) for _ in range(n)]
    lines = [line(i, "training rows" if i < n // 2 else "all rows", train_error=e) for i, e in enumerate(errors)]
    file = written(tmp_path_factory.mktemp("m") / "m.jsonl", lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(metrics, "CHUNK", max(chunk, max(map(len, lines))))
        told, kept, place = 0, [], 0
        while place < file.stat().st_size:
            points = next(points_since(file, place, most))  # as if the connection broke after each
            assert points.end > place
            told, place = told + points.stand_for, points.end
            kept += points.records["iteration"]
            assert place == len("".join(lines[:told]))
    assert told == n
    assert kept == sorted(set(kept))
    finite = [(error, i) for i, error in enumerate(errors) if error is not None]
    if finite:
        assert min(finite)[1] in kept
        assert max(finite, key=lambda each: each[0])[1] in kept


def test_of_very_many_records_about_as_many_stay_as_are_wanted(tmp_path):
    file = written(tmp_path / "m.jsonl", [line(i, validation_error=float(i % 7)) for i in range(30_000)])
    parts = list(points_since(file, 0, 1000))
    assert sum(each.stand_for for each in parts) == 30_000
    assert 500 < sum(len(each.records["iteration"]) for each in parts) <= 1100


@pytest.mark.parametrize("place", [3, 10**9])
def test_a_place_where_no_record_ends_is_refused(tmp_path, place):
    file = written(tmp_path / "m.jsonl", [line(0), line(1)])
    with pytest.raises(FalllineError, match="no record that ends at byte"):
        list(points_since(file, place))


def test_a_damaged_file_is_refused_and_a_missing_one_empty(tmp_path):
    with pytest.raises(FalllineError, match="damaged"):
        list(points_since(written(tmp_path / "m.jsonl", ["{nonsense}\n"]), 0))
    assert list(points_since(tmp_path / "none.jsonl", 0)) == []


def test_a_course_stays_small_and_even_and_begins_anew_with_a_phase(tmp_path):
    file = written(tmp_path / "m.jsonl", [*(line(i) for i in range(900)), line(0, "all rows")])
    course = Course(most=200)
    first, second = points_since(file, 0)
    course.take(first)
    iterations = course.column("iteration")
    assert 100 <= len(course) <= 200
    assert len(set(np.diff(iterations))) == 1
    assert np.isnan(course.column("validation_error")).all()
    course.take(second)
    assert course.column("iteration").tolist() == [0]
