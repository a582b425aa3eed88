"""A model as a Python file that needs NumPy alone: the functions of `numpy_function.py`, and the model's numbers."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

from fallline.data import Column, Preparation
from fallline.data.dates import ISO_FORMATS
from fallline.engine import Array
from fallline.interchange import numpy_function
from fallline.interchange.literals import digits, require_small
from fallline.network.model import Model

_CELLS = {
    "numeric": "numbers; NaN, None or a blank where missing",
    "boolean": "true or false, yes or no, 1 or 0; None or a blank where missing",
    "date": "dates, points in time or texts; None or a blank where missing",
}


def to_numpy(model: Model) -> str:
    """Return the file's text. It has `predict(columns)`, which takes a table by the names of its columns.

    Raises
    ------
    FalllineError
        If the network has more than 100,000 parameters.
    """
    from fallline import __version__

    require_small(model, "numpy")
    function = inspect.getsource(numpy_function).split('"""\n', 1)[1]
    about = (
        f'"""A network as a function, `predict`, at the end; written by Fallline {__version__}; needs NumPy alone."""\n'
    )
    return f"{about}{function}\n{_model(model)}\n{_predict(model.preparation)}"


def _model(model: Model) -> str:
    preparation = model.preparation
    inputs = [each for column in preparation.input_columns for each in column.inputs]
    dtype = model.network.parameters.dtype.name
    entries = [
        ("targets", repr(list(preparation.targets))),
        ("target_scale", _array(preparation.target_scales)),
        ("target_offset", _array(preparation.target_offsets)),
        ("classes", repr(preparation.labels.tolist())),
        ("probabilities", repr([f"P({text})" for text in preparation.aim.classes])),
        ("columns", _listed(repr(_column(column)) for column in preparation.input_columns)),
        ("fill", _array(each.fill for each in inputs)),
        ("centre", _array(each.centre for each in inputs)),
        ("scale", _array(each.scale for each in inputs)),
        ("dtype", repr(dtype)),
        (
            "layers",
            _listed(
                f"({_weights(W)}, {activation!r})"
                for W, activation in zip(model.network.layers, model.network.architecture.activations, strict=True)
            ),
        ),
    ]
    return "\nMODEL = {\n" + "".join(f'    "{name}": {value},\n' for name, value in entries) + "}\n"


def _column(column: Column) -> dict[str, Any]:
    about: dict[str, Any] = {"name": column.name, "kind": column.kind, "missing_input": column.missing_input}
    if column.kind == "categorical":
        return about | {"categories": list(column.categories), "other_input": column.other_input}
    about["seasonal"] = column.seasonal
    return about | {"formats": formats(column.date_format)} if column.kind == "date" else about


def formats(form: str | None) -> list[str]:
    """Return the formats in which dates are read (see `data/dates.py`) as `datetime.strptime` writes them."""
    found = []
    for each in ((form,) if form else ()) + ISO_FORMATS:
        whole = "%Y-%m-%dT%H:%M:%S%.f%z" if each == "%+" else each
        found += [whole.replace("%.f", ".%f"), whole.replace("%.f", "")]
    return list(dict.fromkeys(found))


def _predict(preparation: Preparation) -> str:
    """Return the function that a user calls, with the columns that it looks at as a comment."""
    lines = [
        f"#   {column.name!r}: {_CELLS.get(column.kind or '', f'one of {list(column.categories)!r}')}"
        for column in preparation.input_columns
    ]
    first = preparation.targets[0]
    back = f"the label under {first!r}, probabilities under" if preparation.classes else "numbers under"
    names = [f"P({text})" for text in preparation.aim.classes] or list(preparation.targets)
    return "\n".join(
        [
            "",
            "# The columns that `predict` looks at, by name:",
            *lines,
            f"# What it returns: {back} {', '.join(repr(name) for name in names)}.",
            "def predict(columns: Any) -> dict[str, NDArray[Any]]:",
            '    """Return the predictions for a table, such as a data frame or a dict of lists."""',
            "    return predictions(columns, MODEL)",
            "",
        ]
    )


def _array(values: Iterable[float]) -> str:
    return f"np.array([\n{digits(values, 8)},\n    ])"


def _weights(W: Array) -> str:
    rows = "".join(f"            [\n{digits(row, 16)},\n            ],\n" for row in W)
    return f'np.array([\n{rows}        ], "{W.dtype.name}")'


def _listed(items: Iterable[str]) -> str:
    return "[\n" + "".join(f"        {item},\n" for item in items) + "    ]"
