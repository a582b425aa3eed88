"""A file taken apart into what prepares the training, the training itself, and what only defines."""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass, field

_PRODUCTS = {"dot", "matmul", "outer", "einsum", "multiply", "inner", "tensordot"}
_DEFINES = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


@dataclass
class Program:
    """Statements to run once, then the training: a loop, or a call that trains."""

    setup: list[ast.stmt] = field(default_factory=list)
    training: ast.stmt | None = None
    inside: str = ""  # the function whose body the training stands in, "" at the top
    alone: list[ast.stmt] = field(default_factory=list)  # the same without what the functions' own statements add
    inputs_of: tuple[str, ...] = ()  # the arguments of that function that no call gives


class Reader:
    """Finds the training in a module's tree: the statements of `main()` and of a training function are put in line."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.functions: dict[str, ast.FunctionDef] = {}
        self.methods: dict[str, list[ast.FunctionDef]] = {}
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                self.functions[node.name] = node
            elif isinstance(node, ast.ClassDef):
                for method in node.body:
                    if isinstance(method, ast.FunctionDef):
                        self.methods.setdefault(method.name, []).append(method)

    def read(self) -> list[Program]:
        """Return the ways to take the program, the likeliest first: its own training, then functions nobody calls."""
        definitions = [node for node in self.tree.body if isinstance(node, _DEFINES)]
        own = Program()
        self._take(self.tree.body, own, 0)
        own.alone = [node for node in own.setup if node in _own(self.tree.body)]
        for statements in (own.setup, own.alone):
            statements += [node for node in definitions if node not in statements]
        found = [own]
        if own.training is None or not own.inside:
            for name, function in self.functions.items():
                if any(isinstance(node, ast.For | ast.While) and self.trains(node) for node in function.body):
                    other = Program(list(own.setup), inside=name, alone=own.alone)
                    arguments = function.args.args
                    defaults = function.args.defaults
                    free = arguments[: len(arguments) - len(defaults)]
                    for argument, default in zip(arguments[len(free) :], defaults, strict=True):
                        other.setup.append(_assign(argument.arg, default))
                    other.inputs_of = tuple(argument.arg for argument in free)
                    body = Program()
                    self._take(function.body, body, 1)
                    marker = ast.Pass()
                    other.setup += [_placed(marker, function), *body.setup]
                    other.training = body.training
                    if other.training is not None:
                        found.append(other)
        return found

    def _take(self, statements: list[ast.stmt], into: Program, depth: int) -> bool:
        """Add statements up to the training; return whether it was found."""
        for node in statements:
            if (isinstance(node, ast.If) and _is_guard(node)) or (
                isinstance(node, ast.If | ast.Try | ast.With) and self._within(node)
            ):
                if self._take(node.body, into, depth):
                    return True
            elif isinstance(node, ast.For | ast.While) and self.trains(node):
                into.training = node
                return True
            elif (function := self._called(node)) is not None and depth < 4:
                into.setup += self._bound(node, function)
                into.inside = function.name
                if self._take(function.body, into, depth + 1):
                    return True
            elif isinstance(node, ast.Return):
                return False
            elif self._trains_by_method(node):
                into.training = node
                return True
            elif not isinstance(node, ast.Global | ast.Nonlocal):
                into.setup.append(node)
        return False

    def _within(self, node: ast.stmt) -> bool:
        return any(
            (isinstance(part, ast.For | ast.While) and self.trains(part))
            or (isinstance(part, ast.stmt) and self._called(part) is not None)
            for part in ast.walk(node)
        )

    def _called(self, node: ast.stmt) -> ast.FunctionDef | None:
        """Return the module's function that a statement calls to train."""
        call = getattr(node, "value", None) if isinstance(node, ast.Expr | ast.Assign | ast.Return) else None
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
            return None
        function = self.functions.get(call.func.id)
        if function is None or any(isinstance(a, ast.Starred) for a in call.args):
            return None
        for part in ast.walk(function):
            if isinstance(part, ast.For | ast.While) and self.trains(part):
                return function if part in _own(function.body) else None
            if isinstance(part, ast.stmt) and self._trains_by_method(part):
                return function
        inner = [part for part in function.body if isinstance(part, ast.Expr | ast.Assign)]
        return (
            function if any(part is not node and self._calls_trainer(part, {function.name}) for part in inner) else None
        )

    def _calls_trainer(self, node: ast.stmt, seen: set[str]) -> bool:
        call = getattr(node, "value", None)
        name = call.func.id if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) else ""
        function = self.functions.get(name)
        if function is None or name in seen:
            return False
        return any(isinstance(part, ast.For | ast.While) and self.trains(part) for part in _own(function.body))

    def _bound(self, node: ast.stmt, function: ast.FunctionDef) -> list[ast.stmt]:
        call = getattr(node, "value", None)
        assert isinstance(call, ast.Call)
        arguments = function.args.args
        defaults = dict(zip([a.arg for a in arguments][len(arguments) - len(function.args.defaults) :],
                            function.args.defaults, strict=True))  # fmt: skip
        given: dict[str, ast.expr] = dict(defaults)
        given.update({argument.arg: value for argument, value in zip(arguments, call.args, strict=False)})
        given.update({keyword.arg: keyword.value for keyword in call.keywords if keyword.arg})
        changed = {n: v for n, v in given.items() if not (isinstance(v, ast.Name) and v.id == n)}
        if not changed:
            return []
        targets = ast.Tuple([ast.Name(name, ast.Store()) for name in changed], ast.Store())
        values = ast.Tuple([copy.deepcopy(value) for value in changed.values()], ast.Load())
        return [ast.fix_missing_locations(ast.copy_location(ast.Assign([targets], values), node))]

    def _trains_by_method(self, node: ast.stmt) -> bool:
        """Whether a statement calls a method that loops over a step: `net.train(X, y, 60000)`."""
        call = getattr(node, "value", None) if isinstance(node, ast.Expr | ast.Assign) else None
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
            return False
        if not isinstance(call.func.value, ast.Name):
            return False
        return any(
            isinstance(part, ast.For | ast.While) and self.trains(part)
            for method in self.methods.get(call.func.attr, ())
            for part in ast.walk(method)
        ) and call.func.attr not in ("forward", "predict", "feedforward", "run", "query", "__init__")

    def trains(self, loop: ast.stmt) -> bool:
        """Whether a loop multiplies what may be weights and inputs, itself or through the functions that it calls."""
        return self._multiplies(loop, set())

    def plain(self, loop: ast.stmt) -> bool:
        """Whether the passes stand in the loop itself, not in functions that it calls."""
        return self._multiplies(loop, set(self.functions) | set(self.methods))

    def _multiplies(self, tree: ast.AST, seen: set[str]) -> bool:
        for part in ast.walk(tree):
            if isinstance(part, ast.BinOp) and isinstance(part.op, ast.MatMult):
                return True
            if isinstance(part, ast.AugAssign) and any(
                isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Mult) for inner in ast.walk(part.value)
            ):
                return True
            if isinstance(part, ast.Call):
                name = part.func.attr if isinstance(part.func, ast.Attribute) else getattr(part.func, "id", "")
                if name in _PRODUCTS:
                    return True
                if name in seen:
                    continue
                bodies = [self.functions[name]] if name in self.functions else self.methods.get(name, [])
                if any(self._multiplies(body, seen | {name}) for body in bodies):
                    return True
        return False


def _own(statements: list[ast.stmt]) -> list[ast.stmt]:
    """Return statements and those in their blocks that are no loops."""
    found: list[ast.stmt] = []
    for node in statements:
        found.append(node)
        if isinstance(node, ast.If | ast.With | ast.Try):
            found += _own(node.body)
    return found


def _is_guard(node: ast.If) -> bool:
    return "__name__" in ast.unparse(node.test)


def _assign(name: str, value: ast.expr) -> ast.stmt:
    return ast.fix_missing_locations(
        ast.copy_location(ast.Assign([ast.Name(name, ast.Store())], copy.deepcopy(value)), value)
    )


def _placed(node: ast.stmt, like: ast.AST) -> ast.stmt:
    return ast.fix_missing_locations(ast.copy_location(node, like))
