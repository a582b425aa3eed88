# ruff: noqa: E501  (a sentence that is asserted stays in one line)
import numpy as np
import pytest

from fallline.data import Task, prepare, read_table
from fallline.data.planning import plan
from fallline.errors import DataError

N = 40
Y = [i * 1.5 + (i % 3) for i in range(N)]


def planned(columns, target="y", drop=(), kinds=None, task=None):
    table = read_table({**columns, "y": Y[: len(next(iter(columns.values()), Y))]})
    return plan(table, target=target, drop=drop, kinds=kinds or {}, task=task)


def column(cells, name="x", **options):
    found = planned({name: cells, "also": [i * i % 11 for i in range(len(cells))]}, **options)
    return found.columns[0], found.notes


def kind(cells, **options):
    return column(cells, **options)[0].kind


def test_the_kind_of_a_column_is_found():
    assert kind([f"{i * 7 % 5}" for i in range(N)]) == "numeric"
    assert kind([0.5 * (i % 9) for i in range(N)]) == "numeric"
    assert kind([["Yes", "no", None][i % 3] for i in range(N)]) == "boolean"
    assert kind([["T", "F"][i % 2] for i in range(N)]) == "boolean"
    assert kind([i % 2 == 0 for i in range(N)]) == "boolean"
    assert kind([["red", "blue"][i % 2] for i in range(N)]) == "categorical"
    assert kind([["yes", "true"][i % 2] for i in range(N)]) == "categorical"
    assert kind([f"2020-01-{i % 28 + 1:02}" for i in range(N)]) == "date"
    assert kind([["1", "2", "unknown", "low"][i % 4] for i in range(N)]) == "categorical"
    assert kind([["1", ""][i % 2] for i in range(N)]) == "categorical"


@pytest.mark.parametrize(
    ("cells", "name", "reason"),
    [
        (["5"] * N, "x", "constant: every row says 5"),
        (["a"] * N, "x", "constant: every row says a"),
        ([True] * N, "x", "constant: every row says true"),
        (["2020-01-01"] * N, "x", "constant: every row says 2020-01-01"),
        ([None] * N, "x", "all cells are missing"),
        (["", "NA"] * (N // 2), "x", "all cells are missing"),
        (list(range(N)), "x", "a running number of the rows"),
        ([str(i + 1) for i in range(N)], "x", "a running number of the rows"),
        ([(i * 17) % 101 + 1000 for i in range(N)], "customer_id", "an identifier: all numbers differ"),
        ([f"k{i}" for i in range(N)], "x", "40 different texts in 40 rows, as in an identifier or free text"),
        ([f"k{i}" for i in range(38)] + ["k1", "k2"], "x", "38 different texts in 40 rows, as in an identifier or free text"),
        ([f"{i % 12 + 1:02}/01/2020" for i in range(N)], "x", "dates that can be day/month or month/day; write them as 2024-12-31"),
    ],
)  # fmt: skip
def test_columns_of_no_use_are_dropped_with_a_reason(cells, name, reason):
    found, _ = column(cells, name)
    assert (found.role, found.reason, found.inputs) == ("dropped", reason, ())


@pytest.mark.parametrize(
    "cells", [[f"k{i}" for i in range(N)], list(range(N)), [f"{i % 12 + 1:02}/01/2020" for i in range(N)]]
)
def test_a_kind_asked_for_keeps_a_column_that_would_be_dropped(cells):
    asked = "numeric" if cells[0] == 0 else "categorical"
    found, _ = column(cells, kinds={"x": asked})
    assert (found.role, found.kind) == ("input", asked)


def test_ambiguous_dates_asked_for_are_read_with_the_day_first_and_it_is_said():
    found, notes = column([f"{i % 12 + 1:02}/01/2020" for i in range(N)], kinds={"x": "date"})
    assert found.date_format == "%d/%m/%Y"
    assert "Column 'x' is read as day/month/year." in notes


def test_an_identifier_name_with_repeated_numbers_is_an_input():
    assert column([i % 5 for i in range(N)], "shop_id")[0].role == "input"


def test_a_running_number_is_kept_where_it_is_the_only_input():
    found = planned({"x": list(range(N))})
    assert [each.name for each in found.inputs] == ["x"]
    assert "'x' counts the rows, but is the only input there is." in found.notes


def test_rare_categories_share_an_input_and_it_is_said():
    rows = 3000
    cells = [f"c{i % 150 if i < 300 else i % 99:03}" for i in range(rows)]
    table = read_table({"x": cells, "y": np.arange(rows) * 0.5 % 7})
    found = plan(table, target="y", drop=(), kinds={}, task=None)
    assert len(found.columns[0].categories) == 100
    assert found.columns[0].other_input
    sentence = "Column 'x' has 150 categories: the 100 most frequent have an input each, the rest share \"other\"."
    assert sentence in found.notes
    prepared = prepare(table, target="y")
    assert prepared.preparation.input_names[-1] == "x other"
    np.testing.assert_array_equal(prepared.X.sum(axis=1), 1)
    assert prepared.X[:, -1].sum() == sum(cell not in found.columns[0].categories for cell in cells) > 0


def test_columns_are_described_in_words():
    found = planned(
        {
            "a": [None if i == 3 else i * i % 7 for i in range(N)],
            "b": [["u", None, "v"][i % 3] for i in range(N)],
            "c": [f"{2019 + i % 5}-06-01" for i in range(N)],
            "d": [["yes", "no"][i % 2] for i in range(N)],
            "e": list(range(N)),
        },
        drop=["e"],
    )
    assert [each.encoding for each in found.columns] == [
        "number, standardised; 0/1 where missing",
        "one-hot: 2 categories, missing",
        "days, standardised; sine and cosine of the year",
        "0/1",
        "",
        "",
    ]
    assert [each.role for each in found.columns] == ["input"] * 4 + ["dropped", "target"]
    assert [(each.missing, each.distinct) for each in found.columns[:2]] == [(1, 4), (13, 2)]
    assert found.columns[4].reason == "dropped as asked"
    names = [each.name for each in found.columns[2].inputs]
    assert names == ["c", "c sine of year", "c cosine of year"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"target": "prize"}, "the dict: --target names column 'prize', not in this table. Did you mean 'price'? It has: size, price."),
        ({"drop": ["sise"]}, "the dict: --drop names column 'sise', not in this table. Did you mean 'size'? It has: size, price."),
        ({"kinds": {"Size": "date"}}, "the dict: --kind names column 'Size', not in this table. Did you mean 'size'? It has: size, price."),
        ({"kinds": {"size": "colour"}}, "--kind size=colour: expected one of numeric, boolean, categorical, date, drop."),
        ({"task": "guess"}, "--task guess: expected one of regression, binary, multiclass."),
        ({"target": "size", "drop": ["size"]}, "'size' is both the target and dropped. Choose one of the two."),
        ({"target": "size", "kinds": {"size": "drop"}}, "'size' is both the target and dropped. Choose one of the two."),
        ({"target": []}, "--target: expected at least one column."),
        ({"target": ["size", "size"]}, "--target: a column is named twice (size, size)."),
        ({"target": ["size", "price"]}, "the dict: no input column is left. All columns are targets. Name fewer with --target."),
        ({"drop": ["size", "price"]}, "the dict: every column is dropped. Drop fewer of them."),
        ({"drop": ["size"]}, "the dict: no input column is left. Left out are 'size' (dropped as asked). Pass --kind, for instance --kind size=numeric, to keep one."),
    ],
)  # fmt: skip
def test_what_the_user_asked_for_and_cannot_have_is_said(options, sentence):
    with pytest.raises(DataError) as error:
        prepare(read_table({"size": [1.5, 2, 4], "price": [2.5, 3, 5]}), **options)
    assert str(error.value) == sentence


def test_a_single_column_hints_at_the_separator(write):
    with pytest.raises(DataError, match=r"'a;b' is the only column. If it holds several, pass --separator."):
        prepare(read_table(write("a;b\n1;2\n3;4\n"), separator=","))


def test_one_row_is_not_enough(write):
    with pytest.raises(DataError, match=r"houses.csv: there is only 1 row of values; a network needs at least two"):
        prepare(read_table(write("a,b\n1,2\n")))
    with pytest.raises(DataError, match=r"houses.csv: only 1 row with a target; a network needs at least two"):
        prepare(read_table(write("a,b\n1,2\n3,\n")))


@pytest.mark.parametrize(
    ("cells", "kinds", "sentence"),
    [
        (["1"] * 38 + ["2", "oops"], {}, "column 'x': expected numbers, but 1 cell is not: 'oops' in row 40 (column 1 of the dict). Correct or empty the cells, or pass --drop x or --kind x=categorical."),
        (["1"] * 98 + ["2", "3,5"], {}, "If these are decimal commas, pass --decimal ','."),
        ([f"{i}.5" for i in range(38)] + ["inf", "-inf"], {}, "column 'x': expected finite numbers, got 'inf' in row 39, '-inf' in row 40 (column 1 of the dict). Correct or empty these cells, or pass --drop x."),
        ([f"{i}.5" for i in range(39)] + ["1e301"], {}, "column 'x': expected finite numbers, got '1e301' in row 40"),
        (["red", "2"] * 20, {"x": "numeric"}, "column 'x': expected numbers, but 20 cells are not: 'red' in row 1, 'red' in row 3, 'red' in row 5, 'red' in row 7, 'red' in row 9, … (column 1 of the dict)."),
        (["red", "2"] * 20, {"x": "boolean"}, "column 'x': asked to be boolean, holds 2, red (column 1 of the dict)."),
        (["red", "2"] * 20, {"x": "date"}, "column 'x': asked to be a date, holds "),
        ([[1], [2]] * 20, {}, "column 'x' (column 1 of the dict): expected one value in each cell, got cells of type List(Int64). Spread it over several columns, or pass --drop x."),
    ],
)  # fmt: skip
def test_cells_that_do_not_fit_are_shown_with_their_rows(cells, kinds, sentence):
    y = np.arange(len(cells)) * 0.5
    with pytest.raises(DataError) as error:
        prepare(read_table({"x": cells, "z": y**2, "y": y}), kinds=kinds)
    assert sentence in str(error.value)


def test_a_dropped_nested_column_does_not_matter():
    prepared = prepare(read_table({"x": [[1], [2]] * 20, "z": Y, "y": [y**2 for y in Y]}), drop=["x"])
    assert prepared.preparation.input_names == ["z"]


def test_a_task_may_be_given_as_text_or_member():
    assert planned({"x": [i * i % 7 for i in range(N)]}, task="regression").aim.task is Task.REGRESSION
    assert planned({"x": [i * i % 7 for i in range(N)]}, task=Task.REGRESSION).aim.task is Task.REGRESSION
