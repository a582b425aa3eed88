"""Attaching to a training loop: which variables hold the data, which the parameters, and which the outputs."""

from __future__ import annotations

import ast
import copy
import re
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.attaching.calls import Call
from fallline.subjects.handwritten.attaching.faults import described
from fallline.subjects.handwritten.attaching.forms import COLUMN, ROW, ROWS, as_outputs
from fallline.subjects.handwritten.attaching.forward import Forward, find_forward, influence_on, probe_rows
from fallline.subjects.handwritten.attaching.leaves import Leaf, leaves
from fallline.subjects.handwritten.attaching.limits import time_limit
from fallline.subjects.handwritten.attaching.loops import CountedRows, LoopForward, LoopFunction, LoopPlan, loop_of
from fallline.subjects.handwritten.attaching.places import DataPlace, data_places
from fallline.subjects.handwritten.attaching.stepping import StepFinder
from fallline.subjects.handwritten.attaching.world import World

_MOST_PLACES = 8


@dataclass(frozen=True)
class FoundLoop:
    """What a training loop consists of; X and y are the program's own rows and targets."""

    forward: Forward | None
    plan: LoopPlan
    parameters: list[Leaf]
    data: DataPlace
    X: Array
    y: Array


class LoopFinder:
    """Tries the variables of a program as data of its training loop."""

    def __init__(self, world: World, node: ast.For | ast.While, file: str, space: int, inside: str = "") -> None:
        self.world, self.node, self.file = world, node, file
        self.loop = self.plain = loop = loop_of(node, file, space)
        where = f"the loop in line {loop.line}" + (f" of `{inside}`" if inside else "")
        self.function = LoopFunction(loop.space, where, ast.unparse(node))
        self.assigned = _assigned(node)
        self.errors: dict[str, str] = {}

    def find(self) -> FoundLoop | None:
        """Return the loop with the likeliest data for which its body moves parameters; None where it moves none."""
        self.world.reset()
        names = self.world.names(self.loop.space)
        used = {part.id for part in ast.walk(self.node) if isinstance(part, ast.Name)}
        with self.world.entered():
            space = self.world.spaces[self.loop.space]
            values = {name: space[name] for name in names if name in space}
            places = data_places(values)
        places.sort(key=lambda item: item[0].inputs not in used and item[0].targets not in used)
        found: list[FoundLoop] = []
        for place, X, y in places[:_MOST_PLACES]:
            result = self._with(place, X, y)
            if result is not None:
                found.append(result)
                if result.forward is not None and result.plan.uses_targets:
                    break
        return max(found, key=lambda r: (r.plan.uses_targets, r.forward is not None, r.plan.moved), default=None)

    def _with(self, data: DataPlace, X: Array, y: Array) -> FoundLoop | None:
        world = self.world
        held = {data.inputs, data.targets}
        self.loop = self.plain
        before = self._values(held)
        n = probe_rows(world, (X.shape[1], y.shape[1]))
        draw = np.random.default_rng(7)
        probe, targets = draw.uniform(-1, 1, (n, X.shape[1])), draw.uniform(0.1, 0.9, (n, y.shape[1]))
        rows_of_its_own = False
        if not self._runs(data, probe, targets) or not self._reads_all(data, before, probe, targets):
            counted = CountedRows(len(X)).visit(copy.deepcopy(self.node))
            if ast.dump(counted) != ast.dump(self.node) or not self._runs(data, probe, targets):
                self.loop = loop_of(counted, self.file, self.plain.space)
        if self.loop is not self.plain and not self._runs(data, probe, targets):
            # the loop counts its own rows in another way: then as many as it has
            self.loop = self.plain
            probe, targets = draw.uniform(-1, 1, X.shape), draw.uniform(0.1, 0.9, y.shape)
            rows_of_its_own = True
            if not self._runs(data, probe, targets):
                return None
        after = {leaf: leaf.array(world) for leaf in before}
        moved = [leaf for leaf, value in before.items() if not _same(value, after[leaf])]
        moved = [leaf for leaf in moved if before[leaf].shape == leaf.shape(world)]
        call = Call(self.function, ROWS, ROWS)
        plan = LoopPlan(call, loop=self.loop, data=data)
        arrays = [leaf for leaf in moved if np.ndim(before[leaf]) == 2]
        forward = self._outputs(data, len(arrays), probe, targets, rows_of_its_own)
        if forward is None:
            forward = next(iter(find_forward(world, X.shape[1], y.shape[1])), None)
        parameters = [leaf for leaf in forward.influence if leaf in before] if forward else []
        if forward is None and not moved:
            return None
        if not parameters:
            parameters = [leaf for leaf in moved if np.ndim(before[leaf])]
            forward = None
        if not parameters:
            return None
        plan = self._judged(plan, forward, parameters, probe, targets)
        return FoundLoop(forward, plan, parameters, data, X, y)

    def _reads_all(self, data: DataPlace, before: dict[Leaf, Array], X: Array, y: Array) -> bool:
        """Whether the last row has a say in what the loop's body changes."""
        changed = []
        for last in (0.0, 0.5):
            rows = X.copy()
            rows[-1] += last
            if not self._runs(data, rows, y):
                return True
            changed.append([leaf.array(self.world) for leaf in before])
        return not all(_same(a, b) for a, b in zip(*changed, strict=True))

    def _judged(self, plan: LoopPlan, forward: Forward | None, parameters: list[Leaf], X: Array, y: Array) -> LoopPlan:
        finder = StepFinder(self.world, forward, parameters, X, y)
        change = finder.update(plan, X, y)
        if change is None:
            return plan
        judged = finder.judged(plan, change)
        if not judged.adds_up and not judged.per_sample and _picks_rows(self.node):
            # a row drawn at random, or one after the other: the step is that of one row
            both = finder.update(plan, X[:2], y[:2])
            for one in (X[:1], y[:1]), (X[1:2], y[1:2]):
                alone = finder.update(plan, *one)
                if both and alone and all(np.allclose(a, b, rtol=1e-9) for a, b in zip(both, alone, strict=True)):
                    judged = replace(judged, per_sample=True, adds_up=True)
        return replace(plan, moved=judged.moved, uses_targets=judged.uses_targets, per_sample=judged.per_sample,
                       adds_up=judged.adds_up)  # fmt: skip

    def _values(self, without: set[str]) -> dict[Leaf, Array]:
        self.world.reset()
        found = {}
        for leaf in leaves(self.world):
            value = leaf.array(self.world)
            if value is not None and leaf.steps[0][1] not in without:
                found[leaf] = value
        return found

    def _runs(self, data: DataPlace, X: Array, y: Array) -> bool:
        self.world.reset()
        try:
            with self.world.entered(), time_limit(3):
                self.loop.once(self.world, data, X, y)
        except (Exception, SystemExit) as error:
            self.errors.setdefault(self.function.name, described(error))
            return False
        return True

    def _outputs(self, data: DataPlace, arrays: int, X: Array, y: Array, fixed: bool) -> Forward | None:
        """Return the outputs: what the loop computes from rows and weights, not from targets, and assigns last."""
        best: tuple[int, Forward] | None = None
        for single in (False,) if fixed else (False, True):
            n = 1 if single else len(X)
            if not self._runs(data, X[:n], y[:n]):
                continue
            first = self._fitting(n, y.shape[1], data)
            self._runs(data, X[:n], 0.9 - 0.7 * y[:n])
            again = self._fitting(n, y.shape[1], data)
            self._runs(data, -0.7 * X[:n] + 0.1, y[:n])
            other = self._fitting(n, y.shape[1], data)
            order = list(first)
            latest = sorted(order, key=lambda leaf: (*self._place(leaf), order.index(leaf)), reverse=True)
            for leaf in latest:
                value, shape = first[leaf]
                if _is_slope(value, [first[other][0] for other in order if other != leaf]):
                    continue
                name = str(leaf.steps[0][1])
                if leaf not in again or leaf not in other or not np.array_equal(value, again[leaf][0]):
                    continue
                if np.array_equal(value, other[leaf][0]) or name not in self.assigned or name == data.inputs:
                    continue
                form = (COLUMN if len(shape) == 2 and shape[1] == 1 else ROW) if single else ROWS
                call = Call(self.function, form)
                columns = len(shape) == 2 and shape[0] != n
                forward = LoopForward(call, leaf, (), shape, columns, loop=self.loop, data=data, width=y.shape[1])
                outputs = partial(forward.outputs, self.world, width=y.shape[1])
                found, independent = influence_on(self.world, outputs, X[:3] if single else X, set())
                if found and (best is None or len(found) > best[0]):
                    best = len(found), replace(forward, influence=tuple(found), independent=independent)
                if found and independent and len(found) >= arrays:
                    break
            if best is not None:
                return best[1]
        return None

    def _place(self, leaf: Leaf) -> tuple[int, int, int]:
        """Return what orders values by their computation: the line, then plain names, then the place in a list."""
        return self.assigned.get(str(leaf.steps[0][1]), -1), -len(leaf.steps), _last(leaf)

    def _fitting(self, n: int, width: int, data: DataPlace) -> dict[Leaf, tuple[Array, tuple[int, ...]]]:
        found = {}
        for leaf in leaves(self.world):
            try:
                fits = as_outputs(leaf.read(self.world), n, width)
            except (KeyError, IndexError, AttributeError):
                continue
            if fits is not None and np.isfinite(fits[0]).all():
                found[leaf] = fits
        return found


def _is_slope(value: Array, others: list[Array]) -> bool:
    """Whether it is a sigmoid's or tanh's derivative at one of the others: computed from the outputs, after them."""
    alike = [a for a in others if a.shape == value.shape and np.ptp(a) > 0]
    return any(np.allclose(value, slope, rtol=1e-12, atol=0) for a in alike for slope in (a * (1 - a), 1 - a * a))


def _last(leaf: Leaf) -> int:
    """The place in a list, so that the last of several activations is taken."""
    return next((key for _, key in reversed(leaf.steps) if isinstance(key, int)), 0)


def _same(first: Array | None, second: Array | None) -> bool:
    return first is not None and second is not None and np.array_equal(first, second, equal_nan=True)


def _assigned(node: ast.AST) -> dict[str, int]:
    """Return the names that a loop assigns to, with the line of their first assignment."""
    found: dict[str, int] = {}
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            found[part.id] = min(part.lineno, found.get(part.id, 10**9))
        elif isinstance(part, ast.Subscript | ast.Attribute) and isinstance(part.ctx, ast.Store):
            base: ast.AST = part
            while isinstance(base, ast.Subscript | ast.Attribute):
                base = base.value
            if isinstance(base, ast.Name):
                found.setdefault(base.id, part.lineno)
        elif (
            isinstance(part, ast.Call)
            and isinstance(part.func, ast.Attribute)
            and isinstance(part.func.value, ast.Name)
        ):
            found.setdefault(part.func.value.id, part.lineno)
    return found


def _picks_rows(node: ast.AST) -> bool:
    """Whether a loop's body draws rows at random or takes one after the other, by a remainder."""
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and re.search(r"rand|choice|sample$", ast.unparse(part.func)):
            return True
        if isinstance(part, ast.Subscript | ast.Assign):
            index = part.slice if isinstance(part, ast.Subscript) else part.value
            if isinstance(index, ast.BinOp) and isinstance(index.op, ast.Mod) and not _is_text(index.left):
                return True
    return False


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
