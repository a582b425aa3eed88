"""A training loop taken as a step: its body run once, with the data put where it reads them."""

from __future__ import annotations

import ast
import itertools
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.attaching.calls import Function
from fallline.subjects.handwritten.attaching.forms import as_outputs
from fallline.subjects.handwritten.attaching.forward import Forward
from fallline.subjects.handwritten.attaching.leaves import Leaf
from fallline.subjects.handwritten.attaching.places import DataPlace
from fallline.subjects.handwritten.attaching.signatures import Arguments, role
from fallline.subjects.handwritten.attaching.stepping import Plan
from fallline.subjects.handwritten.attaching.world import World

_ROWS, _ITEM = "__rows__", "__item__"


@dataclass(frozen=True)
class Loop:
    """A loop's body as code over a namespace."""

    code: types.CodeType
    items: types.CodeType | None  # what the loop goes through; None for a loop that is taken whole, or without end
    variable: types.CodeType | None  # sets the loop's variable to an item
    line: int
    space: int

    def once(self, world: World, data: DataPlace, X: Array, y: Array, number: int = 0) -> None:
        """Run the body once, as at the iteration of this number; the world must be entered."""
        names = world.spaces[self.space]
        data.put(names, X, y)
        names[_ROWS] = len(X)
        if self.items is not None and self.variable is not None:
            names[_ITEM] = next(itertools.islice(eval(self.items, names), number, None))
            exec(self.variable, names)
        exec(self.code, names)


def loop_of(node: ast.For | ast.While, file: str, space: int) -> Loop:
    """Return a loop's body as code; a loop over the rows themselves is taken whole."""
    whole = isinstance(node, ast.For) and _over_rows(node.iter)
    items = variable = None
    if isinstance(node, ast.For) and not whole:
        begin = ast.Assign([node.target], ast.Name(_ITEM, ast.Load()))
        variable = compile(_module([ast.copy_location(begin, node)]), file, "exec")
        items = compile(ast.fix_missing_locations(ast.Expression(node.iter)), file, "eval")
    once = ast.For(ast.Name("_", ast.Store()), ast.Tuple([ast.Constant(0)], ast.Load()), node.body, [])
    body = node if whole else ast.copy_location(once, node)
    return Loop(compile(_module([body]), file, "exec"), items, variable, node.lineno, space)


class CountedRows(ast.NodeTransformer):
    """Replaces the number of rows where code has it as a literal: in `range(4)`, `i % 4`, `randint(4)`."""

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Replace it among a counting function's arguments."""
        self.generic_visit(node)
        if ast.unparse(node.func).split(".")[-1] in (
            "range",
            "arange",
            "randint",
            "randrange",
            "choice",
            "permutation",
        ):
            node.args = [self._replaced(argument) for argument in node.args]
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """Replace it as a divisor of which the rest is taken."""
        self.generic_visit(node)
        if isinstance(node.op, ast.Mod):
            node.right = self._replaced(node.right)
        return node

    def _replaced(self, node: ast.expr) -> ast.expr:
        same = isinstance(node, ast.Constant) and type(node.value) is int and node.value == self.rows
        return ast.copy_location(ast.Name(_ROWS, ast.Load()), node) if same else node


def _module(body: list[ast.stmt]) -> ast.Module:
    return ast.fix_missing_locations(ast.Module(body, []))


def _over_rows(iterated: ast.expr) -> bool:
    if isinstance(iterated, ast.Call) and isinstance(iterated.func, ast.Name) and iterated.func.id in ("range", "tqdm"):
        parts = [part for part in ast.walk(iterated) if part is not iterated.func]
        return any(
            getattr(part, "id", "") == "len"
            or (isinstance(part, ast.Attribute) and role(part.attr) != "iterations")  # X.size, but not args.epochs
            for part in parts
        )
    return not (isinstance(iterated, ast.Call) and ast.unparse(iterated.func).endswith(("arange", "trange", "count")))


@dataclass(frozen=True)
class LoopFunction(Function):
    """Stands for the loop where a function is expected."""

    text: str = ""

    def get(self, world: World) -> Callable[..., Any]:
        """There is nothing to call."""
        raise TypeError("a loop cannot be called")

    def arguments(self, world: World) -> Arguments | None:
        """It takes none."""
        return None

    def source(self, world: World) -> str:
        """Return the loop's text."""
        return self.text


@dataclass(frozen=True)
class LoopPlan(Plan):
    """One run of the loop's body as the step."""

    loop: Loop | None = None
    data: DataPlace | None = None
    number: int = 0  # of the iteration

    def _once(self, world: World, X: Array, y: Array) -> Any:
        assert self.loop is not None
        assert self.data is not None
        with world.entered():
            self.loop.once(world, self.data, X, y, self.number)
            self.data.take_back(world.spaces[self.loop.space], X, y)


@dataclass(frozen=True)
class LoopForward(Forward):
    """The outputs that the loop's body computes before it steps; the step itself is taken back."""

    loop: Loop | None = None
    data: DataPlace | None = None
    width: int = 1

    def _once(self, world: World, X: Array, width: int | None) -> tuple[Array, tuple[int, ...]] | None:
        assert self.loop is not None
        assert self.data is not None
        assert isinstance(self.where, Leaf)
        kept = world.keep()
        try:
            with world.entered():
                self.loop.once(world, self.data, X, np.full((len(X), self.width), 0.5))
                return as_outputs(self.where.read(world), len(X), width, self.columns)
        finally:
            world.reset(kept)
