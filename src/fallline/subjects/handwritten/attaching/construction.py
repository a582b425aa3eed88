"""Making a network of a class that the file defines but never makes, from the names of its arguments."""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Iterator
from typing import Any

from fallline.subjects.handwritten.attaching.rows import GivenRows
from fallline.subjects.handwritten.attaching.signatures import role
from fallline.subjects.handwritten.attaching.world import Names, functions_of, is_data, is_users

_HIDDEN = 4
_LISTED = re.compile(r"shape|sizes|layers|dims|dimensions|topology|architecture|structure|nodes_per|units")
_STEPS = re.compile(r"train|fit|back|learn|update|step|adjust|optimi", re.I)


def constructed(space: Names, rows: GivenRows) -> Iterator[tuple[Any, str]]:
    """Yield networks of the file's classes, made with sizes that fit the data, and the sentence that says so."""
    width = 2 if rows.X is None else rows.X.shape[1]
    outputs = 1 if rows.y is None else rows.y.shape[1]
    classes = [value for name, value in space.items() if isinstance(value, type) and not is_data(name, value)]
    own = [
        kind for kind in classes if any(is_users(f.__globals__) and f.__globals__ is space for f in functions_of(kind))
    ]
    ordered = sorted(own, key=lambda kind: (not _steps(kind), "layer" in kind.__name__.lower(), -own.index(kind)))
    # a step that confuses matrices raises unless they are square: hidden layers as wide as the outputs or inputs last
    tried: list[tuple[type, str]] = []
    for hidden, kind in itertools.product(dict.fromkeys((_HIDDEN, outputs, width, width + 1)), ordered):
        for values in _arguments(kind, width, outputs, rows, hidden):
            text = ", ".join(repr(value) if not hasattr(value, "shape") else "…" for value in values)
            if (kind, text) in tried:
                continue
            tried.append((kind, text))
            try:
                net = kind(*values)
            except Exception:  # it takes other things
                continue
            yield net, f"No network is made in the file: made with {kind.__name__}({text})."
    for name, value in list(space.items()):
        if inspect.isfunction(value) and re.match(r"(build|make|create|get)_?(net|model|network)?", name):
            try:
                yield value(), f"The network was made with {name}()."
            except Exception:
                continue


def _steps(kind: type) -> bool:
    return any(_STEPS.search(function.__name__) for function in functions_of(kind))


def _arguments(kind: type, width: int, outputs: int, rows: GivenRows, hidden: int) -> Iterator[list[Any]]:
    try:
        parameters = list(inspect.signature(kind).parameters.values())
    except (TypeError, ValueError):
        return
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        yield [width, hidden, outputs]
        yield [width, hidden, hidden, outputs]
    required = [p for p in parameters if p.default is p.empty and p.kind is not p.VAR_POSITIONAL]
    required = [p for p in required if p.kind is not p.VAR_KEYWORD]
    for depth in (1, 2, 3):
        sizes = [width, *[hidden] * depth, outputs]
        yield [_value(p.name, p, required, sizes, rows) for p in required]
        plain = [p for p in required if role(p.name) != "rate"]
        if len(plain) == 1:
            yield [0.1 if role(p.name) == "rate" else width for p in required]
        if len(plain) == 3:  # sizes of inputs and outputs, and a list of hidden ones, in the order of their names
            listed = [hidden] * depth
            yield [listed if "hid" in p.name else _value(p.name, p, required, sizes, rows) for p in required]
        if len(plain) == len(sizes):
            numbers = iter(sizes)
            yield [0.1 if role(p.name) == "rate" else next(numbers) for p in required]


def _value(name: str, parameter: Any, required: list[Any], sizes: list[int], rows: GivenRows) -> Any:
    plain, kind = name.lower(), role(name)
    if kind == "rate" or kind == "momentum":
        return 0.1
    if kind == "iterations" and name != "n":
        return 1
    if _LISTED.search(plain) or (len(required) == 1 and plain not in ("hidden", "n_hidden")):
        return list(sizes)
    if rows.X is not None and kind == "inputs" and len(plain) <= 2:
        return rows.X
    if rows.y is not None and kind == "targets":
        return rows.y
    if re.search(r"hid", plain):
        return sizes[1]
    if re.search(r"out|class", plain):
        return sizes[-1]
    if re.search(r"in", plain):
        return sizes[0]
    return _HIDDEN
