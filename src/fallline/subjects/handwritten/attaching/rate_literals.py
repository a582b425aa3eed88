"""The learning rate as a number in the step's own code, and the same code with another number there."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence

from fallline.subjects.handwritten.attached import CodePlace
from fallline.subjects.handwritten.attaching.rates import NAME, Rate


def literal_rate(code: dict[str, str], functions: Sequence[tuple[str, str, int]]) -> Rate | None:
    """Return a number that the step's own code names as the rate, or multiplies an update by."""
    for _, file, first in functions:
        if file not in code:
            continue
        try:
            tree = ast.parse(code[file])
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            decorated = [d.lineno for d in getattr(node, "decorator_list", [])]
            if isinstance(node, ast.FunctionDef | ast.For | ast.While) and first in (node.lineno, *decorated[:1]):
                found = _named(node, file) or _multiplied(node, file)
                if found is not None:
                    return found
    return None


def _place(node: ast.Constant, file: str) -> CodePlace:
    return file, node.lineno, node.col_offset


def _named(tree: ast.AST, file: str) -> Rate | None:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            given = node.args.args[len(node.args.args) - len(node.args.defaults) :]
            for argument, default in zip(given, node.args.defaults, strict=True):
                if isinstance(default, ast.Constant) and NAME.search(argument.arg):
                    number = default.value
                    if isinstance(number, int | float):
                        text = f"{argument.arg}={number} in line {default.lineno}"
                        return Rate(float(number), text, places=(_place(default, file),))
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            target, value = node.targets[0], node.value.value
            name = target.id if isinstance(target, ast.Name) else getattr(target, "attr", "")
            if isinstance(value, int | float) and NAME.search(name):
                return Rate(float(value), f"{name} in line {node.lineno}", places=(_place(node.value, file),))
    return None


def _multiplied(tree: ast.AST, file: str) -> Rate | None:
    """Return the constant factor of in-place updates such as `W -= 0.1 * gradient` or `W = W - 0.1 * gradient`."""
    factors = [factor for change in _changes(tree) for factor in _factors(change)]
    if not factors:
        return None
    first = factors[0]
    places = tuple(_place(factor, file) for factor in factors if factor.value == first.value)
    assert isinstance(first.value, float)
    return Rate(first.value, f"{ast.unparse(first)} in line {first.lineno}", places=places)


def _changes(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield what is added to variables or taken from them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add | ast.Sub):
            yield node.value
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp):
            same = ast.unparse(node.targets[0]) == ast.unparse(node.value.left)
            if same and isinstance(node.value.op, ast.Add | ast.Sub):
                yield node.value.right


def _factors(change: ast.expr) -> Iterator[ast.Constant]:
    """Yield the numbers that a product is made of, also those that divide."""
    if isinstance(change, ast.Constant) and isinstance(change.value, float):
        yield change
    elif isinstance(change, ast.BinOp) and isinstance(change.op, ast.Mult | ast.MatMult | ast.Div):
        yield from _factors(change.left)
        yield from _factors(change.right)
    elif isinstance(change, ast.UnaryOp):
        yield from _factors(change.operand)


def with_literal(tree: ast.Module, places: Sequence[CodePlace], value: float) -> ast.Module:
    """Return the code with another number at these places."""
    wanted = {(line, column) for _, line, column in places}
    changed = copy.deepcopy(tree)
    for node in ast.walk(changed):
        if isinstance(node, ast.Constant) and (node.lineno, node.col_offset) in wanted:
            node.value = value
    return changed
