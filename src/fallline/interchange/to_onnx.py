"""A model as an ONNX graph, from the table's own columns to the prediction.

Each column that the network sees is an input of its name, shape (rows, 1): numbers as double with NaN where missing,
dates as days since 1970-01-01 (double), words (categories, and booleans such as "yes") as strings with "" or any of
Fallline's other markers where missing. Outputs carry the targets' names: (rows, 1) in their own units; or the label
(rows,), with `probabilities` (rows, classes) beside it.

The arithmetic is the engine's, in the network's dtype; preparation and own units are in double.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from fallline.data import Column, Preparation, Task
from fallline.data.cells import BOOLEAN_VALUES, MISSING_MARKERS
from fallline.data.dates import DAYS_OF_A_YEAR
from fallline.interchange.onnx_activations import ACTIVATIONS
from fallline.interchange.onnx_graph import Graph
from fallline.network.model import Model

# Old enough for runtimes of the year 2023, new enough for all operators below.
OPERATORS = {"": 18, "ai.onnx.ml": 3}
IR_VERSION = 8


def to_onnx(model: Model) -> Any:
    """Return the model as an `onnx.ModelProto`.

    Raises
    ------
    FalllineError
        If the package `onnx` is not installed.
    """
    from fallline import __version__

    preparation = model.preparation
    graph = Graph([*(column.name for column in preparation.input_columns), *preparation.targets])
    raw = graph.node("Concat", *[_column(graph, column) for column in preparation.input_columns], axis=1)
    a = graph.node("Cast", _scaled(graph, preparation, raw), to=graph.type_of(model.network.parameters.dtype))
    for W, activation in zip(model.network.layers, model.network.architecture.activations, strict=True):
        weights, biases = graph.constant("weights", W[:, :-1]), graph.constant("biases", W[:, -1])
        z = graph.node("Gemm", a, weights, biases, transB=1)
        a = ACTIVATIONS[activation](graph, z, W.dtype)
    _outputs(graph, preparation, graph.node("Cast", a, to=graph.type_of(np.float64)))
    return graph.model(
        operators=OPERATORS,
        ir_version=IR_VERSION,
        producer_version=__version__,
        properties={
            "task": preparation.task.value,
            "targets": json.dumps(list(preparation.targets)),
            "classes": json.dumps(preparation.classes),
        },
    )


def _column(graph: Graph, column: Column) -> str:
    """Return the column's inputs (rows, inputs of the column), unscaled, with NaN where a number is missing."""
    name = column.name or graph.fresh(f"column {column.position}")  # "" would be no input at all
    if column.kind == "categorical":
        return _one_hot(graph, column, name)
    if column.kind == "boolean":
        values = _boolean(graph, name)
    elif column.kind == "date":
        values = graph.input(name, np.float64, "days since 1970-01-01 00:00 UTC; NaN where missing")
    else:
        values = graph.input(name, np.float64, "number; NaN where missing")
    parts = [values]
    if column.seasonal:
        angle = graph.node("Mul", values, graph.constant("radians_a_day", np.float64(2.0 * np.pi / DAYS_OF_A_YEAR)))
        parts.append(graph.node("Sin", angle))
        # cos as a shifted sine: the cosine of doubles is what runtimes lack
        parts.append(graph.node("Sin", graph.node("Add", angle, graph.constant("quarter", np.float64(0.5 * np.pi)))))
    if column.missing_input:
        parts.append(graph.node("Cast", graph.node("IsNaN", values), to=graph.type_of(np.float64)))
    return graph.node("Concat", *parts, axis=1) if len(parts) > 1 else values


def _one_hot(graph: Graph, column: Column, name: str) -> str:
    """Return 0 and 1 (rows, categories and "missing" and "other" where they exist); unseen words are all 0."""
    known = len(column.categories)
    places = {text: k for k, text in enumerate(column.categories)}
    places |= dict.fromkeys(_spellings(MISSING_MARKERS), known if column.missing_input else -1)
    words = graph.input(name, np.str_, f"one of {', '.join(column.categories)}; '' where missing")
    place = graph.node(
        "LabelEncoder",
        words,
        keys_strings=list(places),
        values_int64s=list(places.values()),
        default_int64=known + column.missing_input if column.other_input else -1,
    )
    hot = graph.node("Equal", place, graph.constant("places", np.arange(len(column.inputs))))
    return graph.node("Cast", hot, to=graph.type_of(np.float64))


def _boolean(graph: Graph, name: str) -> str:
    """Return 0, 1 or NaN (rows, 1) for the words that mean no, yes and nothing."""
    words = {spelling: value for word, value in BOOLEAN_VALUES.items() for spelling in _spellings([word])}
    number = graph.node(
        "LabelEncoder",
        graph.input(name, np.str_, "true or false, yes or no, t or f, y or n, 1 or 0; '' where missing"),
        keys_strings=list(words),
        values_floats=list(words.values()),
        default_float=float("nan"),
    )
    return graph.node("Cast", number, to=graph.type_of(np.float64))


def _spellings(words: Sequence[str] | frozenset[str]) -> list[str]:
    """Return the words in every mixture of lower and upper case."""
    return sorted({"".join(each) for word in words for each in product(*zip(word.lower(), word.upper(), strict=True))})


def _scaled(graph: Graph, preparation: Preparation, raw: str) -> str:
    """Return the network's inputs: (x − centre) / scale, NaN taken as fill; see `data/scaling.py`."""
    inputs = [each for column in preparation.input_columns for each in column.inputs]
    fill = graph.constant("fill", np.array([each.fill for each in inputs]))
    centre = graph.constant("centre", np.array([each.centre for each in inputs]))
    scale = graph.constant("scale", np.array([each.scale for each in inputs]))
    present = graph.node("Where", graph.node("IsNaN", raw), fill, raw)
    return graph.node("Div", graph.node("Sub", present, centre), scale)


def _outputs(graph: Graph, preparation: Preparation, values: str) -> None:
    """Declare the predictions from the network's outputs (rows, outputs); see `Preparation.predictions`."""
    if preparation.task is Task.REGRESSION:
        own = graph.node("Mul", values, graph.constant("target_scale", preparation.target_scale))
        own = graph.node("Add", own, graph.constant("target_offset", preparation.target_offset))
        for j, name in enumerate(preparation.targets):
            one = graph.node("Gather", own, graph.constant("place", np.array([j])), axis=1)
            graph.output(
                name or graph.fresh(f"target {j + 1}"), one, np.float64, ["rows", 1], f"{name} in its own units"
            )
        return
    if preparation.task is Task.BINARY:
        positive = graph.node("GreaterOrEqual", values, graph.constant("half", np.float64(0.5)))
        place = graph.node("Cast", positive, to=graph.type_of(np.int64))
        place = graph.node("Squeeze", place, graph.constant("axis", np.array([1])))
        other = graph.node("Sub", graph.constant("one", np.float64(1.0)), values)
        values = graph.node("Concat", other, values, axis=1)
    else:
        place = graph.node("ArgMax", values, axis=1, keepdims=0)
    labels = preparation.labels
    label = graph.node("Gather", graph.constant("labels", labels), place)
    name = preparation.targets[0] or graph.fresh("target")
    graph.output(name, label, labels.dtype, ["rows"], f"the likeliest {name}")
    graph.output(
        graph.fresh("probabilities"),
        values,
        np.float64,
        ["rows", len(labels)],
        f"of each class: {', '.join(preparation.aim.classes)}",
    )
