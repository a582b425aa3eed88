"""The columns of a table are shown in few lines that leave nothing important out."""

from __future__ import annotations

import pytest

from fallline.data import Column
from fallline.data.columns import Input
from fallline.report.columns import MOST_LINES, columns_table

from .terminal import shown


def number(name, missing=0, scaled=True):
    return Column(name, 1, "input", "numeric", missing, inputs=(Input(name, standardised=scaled),))


def dropped(name, reason="as an identifier"):
    return Column(name, 1, "dropped", "categorical", 0, reason=reason)


def category(name, categories=("a", "b")):
    return Column(name, 1, "input", "categorical", 0, categories=categories)


def lines(*columns):
    return shown(columns_table(columns))


def cells(line):
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


def test_each_column_has_its_role_kind_treatment_and_missing_cells():
    found = lines(number("age", missing=1234), category("town"), Column("price", 3, "target", "numeric", 0))
    assert [cells(line) for line in found] == [
        ["column", "role", "kind", "as", "missing"],
        ["age", "input", "numeric", "number, standardised", "1,234"],
        ["town", "input", "categorical", "one-hot: 2 categories"],
        ["price", "target", "numeric"],
    ]


def test_four_neighbours_that_are_treated_alike_share_a_line():
    found = lines(*(number(f"x{k}") for k in range(1, 5)))
    assert [cells(line) for line in found[1:]] == [["x1 … x4 (4 columns)", "input", "numeric", "number, standardised"]]


def test_three_neighbours_have_a_line_each():
    assert [cells(line)[0] for line in lines(*(number(f"x{k}") for k in range(1, 4)))[1:]] == ["x1", "x2", "x3"]


@pytest.mark.parametrize(
    "other",
    [
        number("x", missing=3),
        number("x", scaled=False),
        dropped("x"),
        category("x"),
        Column("x", 3, "target", "numeric"),
    ],
    ids=["missing cells", "unscaled", "dropped", "category", "target"],
)
def test_a_neighbour_that_is_treated_otherwise_ends_the_line(other):
    names = [cells(line)[0] for line in lines(*[number("a")] * 4, other, *[number("b")] * 4)[1:]]
    assert names == ["a … a (4 columns)", "x", "b … b (4 columns)"]


def test_categories_of_their_own_have_lines_of_their_own():
    assert [cells(line)[0] for line in lines(*(category(f"c{k}") for k in range(5)))[1:]] == [f"c{k}" for k in range(5)]


def alternating(pairs):
    return [column for k in range(pairs) for column in (number(f"x{k}"), number(f"y{k}", scaled=False))]


def test_more_inputs_than_fit_are_counted():
    found = lines(*alternating(20))
    assert len(found) == 1 + MOST_LINES + 1
    assert cells(found[-1]) == ["… and 16 more", "input"]
    assert cells(found[MOST_LINES])[0] == "y11"


def test_dropped_columns_and_targets_are_shown_however_many_inputs_there_are():
    columns = [*alternating(20), dropped("id"), *alternating(20), dropped("empty", "all cells are missing")]
    found = [cells(line) for line in lines(*columns, Column("price", 99, "target", "numeric"))]
    assert ["id", "dropped", "categorical", "as an identifier"] in found
    assert ["empty", "dropped", "categorical", "all cells are missing"] in found
    assert ["price", "target", "numeric"] in found
    assert found[-1] == ["… and 56 more", "input"]


def test_dropped_columns_that_share_a_reason_share_a_line_with_it():
    found = lines(*(dropped(f"d{k}", "the same in every row") for k in range(6)))
    assert [cells(line) for line in found[1:]] == [
        ["d0 … d5 (6 columns)", "dropped", "categorical", "the same in every row"]
    ]


def test_every_reason_is_shown():
    reasons = [f"reason {k}" for k in range(3 * MOST_LINES)]
    found = lines(*(dropped(f"d{k}", reason) for k, reason in enumerate(reasons)))
    assert [cells(line)[3] for line in found[1:]] == reasons


def test_a_long_name_is_folded_and_not_cut():
    name = "n" * 150
    assert "".join("".join(line.split()) for line in shown(columns_table([number(name)]), 60)).count("n") >= 150


@pytest.mark.parametrize("name", ["weight [kg]", "speed [m/s]", "[/b]", ":smile:", "[link=x]"])
def test_a_name_is_shown_as_it_is(name):
    assert cells(lines(number(name))[1])[0] == name
