"""The error that a program reports: whether it is a squared error or a cross-entropy.

A sigmoid's delta without σ′ is right for the cross-entropy and wrong for the squared error. Where the user's own step
returns or prints its error, the number says which of them is meant; where the error is computed elsewhere, the squares
of a difference or the logarithms in the text do.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.attached import Attached
from fallline.subjects.handwritten.identifying.comparison import CROSS_ENTROPY, SQUARED
from fallline.subjects.handwritten.identifying.observed import draw_rows
from fallline.subjects.handwritten.twins.twin import Twin, draw_values, write_values

_PROBES = 4
_NUMBER = re.compile(r"(?<![\w.])-?\d+\.(\d+)(?:e([-+]?\d+))?(?![\w.])", re.I)
_MOST = 50  # numbers of one step that are looked at
_RELATIVE = 1e-9  # difference that is rounding
_DIGITS = 3  # significant ones that a printed number needs


@dataclass(frozen=True)
class _Told:
    """A number that a step returned or printed, and how exact it is."""

    value: float
    tolerance: float


def reported_loss(attached: Attached, twin: Twin, rows: int, seed: int = 3) -> str | None:
    """Return the loss that the program computes, None where it computes none, or none that tells them apart."""
    if twin.forms[-1].name not in ("sigmoid", "softmax"):
        return None
    return _in_numbers(attached, twin, rows, seed) or _in_text(attached.code.values())


def _in_numbers(attached: Attached, twin: Twin, rows: int, seed: int) -> str | None:
    """Return the loss that the step's returned or printed numbers are, on several probes."""
    before = [slot.read() for slot in attached.slots]
    left: set[tuple[str, int]] | None = None
    draw = np.random.default_rng(seed)
    try:
        for _ in range(_PROBES):
            attached.reset()
            start = twin.to_parameters(write_values(attached, draw_values(twin.shapes, draw)))
            X, y = draw_rows(twin, start, rows, draw)
            errors = dict(_errors(twin.run(start, X), y, attached.per_sample))
            told = _numbers(attached, X, y)
            fitting = {
                which for which, value in errors.items() if any(abs(n.value - value) <= n.tolerance for n in told)
            }
            left = fitting if left is None else left & fitting
            if not left:
                return None
    finally:
        attached.reset()
        for slot, value in zip(attached.slots, before, strict=True):
            slot.write(value)
    losses = {loss for loss, _ in left or ()}
    return losses.pop() if len(losses) == 1 else None


def _in_text(sources: Iterable[str]) -> str | None:
    """Return the loss of which there is a sum of squared differences, or a logarithm, in the text."""
    found: set[str] = set()
    for source in sources:
        tree = ast.parse(source)
        differences = {
            ast.unparse(target)
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and _is_difference(node.value, set())
            for target in node.targets
        }
        for node in ast.walk(tree):
            if _called(node) == "log":
                found.add(CROSS_ENTROPY)
            summed = _called(node) in ("sum", "mean", "average") or isinstance(node, ast.AugAssign)
            if summed and any(_is_difference(squared, differences) for squared in _squared(node)):
                found.add(SQUARED)
    return found.pop() if len(found) == 1 else None


def _called(node: ast.AST) -> str:
    return ast.unparse(node.func).split(".")[-1] if isinstance(node, ast.Call) else ""


def _squared(within: ast.AST) -> Iterator[ast.expr]:
    """Yield what is squared in a sum: a square that nothing sums up is no error but a step's mistake."""
    for node in ast.walk(within):
        if isinstance(node, ast.Call) and _called(node) == "square" and node.args:
            yield node.args[0]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and ast.unparse(node.right) in ("2", "2.0"):
            yield node.left


def _is_difference(node: ast.expr, named: set[str]) -> bool:
    while isinstance(node, ast.Subscript):
        node = node.value
    return (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub)) or ast.unparse(node) in named


def _errors(a: Array, y: Array, per_sample: bool) -> Iterator[tuple[tuple[str, int], float]]:
    """Yield the errors that people report, of all rows or, where a step is made for each, of the last one."""
    a, y = (a[-1:], y[-1:]) if per_sample else (a, y)
    with np.errstate(all="ignore"):
        squares = (a - y) ** 2
        plain = -y * np.log(a)
        both = plain - (1.0 - y) * np.log(1.0 - a)
    number = 0
    for loss, values in ((SQUARED, squares), (CROSS_ENTROPY, plain), (CROSS_ENTROPY, both)):
        total = float(values.sum())
        for divisor in sorted({1, len(a), a.size, a.shape[1]}):
            for factor in (1.0, 0.5, -1.0):
                number += 1
                if np.isfinite(total):
                    yield (loss, number), factor * total / divisor


def _numbers(attached: Attached, X: Array, y: Array) -> list[_Told]:
    try:
        with np.errstate(all="ignore"):
            result = attached.step(X.copy(), y.copy())
    except Exception:  # the user's code may raise anything
        return []
    found = [_Told(value, _RELATIVE * abs(value)) for value in _scalars(result)]
    for match in _NUMBER.finditer(attached.printed()):
        digits = match[0].partition("e")[0].replace(".", "").lstrip("-0")
        if len(digits) >= _DIGITS:
            value, rounding = float(match[0]), 0.51 * 10.0 ** (int(match[2] or 0) - len(match[1]))
            found.append(_Told(value, max(rounding, _RELATIVE * abs(value))))
    return found[:_MOST]


def _scalars(value: Any) -> Iterator[float]:
    if isinstance(value, list | tuple):
        for part in value[:_MOST]:
            yield from _scalars(part)
    elif isinstance(value, dict):
        yield from _scalars(list(value.values()))
    elif isinstance(value, float | np.floating) or (isinstance(value, np.ndarray) and value.size == 1):
        yield float(np.asarray(value, dtype=np.float64).item())
