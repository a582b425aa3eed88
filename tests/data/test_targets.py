# ruff: noqa: E501  (a sentence that is asserted stays in one line)
import datetime

import numpy as np
import pytest

from fallline.data import Task, prepare, read_table
from fallline.data.targets import guessed_target
from fallline.errors import DataError


def prepared(cells, **options):
    x = [i * i % 13 for i in range(len(cells))]
    return prepare(read_table({"x": x, "t": cells}), **{"target": "t", **options})


def found(cells, **options):
    preparation = prepared(cells, **options).preparation
    return preparation.task, preparation.classes


@pytest.mark.parametrize(
    ("columns", "target"),
    [
        (["a", "b", "c"], "c"),
        (["Price", "b", "c"], "Price"),
        (["y", "b", "label"], "label"),  # two usual names: the last column
        (["target", "id"], "target"),
    ],
)
def test_the_target_is_guessed_and_it_is_said(columns, target):
    name, sentence = guessed_target(columns)
    assert name == target
    assert sentence.startswith(f"Target: '{target}', ")
    assert "--target" in sentence


@pytest.mark.parametrize(
    ("cells", "task", "classes"),
    [
        ([0, 1] * 20, Task.BINARY, ["0", "1"]),
        ([-1, 1] * 20, Task.BINARY, ["-1", "1"]),
        ([1.0, 2.0] * 20, Task.BINARY, ["1", "2"]),
        (["0", "1"] * 20, Task.BINARY, ["0", "1"]),
        ([0, 2] * 20, Task.REGRESSION, None),
        ([0, 1, 2] * 20, Task.MULTICLASS, ["0", "1", "2"]),
        ([0, 1, 2] * 9, Task.REGRESSION, None),  # fewer than ten rows a class
        ([3, 4, 5, 6] * 20, Task.REGRESSION, None),
        (list(range(21)) * 20, Task.REGRESSION, None),
        (list(range(1, 21)) * 20, Task.MULTICLASS, [str(i) for i in range(1, 21)]),
        ([0.5, 1.5] * 20, Task.REGRESSION, None),
        (["no", "YES"] * 20, Task.BINARY, ["no", "YES"]),
        (["true", "false"] * 20, Task.BINARY, ["false", "true"]),
        ([True, False] * 20, Task.BINARY, ["false", "true"]),
        (["b", "a"] * 20, Task.BINARY, ["a", "b"]),
        (["b", "a", "c "] * 20, Task.MULTICLASS, ["a", "b", "c"]),
    ],
)
def test_the_task_follows_from_the_target(cells, task, classes):
    assert found(cells) == (task, classes)


def test_the_task_asked_for_wins():
    assert found([0, 1] * 20, task="regression") == (Task.REGRESSION, None)
    assert found([3, 4, 5] * 20, task="multiclass") == (Task.MULTICLASS, ["3", "4", "5"])
    assert found([0.5, 1.5] * 20, task="binary") == (Task.BINARY, ["0.5", "1.5"])
    assert found([3, 10, 4] * 20, kinds={"t": "categorical"}) == (Task.MULTICLASS, ["3", "4", "10"])


def test_targets_in_network_units():
    y = prepared(["b", "a", "c"] * 20).y
    np.testing.assert_array_equal(y[:3], [[0, 1, 0], [1, 0, 0], [0, 0, 1]])
    np.testing.assert_array_equal(prepared([2, 1] * 20).y[:2], [[1], [0]])
    np.testing.assert_array_equal(prepared(["yes", "no"] * 20).y[:2], [[1], [0]])


def test_labels_come_back_as_they_stood_in_the_table():
    for cells, kind in (([2, 1] * 20, "i"), ([True, False] * 20, "b"), (["u", "v"] * 20, "U"), ([1, 0, 2] * 20, "i")):
        result = prepared(cells)
        labels = result.preparation.decode(result.y)
        assert labels.tolist() == cells
        assert labels.dtype.kind == kind


def test_rows_without_a_target_are_left_out_and_counted():
    result = prepared(["a", None, "b", "?"] * 10)
    assert result.rows == 20
    assert "20 rows of 40 left out: the target is missing there." in result.notes
    several = prepare(read_table({"x": [1, 5, 3, 9], "s": [1.5, None, 2, 4], "t": [1, 2, None, 3]}), target=["s", "t"])
    assert several.rows == 2


def test_a_class_of_a_single_row_is_noted():
    notes = prepared(["a", "b"] * 20 + ["c"]).notes
    assert "Target 't': 1 class with a single row (c); a class cannot be learned from one row." in notes


def test_several_targets_are_learned_by_regression_each_in_its_own_units():
    table = {"x": [1, 5, 3, 9], "s": [0, 1, 0, 1], "t": [100.0, 200, 300, 500]}
    result = prepare(read_table(table), target=["t", "s"])
    assert result.preparation.task is Task.REGRESSION
    assert result.preparation.targets == ("t", "s")
    np.testing.assert_allclose(result.preparation.target_offset, [275, 0.5])
    np.testing.assert_allclose(result.preparation.target_scale, [np.std([100, 200, 300, 500]), 0.5])


DATES = [datetime.date(2020, 1, i % 28 + 1) for i in range(40)]


@pytest.mark.parametrize(
    ("cells", "options", "sentence"),
    [
        ([None] * 40, {}, "target 't': all cells are missing (column 2 of the dict). Pass --target with another column."),
        (["a"] * 40, {}, "target 't': every row says a (column 2 of the dict), so that there is nothing to learn. Pass --target with another column."),
        ([3] * 40, {}, "target 't': every row says 3 (column 2 of the dict), so that there is nothing to learn. Pass --target with another column."),
        (DATES, {}, "target 't': expected numbers or categories, got dates (column 2 of the dict). Pass --target with another column, or --kind t=categorical."),
        ([str(d) for d in DATES], {}, "target 't': expected numbers or categories, got dates such as '2020-01-01' in row 1, '2020-01-02' in row 2 (column 2 of the dict)."),
        ([f"w{i}" for i in range(1000)], {}, "target 't': 1,000 different texts (column 2 of the dict), more than the 200 classes that are accepted; it looks like an identifier or free text. Pass --target with another column, or group its values first."),
        ([f"w{i}" for i in range(60_000)], {}, "target 't': at least 60,000 different texts (column 2 of the dict)"),
        ([i * 0.5 for i in range(300)], {"task": "multiclass"}, "target 't': 300 different numbers (column 2 of the dict), more than the 200 classes that are accepted; it looks like an identifier or free text. Pass --task regression"),
        (["a", "b"] * 20, {"task": "regression"}, "target 't': expected numbers for regression, got 'a', 'b' (column 2 of the dict). Pass --target with a numeric column, or leave --task out."),
        (["a", "b", "c"] * 20, {"task": "binary"}, "target 't': expected two classes for a binary task, got 3 (a, b, c) (column 2 of the dict). Pass --task multiclass, or leave --task out."),
        ([1.5, float("inf"), 2, 4], {}, "target 't': expected finite numbers, got 'inf' in row 2 (column 2 of the dict)."),
        (["1"] * 39 + ["x"], {}, "target 't': expected numbers, but 1 cell is not: 'x' in row 40 (column 2 of the dict)."),
        ([[1], [2]] * 20, {}, "target 't' (column 2 of the dict): expected one value in each cell, got cells of type List(Int64)."),
    ],
)  # fmt: skip
def test_targets_that_cannot_be_learned_are_said(cells, options, sentence):
    with pytest.raises(DataError) as error:
        prepared(cells, **options)
    assert sentence in str(error.value)


@pytest.mark.parametrize(
    ("extra", "options", "sentence"),
    [
        (["a", "b", "b", "a"], {}, "target 't': with several targets each must be numeric, got 'a', 'b' (column 3 of the dict). Pass --target with numeric columns, or with one column."),
        ([7, 7, 7, 7], {}, "target 't': every row says 7 (column 3 of the dict), so that there is nothing to learn. Leave it out of --target."),
        ([1, 2, 3, 4], {"task": "binary"}, "--task binary: several targets can only be learned by regression."),
    ],
)  # fmt: skip
def test_several_targets_that_do_not_go_together_are_said(extra, options, sentence):
    with pytest.raises(DataError) as error:
        prepare(read_table({"x": [1, 5, 3, 9], "s": [1, 3, 2, 5.5], "t": extra}), target=["s", "t"], **options)
    assert sentence in str(error.value)


def test_a_target_constant_in_the_training_rows_is_said():
    cells = [5.0] * 39 + [6.0]

    def every_seed():
        for seed in range(200):
            prepared(cells, seed=seed, validation=0.5)

    with pytest.raises(DataError, match=r"target 't': the same in all .* training rows of the dict"):
        every_seed()
