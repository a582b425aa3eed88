"""The Python file predicts what the model does, and imports NumPy alone."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from datetime import date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings

from fallline import FalllineError, Model, Network, export
from fallline.data import prepare, read_table
from fallline.interchange.to_numpy import to_numpy

from . import tables


def function(model):
    names: dict = {"__name__": "exported"}
    exec(compile(to_numpy(model), "exported.py", "exec"), names)
    return names["predict"]


def made(kinds=None, **columns):
    """A model of these columns."""
    preparation = prepare(read_table({**columns, "y": np.arange(20.0)}), target="y", kinds=kinds).preparation
    return Model(Network([preparation.inputs, 4, 1], seed=3), preparation)


@pytest.mark.parametrize("table", tables.TABLES)
def test_an_example_tables_function_predicts_what_the_model_does(table):
    model, frame = tables.trained(table)
    tables.close(model, function(model)(frame), frame, 1e-12)


@given(tables.models())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_function_predicts_what_its_model_does(drawn):
    model, rows = drawn
    tables.close(model, function(model)(rows), rows, 1e-12)


def test_a_function_of_float32_computes_in_float32():
    columns = {"a": np.linspace(0.0, 1.0, 20) ** 2, "b": np.cos(np.arange(20.0))}
    preparation = prepare(read_table({**columns, "y": np.arange(20.0)}), target="y").preparation
    model = Model(Network([2, 5, 1], "tanh", seed=3, dtype="float32"), preparation)
    assert (function(model)(columns)["y"] == model.predict(columns)["y"].to_numpy()).all()


def test_the_file_imports_numpy_alone(tmp_path):
    model, frame = tables.trained("iris")
    export(model, tmp_path / "iris.py")
    code = (
        "import json, sys; sys.path.insert(0, '.'); import iris\n"
        "found = iris.predict(json.loads(sys.stdin.read()))\n"
        "print(json.dumps({name: each.tolist() for name, each in found.items()}))\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules} - sys.stdlib_module_names)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code],
        cwd=tmp_path,
        input=json.dumps(frame.to_dict(as_series=False)),
        capture_output=True,
        text=True,
        check=True,
    )
    found, modules = map(json.loads, done.stdout.splitlines())
    tables.close(model, {name: np.array(each) for name, each in found.items()}, frame, 1e-12)
    assert {name for name in modules if not name.startswith("_")} - {"numpy", "iris", "sitecustomize"} == set()


@pytest.mark.parametrize("library", [pl.DataFrame, pd.DataFrame, dict])
def test_frames_of_any_library_are_taken(library):
    columns = {"size": [1.5, None, 3.0, 4.0] * 5, "town": ["Rome", None, " Bern ", "NA"] * 5, "new": [True, False] * 10}
    columns["code"] = [1010, None, 2020, 1010] * 5
    model = made(kinds={"code": "categorical"}, **columns)
    tables.close(model, function(model)(library(columns)), columns, 1e-12)


@pytest.mark.parametrize(
    "cells",
    [
        [date(2020, 1, 1) + timedelta(days=37 * k) for k in range(20)],
        [datetime(2020, 1, 1, 6, 30) + timedelta(hours=500 * k) for k in range(20)],
        [datetime(2020, 1, 1, 6, tzinfo=timezone.utc) + timedelta(hours=500 * k) for k in range(20)],  # noqa: UP017
        [f"2020-{k % 12 + 1:02}-{k + 3:02}" for k in range(20)],
        [f"{k + 3:02}.{k % 12 + 1:02}.2021 {k:02}:15" for k in range(20)],
        [f"2020-{k % 12 + 1:02}-{k + 3:02}T{k:02}:15:00.25+02:00" for k in range(20)],
        [None, *(f"2019/{k % 12 + 1:02}/{k + 3:02}" for k in range(19))],
    ],
    ids=["date", "datetime", "with a zone", "ISO", "day first", "ISO with a zone", "slashes and a hole"],
)
def test_dates_in_every_form_are_read(cells):
    columns = {"day": pl.Series(cells)}
    model = made(**columns)
    tables.close(model, function(model)(columns), columns, 1e-12)
    if isinstance(cells[0], date):
        stamps = {
            "day": np.array(
                [each.replace(tzinfo=None) if hasattr(each, "tzinfo") else each for each in cells], "M8[us]"
            )
        }
        tables.close(model, function(model)(stamps), columns, 1e-12)


@pytest.mark.parametrize("blank", ["\u2003Rome\u00a0", "Rome\x1f", "\tRome"])
def test_blanks_around_a_word_are_those_that_the_model_strips(blank):
    columns = {"town": ["Rome", "Bern", "Oslo", "Rome"] * 5}
    model = made(**columns)
    tables.close(model, function(model)({"town": [blank]}), {"town": [blank]}, 1e-12)


def test_numbers_may_be_texts_and_what_is_no_number_is_refused():
    columns = {"size": [1.5, None, 3.0, 4.0] * 5, "new": ["yes", "no"] * 10, "day": ["2020-01-01", "2020-01-02"] * 10}
    model = made(**columns)
    row = {"size": "2.5", "new": "YES", "day": "2020-03-01"}
    predict = function(model)
    texts = {name: [cell] for name, cell in row.items()}
    assert predict(texts)["y"] == pytest.approx(model.predict(texts)["y"].to_numpy(), rel=1e-12)
    for name, cell, sentence in (
        ("size", "3 kg", "column 'size': expected numbers, got '3 kg'."),
        ("size", 1e301, "column 'size': expected finite numbers."),
        ("new", "maybe", "column 'new': expected true/false, yes/no or 1/0, got 'maybe'."),
        ("day", "soon", "column 'day': expected dates as in training, got 'soon'."),
    ):
        with pytest.raises(ValueError, match=r"column") as refused:
            predict(texts | {name: [cell]})
        assert str(refused.value) == sentence


def test_the_file_is_python_of_version_3_9():
    ast.parse(to_numpy(made(size=np.linspace(0, 1, 20) ** 2)), feature_version=(3, 9))


def test_a_network_too_large_for_digits_is_refused():
    columns = {"size": np.linspace(0, 1, 20) ** 2}
    preparation = prepare(read_table({**columns, "y": np.arange(20.0)}), target="y").preparation
    model = Model(Network([1, 50_000, 1], seed=1), preparation)
    with pytest.raises(FalllineError) as refused:
        to_numpy(model)
    assert str(refused.value) == (
        "--to numpy: the network has 150,001 parameters, and 100,000 are the most that are written out as source "
        "code. Pass --to onnx."
    )
