"""Finding the learning rate: an argument, an attribute or a global variable that scales the step, or a literal."""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.leaves import Leaf, leaves
from fallline.subjects.handwritten.signatures import role
from fallline.subjects.handwritten.stepping import Plan
from fallline.subjects.handwritten.world import World

Update = Callable[[], Sequence[Array] | None]
_NAME = re.compile(r"(^|_)(lr|eta|alpha|l_?rate|rate|learning_?rate|learn_?rate|step_?size|eps|epsilon)(_|$)", re.I)


@dataclass(frozen=True)
class Rate:
    """The learning rate's value, its name, and where it can be set: `leaf` is None for an argument or a literal."""

    value: float | None
    name: str
    leaf: Leaf | None = None


def argument_rate(world: World, plan: Plan) -> Rate | None:
    """Return the rate that a step's call is given."""
    found = plan.main.function.arguments(world)
    if found is None:
        return None
    name = found.of("rate")
    if name is None and plan.update is not None:
        name = (found := plan.update.arguments(world) or found).of("rate")
    if name is None:
        return None
    value = plan.main.given.get(name, found.defaults.get(name, 0.1))
    return Rate(float(value), name) if isinstance(value, int | float | np.number) else None


def stored_rate(world: World, parameters: Sequence[Leaf], update: Update) -> Rate | None:
    """Return the number in the network's state that scales the update: doubled, it makes the step 2, 4 or ½ as long.

    `update` makes a step from the first parameters and returns their changes; numbers with a rate's name go first.
    """
    world.reset()
    plain = update()
    if plain is None or not any(np.any(change) for change in plain):
        return None
    world.reset()
    numbers = [leaf for leaf in leaves(world) if leaf not in parameters and leaf.shape(world) == ()]
    numbers.sort(key=lambda leaf: (role(leaf.last_name) != "rate", not _NAME.search(leaf.last_name)))
    for leaf in numbers[:40]:
        world.reset()
        value = leaf.read(world)
        if not value or (isinstance(value, int | np.integer) and role(leaf.last_name) != "rate"):
            continue
        kept = world.keep()
        try:
            leaf.put(world, 2 * value)
        except TypeError:  # within a tuple
            continue
        world.starts_here()
        changed = update()
        world.reset(kept)
        world.starts_here()
        if changed is None:
            continue
        for factor in (2.0, 4.0, 0.5):
            if all(_scaled(new, old, factor) for new, old in zip(changed, plain, strict=True)):
                return Rate(float(value), leaf.name, leaf)
    return None


def _scaled(new: Array, old: Array, factor: float) -> bool:
    return bool(np.allclose(new, factor * old, rtol=1e-5, atol=1e-9 * float(np.abs(old).max(initial=0)) + 1e-15))


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
                found = _named(node) or _multiplied(node)
                if found is not None:
                    return found
    return None


def _named(tree: ast.AST) -> Rate | None:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            given = node.args.args[len(node.args.args) - len(node.args.defaults) :]
            for argument, default in zip(given, node.args.defaults, strict=True):
                number = default.value if isinstance(default, ast.Constant) else None
                if isinstance(number, int | float) and _NAME.search(argument.arg):
                    return Rate(float(number), f"{argument.arg}={number} in line {default.lineno}")
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            target, value = node.targets[0], node.value.value
            name = target.id if isinstance(target, ast.Name) else getattr(target, "attr", "")
            if isinstance(value, int | float) and _NAME.search(name):
                return Rate(float(value), f"{name} in line {node.lineno}")
    return None


def _multiplied(tree: ast.AST) -> Rate | None:
    """Return the constant factor of an in-place update such as `W -= 0.1 * gradient` or `W = W - 0.1 * gradient`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add | ast.Sub):
            change: ast.expr | None = node.value
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp):
            same = ast.unparse(node.targets[0]) == ast.unparse(node.value.left)
            change = node.value.right if same and isinstance(node.value.op, ast.Add | ast.Sub) else None
        else:
            continue
        while isinstance(change, ast.BinOp) and isinstance(change.op, ast.Mult | ast.MatMult):
            for side in (change.left, change.right):
                if isinstance(side, ast.Constant) and isinstance(side.value, float):
                    return Rate(float(side.value), f"{ast.unparse(side)} in line {side.lineno}")
            change = change.left
    return None


def with_rate(plan: Plan, name: str, value: float) -> Plan:
    """Return the plan with another rate as its argument."""
    return replace(plan, main=replace(plan.main, given={**plan.main.given, name: value}))


@contextlib.contextmanager
def stored_as(world: World, leaf: Leaf, value: float) -> Iterator[None]:
    """Keep another rate in the network's state meanwhile."""
    before = leaf.read(world)
    leaf.put(world, value)
    try:
        yield
    finally:
        leaf.put(world, before)
