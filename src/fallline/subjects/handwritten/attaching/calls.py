"""The functions of a hand-written network, and one way to call each."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.attaching.forms import Form
from fallline.subjects.handwritten.attaching.leaves import Leaf
from fallline.subjects.handwritten.attaching.signatures import Arguments, arguments
from fallline.subjects.handwritten.attaching.world import World, functions_of, is_data, is_users, users_classes

MISSING = object()
# what such a function returns are no new parameters, though it may have their structure
_GRADIENTS = re.compile(r"^_*(compute_|get_|calc_|calculate_)?grad(s|ient|ients)?(_of.*|_fn)?$", re.I)


@dataclass(frozen=True)
class Variable:
    """A global variable, given to an argument as it is at the time of the call."""

    space: int
    name: str


@dataclass(frozen=True)
class Function:
    """A method of the network (root -1) or a function of a namespace, found anew by its name at each call."""

    root: int
    name: str

    def get(self, world: World) -> Callable[..., Any]:
        """Return it bound to the network's copy as it is now."""
        found = world.spaces[self.root].get(self.name) if self.root >= 0 else getattr(world.target, self.name)
        if not callable(found):
            raise TypeError(f"{self.name} cannot be called")
        return found  # type: ignore[no-any-return]

    def arguments(self, world: World) -> Arguments | None:
        """Return its arguments by role; those named as a global variable are given that variable."""
        known = set(world.names(self.root)) if self.root >= 0 else set()
        found = arguments(self.get(world), known)
        if found and self.root >= 0 and world.target is not None and "self" not in found.roles:
            network = found.of("network")
            if network:
                found.roles[network] = "self"
        return found

    def source(self, world: World) -> str:
        """Return its source text, empty where there is none."""
        try:
            return inspect.getsource(self.get(world))
        except (OSError, TypeError):
            return ""


def functions(world: World) -> list[Function]:
    """Return what can be called: the network's methods, and the functions of the namespaces."""
    found: list[Function] = []
    if world.target is not None:
        for kind in users_classes(world.target):
            for method in functions_of(kind):
                name = next((n for n, v in vars(kind).items() if getattr(v, "__func__", v) is method), None)
                if name and (not name.startswith("__") or name == "__call__" or not name.endswith("__")):
                    found.append(Function(-1, name))
    for number, space in enumerate(world.spaces):
        for name, value in list(space.items()):
            if isinstance(value, types.FunctionType) and is_users(value.__globals__) and value.__globals__ is space:
                found.append(Function(number, name))
    return list(dict.fromkeys(found))


def ranked(candidates: list[Function], patterns: tuple[str, ...], never: str = "$^") -> list[Function]:
    """Return functions in the order of the patterns that their names match; those that match none come last."""

    def place(function: Function) -> tuple[int, int]:
        name = function.name.lower().strip("_")
        matched = next((i for i, pattern in enumerate(patterns) if re.search(pattern, name)), len(patterns))
        return matched, 0 if function.root < 0 else 1

    usable = [function for function in candidates if not re.search(never, function.name.lower())]
    return sorted(usable, key=place)


@dataclass(frozen=True)
class Call:
    """One way to call a function: the forms of inputs and targets, and what the other arguments are given.

    Where the network keeps its data itself, rows and targets are put into the `stored` places before the call.
    """

    function: Function
    inputs: Form | None
    targets: Form | None = None
    pairs: str = ""  # "tuples" or "lists" where rows and targets are handed over together
    given: dict[str, Any] = field(default_factory=dict)  # argument → value
    stored: tuple[tuple[Leaf, str], ...] = ()  # where "inputs" and "targets" are kept
    roles: dict[str, str] = field(default_factory=dict)  # argument → role, where its name does not tell

    def store(self, world: World, X: Array, y: Array | None) -> None:
        """Put the data where the network keeps it."""
        for leaf, what in self.stored:
            form, rows = (self.inputs, X) if what == "inputs" else (self.targets, y)
            if form is not None and rows is not None:
                leaf.put(world, form.give(rows))

    def make(self, world: World, X: Array, y: Array | None = None, estimates: Any = MISSING) -> Any:
        """Call it on rows X (n, inputs) and targets y (n, outputs); the world must be entered."""
        function = self.function.get(world)
        found = self.function.arguments(world)
        if found is None:
            raise TypeError(f"{self.function.name} cannot be asked for its arguments")
        found.roles.update(self.roles)
        self.store(world, X, y)
        rows = self.inputs.give(X) if self.inputs else None
        wanted = self.targets.give(y) if self.targets and y is not None else None
        values: list[Any] = []
        named: dict[str, Any] = {}
        for name, role in found.roles.items():
            value = self._value(world, name, role, rows, wanted, estimates, len(X), found)
            if value is MISSING and name not in found.defaults:
                raise TypeError(f"{self.function.name}: nothing is known to give for {name}")
            if value is MISSING:
                continue
            if name in found.positional:
                values.append(value)
            else:
                named[name] = value
        result = function(*values, **named)
        if self.inputs and rows is not None:
            self.inputs.take_back(rows, X)
        if self.targets and wanted is not None and y is not None:
            self.targets.take_back(wanted, y)
        self._put_back(world, found, result)
        return result

    def _put_back(self, world: World, found: Arguments, result: Any) -> None:
        """Where a function returns new values of the variables that it was given, put them in their places."""
        given = [(n, v) for n, v in self.given.items() if isinstance(v, Variable)]
        given += [(n, Variable(self.function.root, n)) for n, what in found.roles.items() if what == "state"]
        variables = [variable for _, variable in given]
        if self.targets is None or not variables or _GRADIENTS.search(self.function.name):
            return
        if len(variables) == 1:
            results: tuple[Any, ...] = (result,)
            if isinstance(result, tuple) and not isinstance(world.spaces[variables[0].space][variables[0].name], tuple):
                results = result
        else:
            results = tuple(result) if isinstance(result, tuple | list) else ()
        for variable, value in zip(variables, results, strict=False):
            if not same_structure(world.spaces[variable.space][variable.name], value):
                return
        for variable, value in zip(variables, results, strict=False):
            world.spaces[variable.space][variable.name] = value

    def _value(
        self, world: World, name: str, role: str, rows: Any, wanted: Any, estimates: Any, n: int, found: Arguments
    ) -> Any:
        if name in self.given:
            value = self.given[name]
            return world.spaces[value.space][value.name] if isinstance(value, Variable) else value
        match role:
            case "inputs":
                return MISSING if rows is None else rows
            case "targets":
                return MISSING if wanted is None else wanted
            case "pairs":
                if rows is None or wanted is None:
                    return MISSING
                pair = tuple if self.pairs == "tuples" else list
                return [pair(both) for both in zip(rows, wanted, strict=True)]
            case "estimates":
                return estimates
            case "self":
                return world.target
            case "state":
                value = world.spaces[self.function.root][name]
                return value if is_data(name, value) else MISSING
            case "iterations":
                return 1
            case "batch":
                return n
            case "flag":
                return False if isinstance(found.defaults.get(name, False), bool) else MISSING
            case "rate" | "momentum" if name not in found.defaults:
                return 0.1
            case "" if name not in found.defaults and re.search(r"reg|lambd|decay|l2|dropout", name.lower()):
                return 0.0
        return MISSING


def same_structure(first: Any, second: Any) -> bool:
    """Whether two containers hold arrays of the same shapes under the same keys."""
    if isinstance(first, dict) and isinstance(second, dict):
        return bool(first) and set(first) == set(second) and all(same_structure(first[k], second[k]) for k in first)
    if isinstance(first, list | tuple) and isinstance(second, list | tuple):
        return len(first) == len(second) > 0 and all(same_structure(a, b) for a, b in zip(first, second, strict=True))
    numbers = int, float, np.ndarray, np.number
    return isinstance(first, numbers) and isinstance(second, numbers) and np.shape(first) == np.shape(second)


def containers(world: World) -> list[Variable]:
    """Return the global variables that hold arrays or lists together: what functions take as their parameters."""
    found = []
    for number, space in enumerate(world.spaces):
        for name in world.names(number):
            value = space.get(name)
            parts = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
            if any(
                np.ndim(part) == 2 if isinstance(part, np.ndarray) else isinstance(part, list | dict) for part in parts
            ):
                found.append(Variable(number, name))
    return found
