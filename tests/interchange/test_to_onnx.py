"""The ONNX graph predicts what the model does, from the table's own columns on; onnxruntime is the judge."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings

from fallline import Model, Network, export
from fallline.data import prepare, read_table
from fallline.engine.activations import ACTIVATIONS

from . import tables

pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

from fallline.interchange.to_onnx import to_onnx  # noqa: E402 - needs onnx

PAGE = Path(__file__).parents[2] / "docs" / "interchange.md"


def session(content):
    return onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])


def fed(model, rows):
    """The columns as the graph wants them: (rows, 1), numbers as double, words as strings."""
    feeds = {}
    for column in model.preparation.input_columns:
        cells = rows[column.name]
        if column.kind in ("categorical", "boolean"):
            array = np.array(["" if cell is None else str(cell) for cell in cells], dtype=object)
        elif column.kind == "date":
            array = np.array([np.nan if cell is None else tables.days(cell) for cell in cells])
        else:
            array = np.array(cells, dtype=float)
        feeds[column.name] = array[:, None]
    return feeds


def predicted(model, rows):
    """The graph's predictions under the names of `Model.predict`."""
    graph = session(to_onnx(model).SerializeToString())
    outputs = dict(zip([each.name for each in graph.get_outputs()], graph.run(None, fed(model, rows)), strict=True))
    if model.preparation.classes is None:
        return {name: values[:, 0] for name, values in outputs.items()}
    target = model.preparation.targets[0]
    shares = outputs["probabilities"]
    return {target: outputs[target]} | {
        f"P({label})": shares[:, k] for k, label in enumerate(model.preparation.classes)
    }


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("table", tables.TABLES)
def test_an_example_tables_graph_predicts_what_the_model_does(table, dtype):
    model, frame = tables.trained(table)
    parameters = model.network.parameters.astype(dtype)
    model = Model(Network.from_parameters(model.network.architecture, parameters), model.preparation)
    tables.close(model, predicted(model, frame), frame, 1e-6)


@given(tables.models())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_graph_predicts_what_its_model_does(drawn):
    model, rows = drawn
    tables.close(model, predicted(model, rows), rows, 1e-9)


@given(tables.models(dtypes=("float32",)))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_graph_of_float32_is_as_exact_as_float32_is(drawn):
    model, rows = drawn
    tables.close(model, predicted(model, rows), rows, 2e-5)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - {"softmax"}))
def test_an_activation_is_exact_in_both_tails(name, dtype):
    z = np.concatenate([np.linspace(-12, 12, 2001), [-700.0, -50.0, 50.0, 700.0]])
    columns = {"z": z, "y": z[::-1] ** 3}
    preparation = prepare(read_table(columns), target="y", scale_inputs=False, scale_targets=False).preparation
    network = Network([1, 1], name, dtype=dtype)
    network.parameters[:] = [1.0, 0.0]
    model = Model(network, preparation)
    expected = model.predict(columns)["y"].to_numpy()
    error = np.abs(predicted(model, columns)["y"] - expected) / np.maximum(1.0, np.abs(expected))
    assert error.max() < {"float64": 2e-15, "float32": 2e-6}[dtype]


def test_several_targets_are_several_outputs_and_a_graph_says_what_it_is():
    model, _ = tables.trained("linnerud")
    made = to_onnx(model)
    assert [each.name for each in made.graph.output] == ["weight", "waist", "pulse"]
    assert made.producer_name == "fallline"
    assert {each.key: json.loads(each.value) for each in made.metadata_props if each.key != "task"} == {
        "targets": ["weight", "waist", "pulse"],
        "classes": None,
    }
    assert [each.doc_string for each in made.graph.input] == ["number; NaN where missing"] * 3


@pytest.mark.parametrize("marker", ["", "NA", "n/a", "Nan", "NULL", "none", "?", "-", "."])
def test_a_words_marker_is_missing(marker):
    columns = {"town": ["Rome", "Bern", None, "Rome"] * 5, "new": ["yes", None, "no", "no"] * 5, "y": np.arange(20.0)}
    preparation = prepare(read_table(columns), target="y").preparation
    model = Model(Network([preparation.inputs, 3, 1], seed=1), preparation)
    marked = predicted(model, {"town": [marker], "new": [marker]})["y"]
    assert marked == pytest.approx(model.predict({"town": [None], "new": [None]})["y"].to_numpy(), rel=1e-12)
    assert marked != predicted(model, {"town": ["Oslo"], "new": ["no"]})["y"]


@pytest.mark.parametrize("name", ["/Concat", "probabilities", "/weights", "rows"])
def test_a_columns_name_is_the_inputs_name_whatever_it_is(name):
    columns = {name: np.arange(30.0), "kind": ["a", "b", "c"] * 10}
    preparation = prepare(read_table(columns), target="kind", kinds={name: "numeric"}).preparation
    model = Model(Network([1, 3], "softmax", seed=1), preparation)
    graph = session(to_onnx(model).SerializeToString())
    label, shares = graph.run(None, {name: columns[name][:, None]})
    assert label.tolist() == model.predict(columns)["kind"].to_list()
    assert shares == pytest.approx(model.predict(columns).drop("kind").to_numpy(), rel=1e-12)


def test_the_example_on_the_page_runs(tmp_path, monkeypatch):
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (code,) = [block for block in blocks if "onnxruntime" in block]
    model, frame = tables.trained("iris")
    monkeypatch.chdir(tmp_path)
    export(model, "iris.onnx")
    frame.write_csv("flowers.csv")
    names: dict = {}
    exec(code, names)
    assert names["label"].tolist() == model.predict(frame)["species"].to_list()
    assert pl.DataFrame(names["probabilities"]).shape == (150, 3)
