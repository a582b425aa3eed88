# ruff: noqa: E501  (a sentence that is asserted stays in one line)
import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fallline.data import Preparation, prepare, read_table
from fallline.errors import DataError

FRAME = pl.DataFrame(
    {
        "size": [1.5, 2.0, None, 4.5, 7.0, 8.5] * 5,
        "city": ["Rome", "Oslo", None, "Rome", "Bern", "Oslo"] * 5,
        "garden": ["yes", "no", "no", "yes", "no", "no"] * 5,
        "when": [f"20{10 + i // 2}-03-0{i % 9 + 1}" for i in range(30)],
        "price": [i * 1.25 + i % 4 for i in range(30)],
    }
)


def preparation(**options):
    return prepare(read_table(FRAME), **options).preparation


@pytest.mark.parametrize("target", ["price", "garden", "city"])
def test_a_round_trip_through_json_predicts_bit_for_bit_the_same(target):
    first = preparation(target=target)
    second = Preparation.from_dict(json.loads(json.dumps(first.to_dict(), allow_nan=False)))
    assert second == first
    table = read_table(FRAME)
    np.testing.assert_array_equal(second.transform(table), first.transform(table))
    np.testing.assert_array_equal(second.target_values(table), first.target_values(table))


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.floats(-1e12, 1e12)),
            st.sampled_from(["a", "b", "ä;,", "", "NA"]),
            st.floats(-1e300, 1e300, allow_subnormal=False),
        ),
        min_size=5,
        max_size=30,
    )
)
def test_any_preparation_survives_json_and_regression_targets_come_back(rows):
    table = read_table({"n": [r[0] for r in rows], "c": [r[1] for r in rows], "t": [r[2] for r in rows]})
    try:
        prepared = prepare(table, target="t", task="regression")
    except DataError:
        return
    assert np.isfinite(prepared.X).all()
    assert np.isfinite(prepared.y).all()
    stored = json.loads(json.dumps(prepared.preparation.to_dict(), allow_nan=False))
    again = Preparation.from_dict(stored)
    np.testing.assert_array_equal(again.transform(table), prepared.X)
    own = prepared.preparation.decode(prepared.y)[:, 0]
    targets = np.array([r[2] for r in rows])
    np.testing.assert_allclose(own, targets, rtol=1e-12, atol=1e-12 * np.abs(targets).max())


def test_columns_are_found_by_name_in_any_order_and_others_ignored():
    found = preparation()
    other = FRAME.select("price", "when", pl.lit(1).alias("more"), "garden", "city", "size")
    np.testing.assert_array_equal(found.transform(read_table(other)), found.transform(read_table(FRAME)))


def test_targets_are_none_where_the_table_has_none():
    found = preparation()
    assert found.target_values(read_table(FRAME.drop("price"))) is None
    assert found.transform(read_table(FRAME.drop("price"))).shape == (30, found.inputs)


def test_missing_targets_are_nan():
    rows = FRAME.head(4)
    y = preparation(target="city").target_values(read_table(rows))
    assert np.isnan(y[2]).all()
    assert y[0].tolist() == [0, 0, 1]
    assert np.isnan(preparation(target="size").target_values(read_table(rows))[2, 0])


def test_a_missing_column_is_named_with_the_nearest():
    with pytest.raises(DataError) as error:
        preparation().transform(read_table(FRAME.rename({"size": "Sizes"})))
    assert str(error.value) == (
        "the frame: the model needs column 'size', not in this table. Did you mean 'Sizes'? "
        "It has: Sizes, city, garden, when, price."
    )


def test_unseen_categories_are_all_zero_and_noted():
    found = preparation()
    notes = []
    table = read_table(FRAME.with_columns(city=pl.lit("Paris")))
    X = found.transform(table, notes=notes)
    places = [j for j, name in enumerate(found.input_names) if name.startswith("city")]
    assert (X[:, places] == 0).all()
    assert notes == [
        "column 'city': 30 rows with a category that training did not have (Paris); "
        "their inputs of this column are all 0."
    ]


def test_missing_cells_that_training_did_not_have():
    complete = FRAME.drop_nulls()
    found = prepare(read_table(complete)).preparation
    notes = []
    X = found.transform(read_table(FRAME), notes=notes)
    names = found.input_names
    row = 2
    assert X[row, names.index("size")] == 0  # the training mean
    assert [X[row, names.index(f"city={city}")] for city in ("Bern", "Oslo", "Rome")] == [0, 0, 0]
    assert notes == ["column 'city': missing in 5 rows but never in training; their inputs of this column are all 0."]


@pytest.mark.parametrize(
    ("name", "cell", "sentence"),
    [
        ("size", "big", "the frame, column 'size': expected numbers as in training, got 'big' in row 1, 'big' in row 2, 'big' in row 3, …. Correct or empty these cells."),
        ("size", "inf", "the frame, column 'size': expected numbers as in training, got 'inf' in row 1"),
        ("garden", "perhaps", "the frame, column 'garden': expected true/false, yes/no or 1/0 as in training, got 'perhaps' in row 1"),
        ("when", "soon", "the frame, column 'when': expected dates as in training, got 'soon' in row 1"),
    ],
)  # fmt: skip
def test_cells_of_another_kind_than_in_training_are_said(name, cell, sentence):
    with pytest.raises(DataError) as error:
        preparation().transform(read_table(FRAME.with_columns(pl.lit(cell).alias(name))))
    assert sentence in str(error.value)


def test_a_label_that_training_did_not_have_is_said():
    found = preparation(target="city")
    with pytest.raises(DataError, match=r"target 'city': expected one of the classes Bern, Oslo, Rome as in training, got 'Paris' in row 1"):  # fmt: skip
        found.target_values(read_table(FRAME.with_columns(city=pl.lit("Paris"))))


def test_regression_predictions_are_in_own_units():
    found = preparation()
    y = found.target_values(read_table(FRAME))
    frame = found.predictions(y)
    assert frame.columns == ["price"]
    np.testing.assert_allclose(frame["price"].to_numpy(), FRAME["price"].to_numpy(), rtol=1e-14)
    np.testing.assert_array_equal(y * found.target_scale + found.target_offset, found.decode(y))


def test_class_predictions_have_a_label_and_a_share_for_each_class():
    frame = preparation(target="garden").predictions([[0.25], [0.5]])
    assert frame.to_dict(as_series=False) == {"garden": ["no", "yes"], "P(no)": [0.75, 0.5], "P(yes)": [0.25, 0.5]}
    frame = preparation(target="city").predictions([[0.1, 0.7, 0.2]])
    assert frame.to_dict(as_series=False) == {"city": ["Oslo"], "P(Bern)": [0.1], "P(Oslo)": [0.7], "P(Rome)": [0.2]}
    assert preparation(target="garden").decode([0.2, 0.9]).tolist() == ["no", "yes"]


def test_outputs_of_another_shape_are_refused():
    with pytest.raises(DataError, match=r"network outputs: expected shape \(rows, 3\), got \(2, 2\)."):
        preparation(target="city").decode(np.zeros((2, 2)))


def broken(change):
    stored = preparation(target="city").to_dict()
    change(stored)
    return stored


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda s: s.pop("columns"), "stored preparation: the field 'columns' is missing."),
        (lambda s: s.update(format=9), "stored preparation: format 9 is not 1, the one this version of Fallline knows."),
        (lambda s: s.update(task="guess"), "stored preparation, task: expected one of regression, binary, multiclass, got 'guess' (str)."),
        (lambda s: s.update(task=["guess"]), "stored preparation, task: expected one of regression"),
        (lambda s: s.update(columns=3), "stored preparation, columns: expected a list, got '3' (int)."),
        (lambda s: s.update(classes=[1]), "stored preparation, classes: expected a list of texts, got"),
        (lambda s: s.update(target_offsets=[0.0]), "stored preparation: target_offsets and target_scales must have one number for each output."),
        (lambda s: s.update(classes=[]), "stored preparation: 0 classes, which does not fit the task multiclass."),
        (lambda s: s.update(targets=[]), "stored preparation: 0 targets, which does not fit the task multiclass."),
        (lambda s: s.update(target_kinds=[]), "stored preparation: target_kinds and targets differ in length."),
        (lambda s: s.update(target_scales=[float("nan")] * 3), "stored preparation, target_scales: expected a finite number, got 'nan' (float)."),
        (lambda s: s["columns"].__setitem__(0, 5), "stored preparation, columns[0]: expected a mapping, got '5' (int)."),
        (lambda s: s["columns"][0].pop("name"), "stored preparation: columns[0]: the field 'name' is missing."),
        (lambda s: s["columns"][0].update(seasonal=1), "stored preparation, columns[0].seasonal: expected true or false, got '1' (int)."),
        (lambda s: s["columns"][0].update(position=True), "stored preparation, columns[0].position: expected an integer, got 'True' (bool)."),
        (lambda s: s["columns"][0].update(inputs=[]), "stored preparation: column 'size' has 0 inputs, which does not fit its kind."),
        (lambda s: s["columns"][0]["inputs"][0].update(scale=0), "stored preparation: column 'size' has an input of scale 0."),
        (lambda s: s["columns"][0]["inputs"][0].update(scale="1"), "stored preparation, columns[0].inputs[0].scale: expected a finite number, got '1' (str)."),
        (lambda s: s["columns"][0]["inputs"][0].update(name=None), "stored preparation, columns[0].inputs[0].name: expected a text, got 'None' (NoneType)."),
        (lambda s: [c.update(role="dropped") for c in s["columns"]], "stored preparation: no column is an input."),
    ],
)  # fmt: skip
def test_a_damaged_preparation_is_said_to_be_damaged(change, sentence):
    with pytest.raises(DataError) as error:
        Preparation.from_dict(broken(change))
    assert sentence in str(error.value)


def test_anything_but_a_mapping_is_refused():
    with pytest.raises(DataError, match=r"stored preparation, the whole: expected a mapping, got"):
        Preparation.from_dict([1])
