"""The numbers that a hand-written network holds: where each array, list or number stands, and how to write it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.attached import Slot
from fallline.subjects.handwritten.attaching.world import World, is_data, users_classes

Step = tuple[str, Any]  # ("attribute", name) or ("item", index or key)
_DEEPEST = 8
_MOST = 3000


@dataclass(frozen=True)
class Leaf:
    """A place that holds numbers: a root (-1 for the network, else a namespace's number) and the way from there."""

    root: int
    steps: tuple[Step, ...]

    @property
    def name(self) -> str:
        """As the user's code would write it."""
        text = "self" if self.root < 0 else ""
        for kind, key in self.steps:
            if kind == "attribute":
                text += f".{key}"
            elif not text:
                text = str(key)
            else:
                text += f"[{key!r}]"
        return text

    @property
    def last_name(self) -> str:
        """The last name on the way to it: `weights` for `self.layers[0].weights[1]`."""
        return next((str(key) for _, key in reversed(self.steps) if isinstance(key, str)), "")

    @property
    def way(self) -> tuple[Any, ...]:
        """The way to it, whichever of the layers or units on it."""
        return (self.root, *("" if isinstance(key, int) else key for _, key in self.steps))

    def owner(self, world: World) -> Any:
        """Return what holds it; the world must be entered."""
        value: Any = world.target if self.root < 0 else world.spaces[self.root]
        for kind, key in self.steps[:-1]:
            value = getattr(value, key) if kind == "attribute" else value[key]
        return value

    def read(self, world: World) -> Any:
        """Return the user's own value."""
        with world.entered(reading=True):
            kind, key = self.steps[-1]
            owner = self.owner(world)
            return getattr(owner, key) if kind == "attribute" else owner[key]

    def array(self, world: World) -> Array | None:
        """Return a float64 copy, None where it no longer holds numbers."""
        try:
            value = np.array(self.read(world), dtype=np.float64)
        except (AttributeError, KeyError, IndexError, TypeError, ValueError):
            return None
        return value

    def put(self, world: World, value: Any) -> None:
        """Put any value in its place, whatever was there."""
        with world.entered(reading=True):
            kind, key = self.steps[-1]
            owner = self.owner(world)
            if kind == "attribute":
                setattr(owner, key, value)
            else:
                owner[key] = value

    def shape(self, world: World) -> tuple[int, ...] | None:
        """Return the shape of what is there, None where it no longer holds numbers."""
        value = self.array(world)
        return None if value is None else value.shape

    def write(self, world: World, value: Any) -> None:
        """Put numbers in its place: an array stays an array of its type, a list a list, and in the same memory.

        Whole-number arrays become float64 where the new values have fractions, and those of single precision always:
        what a step computes from them is then exact enough to be told from what another one would.
        """
        with world.entered(reading=True):
            current = self.read(world)
            value = np.array(value, dtype=np.float64)  # a copy: the code may change it in place
            if isinstance(current, np.ndarray) and current.shape == value.shape and _fits(current, value):
                current[...] = value
                return
            new: Any = value
            if isinstance(current, np.matrix):
                new = np.asmatrix(value)
            elif isinstance(current, list) and value.ndim:
                _fill(current, value.tolist())
                return
            elif isinstance(current, tuple):
                new = tuple(value.tolist())
            elif value.ndim == 0:
                new = np.float64(value) if isinstance(current, np.floating) else float(value)
            self.put(world, new)


def _fits(current: Any, value: Array) -> bool:
    exact = current.dtype == np.float64 or (current.dtype.kind in "iu" and np.array_equal(value, np.round(value)))
    return bool(current.flags.writeable and exact)


def _fill(current: list[Any], value: list[Any]) -> None:
    for index, item in enumerate(value):
        if index < len(current) and isinstance(current[index], list) and isinstance(item, list):
            _fill(current[index], item)
        else:
            current[index : index + 1] = [item]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _depth(value: Any) -> int | None:
    """Return 0 for a number, 1 or 2 for a rectangular list of numbers, None for anything else."""
    if _is_number(value):
        return 0
    if not isinstance(value, list | tuple) or not value:
        return None
    depths = {_depth(item) for item in value}
    if depths == {0}:
        return 1
    return 2 if depths == {1} and len({len(item) for item in value}) == 1 else None


def leaves(world: World) -> list[Leaf]:
    """Return every place that holds numbers in the network and in the global variables that its code reads."""
    with world.entered(reading=True):
        found: list[Leaf] = []
        seen: dict[int, Leaf] = {}
        for root, value in _roots(world):
            for leaf, content in _walk(Leaf(root, ()), value, 0, set()):
                if len(found) >= _MOST:
                    break
                twin = seen.get(id(content)) if not _is_number(content) else None
                # the same array by another way is one place, but two layers or units that share it are two
                if twin is not None and twin.way != leaf.way:
                    continue
                seen[id(content)] = leaf
                found.append(leaf)
        return found


def _roots(world: World) -> Iterator[tuple[int, Any]]:
    """The network and the namespaces; the world must be entered."""
    if world.target is not None:
        yield -1, world.target
    for number, names in enumerate(world.spaces):
        yield number, {name: names[name] for name in world.names(number) if name in names}


def second_ways(world: World, arrays: Sequence[Any]) -> list[Leaf]:
    """Return the variables and attributes by which arrays can be reached, besides the first way to each."""
    wanted = {id(array) for array in arrays}
    found: dict[Leaf, set[int]] = {}
    for root, value in _roots(world):
        for leaf, content in _walk(Leaf(root, ()), value, 0, set()):
            if id(content) in wanted and leaf.steps:
                found.setdefault(Leaf(root, leaf.steps[:1]), set()).add(id(content))
    first: set[int] = set()
    later = []
    for leaf, reached in found.items():
        if reached & first:
            later.append(leaf)
        first |= reached
    return later


def _walk(leaf: Leaf, value: Any, depth: int, above: set[int]) -> Iterator[tuple[Leaf, Any]]:
    if depth > _DEEPEST or id(value) in above:
        return
    if _is_number(value):
        yield leaf, value
        return
    above = above | {id(value)}
    children: list[tuple[Step, Any]] = []
    if isinstance(value, np.ndarray):
        if value.dtype.kind in "fiu" and value.size and value.ndim <= 2:
            yield leaf, value
        elif value.ndim and (value.dtype == object or (value.dtype.kind in "fiu" and value.ndim == 3)):
            children = [(("item", index), item) for index, item in enumerate(value)]
    elif isinstance(value, list | tuple):
        levels = _depth(value)
        if levels and not (levels == 2 and re.match(r"b(ias(es)?)?$", leaf.last_name.lower())):
            yield leaf, value
        else:
            children = [(("item", index), item) for index, item in enumerate(value)]
    elif isinstance(value, dict):
        children = [(("item", key), item) for key, item in value.items() if is_data(str(key), item)]
    elif users_classes(value):
        own = dict(getattr(value, "__dict__", {}))
        for kind in users_classes(value):
            own.update({n: v for n, v in vars(kind).items() if n not in own and is_data(n, v)})
            for name in getattr(kind, "__slots__", ()):
                if hasattr(value, name):
                    own[name] = getattr(value, name)
        children = [(("attribute", key), item) for key, item in own.items()]
    for step, item in children:
        yield from _walk(Leaf(leaf.root, (*leaf.steps, step)), item, depth + 1, above)


def slots(world: World, parameters: list[Leaf]) -> list[Slot]:
    """Return the slots of a network's parameters: the weights of single units are put together into one matrix."""
    groups: dict[Any, list[Leaf]] = {}
    shapes = {leaf: leaf.shape(world) or () for leaf in parameters}
    layers = {leaf.steps[:-1] for leaf in parameters if len(shapes[leaf]) == 2}
    for leaf in parameters:
        number = next((i for i in range(len(leaf.steps) - 2, 0, -1) if isinstance(leaf.steps[i][1], int)), None)
        unit = number is not None and len(shapes[leaf]) < 2
        if unit and isinstance(leaf.steps[-1][1], str) and leaf.steps[:-1] not in layers:
            key = (leaf.root, leaf.steps[:number], leaf.steps[number + 1 :] if number is not None else ())
            groups.setdefault(key, []).append(leaf)
        else:
            groups[leaf] = [leaf]
    found: list[Slot] = []
    for members in groups.values():
        if len({shapes[leaf] for leaf in members}) > 1:
            found.extend(_slot(world, [leaf], False) for leaf in members)
        else:
            unit = len(members) > 1 or _is_unit(members[0], shapes, layers)
            found.append(_slot(world, members, unit))
    return found


def _is_unit(leaf: Leaf, shapes: dict[Leaf, tuple[int, ...]], layers: set[tuple[Step, ...]]) -> bool:
    inside = any(isinstance(key, int) for _, key in leaf.steps[:-1])
    return isinstance(leaf.steps[-1][1], str) and inside and len(shapes[leaf]) < 2 and leaf.steps[:-1] not in layers


def _slot(world: World, members: list[Leaf], stacked: bool) -> Slot:
    if not stacked:
        leaf = members[0]
        return Slot(leaf.name, lambda: leaf.read(world), lambda value: leaf.write(world, value))
    first, last = members[0].steps, members[-1].steps
    differs = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), None)
    name = members[0].name
    if differs is not None:
        shown = Leaf(members[0].root, (*first[:differs], ("item", -1), *first[differs + 1 :]))
        name = shown.name.replace("[-1]", f"[0…{len(members) - 1}]")

    def write(value: Any) -> None:
        for leaf, part in zip(members, np.asarray(value, dtype=np.float64), strict=True):
            leaf.write(world, part)

    return Slot(name, lambda: [leaf.read(world) for leaf in members], write)
