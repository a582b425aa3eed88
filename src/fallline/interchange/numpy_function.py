"""What a model does, in NumPy alone: `to_numpy` copies all that stands below this text, and puts a model behind it.

It runs from Python 3.9 on and imports nothing of Fallline; a test compares it with `Preparation` and the engine.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from typing import Any

import numpy as np
from numpy.typing import NDArray

MISSING = {"", "na", "n/a", "nan", "null", "none", "?", "-", "."}
BOOLEANS = {"0": 0, "1": 1, "false": 0, "true": 1, "no": 0, "yes": 1, "f": 0, "t": 1, "n": 0, "y": 1}
BLANKS = "".join(map(chr, [*range(9, 14), 32, 133, 160, 5760, *range(8192, 8203), 8232, 8233, 8239, 8287, 12288]))
EPOCH = datetime(1970, 1, 1, tzinfo=timezone(timedelta(0)))


def predictions(columns: Any, model: dict[str, Any]) -> dict[str, NDArray[Any]]:
    """Return each target (rows,) in its own units; or the label (rows,), and the probability of each class."""
    raw = np.hstack([inputs(columns[column["name"]], column) for column in model["columns"]])
    X = (np.where(np.isnan(raw), model["fill"], raw) - model["centre"]) / model["scale"]
    a = X.astype(model["dtype"])
    for W, activation in model["layers"]:
        a = ACTIVATIONS[activation](a @ W[:, :-1].T + W[:, -1])
    outputs = a.astype(float)
    classes = model["classes"]
    if not classes:
        own = outputs * model["target_scale"] + model["target_offset"]
        return {name: own[:, j] for j, name in enumerate(model["targets"])}
    if outputs.shape[1] == 1:
        places = (outputs[:, 0] >= 0.5).astype(int)
        outputs = np.hstack([1.0 - outputs, outputs])
    else:
        places = outputs.argmax(axis=1)
    label = {model["targets"][0]: np.array(classes)[places]}
    return {**label, **{name: outputs[:, k] for k, name in enumerate(model["probabilities"])}}


def inputs(cells: Any, column: dict[str, Any]) -> NDArray[Any]:
    """Return a column's inputs (rows, inputs of the column), unscaled, NaN where a number is missing."""
    name, kind = column["name"], column["kind"]
    if kind == "categorical":
        return one_hot([text(cell) for cell in cells], column)
    if kind == "numeric":
        values = numbers(cells, name)
    elif kind == "boolean":
        values = np.array([truth(cell, name) for cell in cells], dtype=float)
    else:
        values = np.array([days(cell, name, column["formats"]) for cell in cells], dtype=float)
    found = [values]
    if column["seasonal"]:
        angle = 2.0 * math.pi * (values / 365.2425)
        found += [np.sin(angle), np.cos(angle)]
    if column["missing_input"]:
        found.append(np.isnan(values).astype(float))
    return np.column_stack(found)


def one_hot(words: list[str | None], column: dict[str, Any]) -> NDArray[Any]:
    """Return 0 and 1 (rows, categories, then "missing" and "other" where they exist); unseen words are all 0."""
    places = {word: k for k, word in enumerate(column["categories"])}
    if column["missing_input"]:
        places[None] = len(places)
    found = np.zeros((len(words), len(places) + column["other_input"]))
    for row, word in enumerate(words):
        if word in places:
            found[row, places[word]] = 1.0
        elif word is not None and column["other_input"]:
            found[row, -1] = 1.0
    return found


def text(cell: Any) -> str | None:
    """Return a cell as a stripped text, None where it is missing; whole numbers are written without a point."""
    if isinstance(cell, str):
        word = cell.strip(BLANKS)
        return None if word.lower() in MISSING else word
    if isinstance(cell, (bool, np.bool_)):
        return "true" if cell else "false"
    if isinstance(cell, (float, np.floating)):
        number = float(cell)
        cell = int(number) if number.is_integer() and abs(number) < 2.0**53 else number
    return None if cell is None or str(cell) in ("nan", "NaT", "<NA>") else str(cell)


def numbers(cells: Any, name: str) -> NDArray[Any]:
    """Return cells as numbers (rows,), NaN where missing."""
    try:
        values = np.asarray(cells, dtype=float)
    except (TypeError, ValueError):
        values = np.array([number(cell, name) for cell in cells], dtype=float)
    if (np.abs(values) > 1e300).any():
        raise ValueError(f"column {name!r}: expected finite numbers.")
    return values


def number(cell: Any, name: str) -> float:
    """Return a cell as a number, NaN where it is missing."""
    word = text(cell)
    try:
        return math.nan if word is None else float(word)
    except ValueError:
        raise ValueError(f"column {name!r}: expected numbers, got {cell!r}.") from None


def truth(cell: Any, name: str) -> float:
    """Return 1 for yes, 0 for no, NaN for a missing cell."""
    word = text(cell)
    if word is None:
        return math.nan
    if word.lower() not in BOOLEANS:
        raise ValueError(f"column {name!r}: expected true/false, yes/no or 1/0, got {cell!r}.")
    return BOOLEANS[word.lower()]


def days(cell: Any, name: str, formats: list[str]) -> float:
    """Return days since 1970-01-01 (UTC where a time zone is given), NaN for a missing cell."""
    word = text(cell)
    if word is None:
        return math.nan
    if isinstance(cell, np.datetime64):
        return float((cell.astype("M8[us]") - np.datetime64(0, "us")) / np.timedelta64(1, "D"))
    moment = cell if isinstance(cell, date) else parsed(word, name, formats)
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)
    return ((moment if moment.tzinfo else moment.replace(tzinfo=EPOCH.tzinfo)) - EPOCH) / timedelta(days=1)


def parsed(word: str, name: str, formats: list[str]) -> datetime:
    """Return the point in time that a text says in one of these formats of `strptime`."""
    for form in formats:
        try:
            return datetime.strptime(word, form)
        except ValueError:
            continue
    raise ValueError(f"column {name!r}: expected dates as in training, got {word!r}.")


def sigmoid(z: NDArray[Any]) -> NDArray[Any]:
    """1 / (1 + e⁻ᶻ) without overflow."""
    tail = np.exp(-np.abs(z))
    return np.asarray(np.where(z >= 0, z.dtype.type(1), tail) / (1 + tail))


def gelu(z: NDArray[Any]) -> NDArray[Any]:
    """Z Φ(z), the exact form."""
    phi = [0.5 * math.erfc(-each * math.sqrt(0.5)) for each in z.ravel().tolist()]
    return np.asarray(z * np.array(phi, z.dtype).reshape(z.shape))


def softmax(z: NDArray[Any]) -> NDArray[Any]:
    """e^{zₖ} / Σⱼ e^{zⱼ} for each row."""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


ACTIVATIONS: dict[str, Callable[[NDArray[Any]], Any]] = {
    "identity": lambda z: z,
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, z.dtype.type(0.01) * z),
    "elu": lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
    "softplus": lambda z: np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))),
    "silu": lambda z: z * sigmoid(z),
    "gelu": gelu,
    "softmax": softmax,
}
