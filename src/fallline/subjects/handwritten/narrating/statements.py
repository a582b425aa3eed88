"""Where statements and expressions stand in the user's source text, and which of them can be evaluated twice."""

from __future__ import annotations

import ast
import builtins
import math
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

# ruff: noqa: SIM905 - lists of words, which read better as text
_NUMPY = set(
    "dot matmul outer inner vdot einsum tensordot sum mean prod max min amax amin cumsum average where clip reshape "
    "transpose ones zeros ones_like zeros_like full full_like vstack hstack column_stack row_stack concatenate stack "
    "append insert delete array asarray atleast_1d atleast_2d squeeze expand_dims diag diagflat eye identity tile "
    "repeat broadcast_to ravel flip float64 float32 round around mat matrix copy dstack argmax size shape".split()
)
_METHODS = set(
    "dot sum mean max min transpose reshape copy astype ravel flatten squeeze clip tolist prod round conj item "
    "index keys values items get".split()
)
_BUILTINS = set("sum len abs max min range zip float int round enumerate list tuple reversed sorted pow bool".split())
_SCOPES = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp, ast.Lambda)
_COMPOUND = (ast.For, ast.While, ast.If, ast.With, ast.Try, ast.FunctionDef, ast.ClassDef)
FORBIDDEN = (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)


@dataclass
class Text:
    """One file of the user's."""

    name: str
    text: str
    _codes: dict[ast.AST, types.CodeType] = field(default_factory=dict, repr=False)
    _segments: dict[ast.AST, str] = field(default_factory=dict, repr=False)

    @cached_property
    def tree(self) -> ast.Module:
        """Its tree."""
        return ast.parse(self.text)

    @cached_property
    def lines(self) -> list[str]:
        """Its lines, the first at 0."""
        return self.text.splitlines()

    @cached_property
    def statements(self) -> dict[int, ast.stmt]:
        """The innermost statement that covers each line."""
        found: dict[int, ast.stmt] = {}
        for node in ast.walk(self.tree):  # outer ones come first
            if isinstance(node, ast.stmt):
                last = node.body[0].lineno - 1 if isinstance(node, _COMPOUND) else node.end_lineno or node.lineno
                for line in range(node.lineno, max(node.lineno, last) + 1):
                    found[line] = node
        return found

    @cached_property
    def functions(self) -> dict[str, list[ast.FunctionDef]]:
        """Its functions and methods by name."""
        found: dict[str, list[ast.FunctionDef]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef):
                found.setdefault(node.name, []).append(node)
        return found

    @cached_property
    def pure(self) -> frozenset[str]:
        """Names of functions that change nothing but their own local variables, by their text."""
        return frozenset(name for name in self.functions if self._is_pure(name, frozenset()))

    def _is_pure(self, name: str, above: frozenset[str]) -> bool:
        if name in above:
            return True  # its other statements decide
        for function in self.functions[name]:
            for node in ast.walk(function):
                if isinstance(node, (ast.Global, ast.Nonlocal, ast.Delete, *FORBIDDEN)):
                    return False
                if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
                    return False
                if isinstance(node, ast.AugAssign):
                    return False  # in place, it may change an argument
                if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant):
                    return False
                if isinstance(node, ast.Call):
                    called = called_name(node)
                    own = called in self.functions
                    if own and not self._is_pure(called, above | {name}):
                        return False
                    if not own and called not in _NUMPY | _METHODS | _BUILTINS and not _elementary(called):
                        return False
        return True

    def code(self, node: ast.expr) -> types.CodeType:
        """Return an expression compiled, to be evaluated where it stands."""
        if node not in self._codes:
            self._codes[node] = compile(ast.fix_missing_locations(ast.Expression(_loaded(node))), self.name, "eval")
        return self._codes[node]

    def segment(self, node: ast.AST) -> str:
        """Return a node's text in one line."""
        if node not in self._segments:
            self._segments[node] = " ".join((ast.get_source_segment(self.text, node) or "").split())
        return self._segments[node]


def called_name(node: ast.Call) -> str:
    """Return the last name of what is called: `dot` for `np.dot(…)`."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def last_name(node: ast.AST) -> str:
    """Return the last name of what is read or assigned to: `W` for `self.W[0]`; "" for anything else."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _elementary(name: str) -> bool:
    return isinstance(getattr(np, name, None), np.ufunc) or hasattr(math, name)


def _loaded(node: ast.expr) -> ast.expr:
    """Return an assignment's target as an expression that reads it."""
    if isinstance(node, ast.Name):
        return ast.copy_location(ast.Name(node.id, ast.Load()), node)
    if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
        return ast.copy_location(ast.Attribute(node.value, node.attr, ast.Load()), node)
    if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
        return ast.copy_location(ast.Subscript(node.value, node.slice, ast.Load()), node)
    return node


def expressions(statement: ast.stmt) -> Iterator[ast.expr]:
    """Return the expressions of a statement that its own frame evaluates, the inner ones first."""
    if isinstance(statement, ast.For):
        roots: list[ast.AST] = [statement.iter]
    elif isinstance(statement, ast.While | ast.If):
        roots = [statement.test]
    elif isinstance(statement, _COMPOUND):
        roots = []
    else:
        roots = [statement]
    for root in roots:
        yield from _inner_first(root)


def inside_scopes(statement: ast.stmt) -> Iterator[ast.expr]:
    """Return the expressions of a statement that its comprehensions evaluate in frames of their own."""
    for node in ast.walk(statement):
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp):
            yield from _inner_first(node.elt)


def targets(statement: ast.stmt) -> list[ast.expr]:
    """Return what a statement assigns to."""
    if isinstance(statement, ast.Assign):
        found = [part for target in statement.targets for part in _parts(target)]
        return [node.value if isinstance(node, ast.Starred) else node for node in found]
    if isinstance(statement, ast.AugAssign) or (isinstance(statement, ast.AnnAssign) and statement.value):
        return [statement.target]
    return []


def _parts(target: ast.expr) -> list[ast.expr]:
    if isinstance(target, ast.Tuple | ast.List):
        return [part for element in target.elts for part in _parts(element)]
    return [target]


def _inner_first(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, _SCOPES):
        if isinstance(node, ast.ListComp):
            yield node
        return
    for child in ast.iter_child_nodes(node):
        yield from _inner_first(child)
    stored = isinstance(getattr(node, "ctx", None), ast.Store)
    if isinstance(node, ast.expr) and not stored and not isinstance(node, (ast.Constant, ast.Starred)):
        yield node


def can_be_repeated(node: ast.expr, text: Text, names: dict[str, Any]) -> bool:
    """Whether evaluating an expression once more changes nothing: its calls are all known to be harmless."""
    for part in ast.walk(node):
        if isinstance(part, FORBIDDEN):
            return False
        if isinstance(part, ast.Call) and not _harmless(part, text, names):
            return False
    return True


def _harmless(node: ast.Call, text: Text, names: dict[str, Any]) -> bool:
    name = called_name(node)
    if name in text.functions:
        return name in text.pure
    if isinstance(node.func, ast.Name):
        value = names.get(name, getattr(builtins, name, None))
        if value is getattr(builtins, name, None):
            return name in _BUILTINS
        return isinstance(value, np.ufunc) or _known(name, value)
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        owner = names.get(node.func.value.id)
        if isinstance(owner, types.ModuleType):
            return _known(name, getattr(owner, name, None))
        held = getattr(owner, "__dict__", {}).get(name)  # a function that an object holds
        if isinstance(held, types.FunctionType):
            return held.__code__.co_filename == text.name and held.__name__ in text.pure
        if held is not None:
            return _known(getattr(held, "__name__", ""), held)
    return name in _METHODS


def _known(name: str, value: object) -> bool:
    module = str(getattr(value, "__module__", ""))
    if isinstance(value, np.ufunc) or module == "math" or module.startswith("scipy.special"):
        return True
    return name in _NUMPY and (module.startswith("numpy") or isinstance(value, type))
