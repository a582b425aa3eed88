"""A copy of everything that a hand-written network may touch, put in place while its code runs and taken away after.

Methods read more than their object: class attributes (`weights = []`), global variables, NumPy's and `random`'s global
state. A `World` copies them all at once, so that what is shared stays shared, and swaps the copies in for each call.
"""

from __future__ import annotations

import contextlib
import copy
import io
import random
import sys
import sysconfig
import types
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

Names = dict[str, Any]
_MOST_PRINTED = 20_000  # characters that are kept
_PLAIN = (dict, list, tuple, set, np.ndarray, types.FunctionType, types.MethodType)
_LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})
_CODE = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type, classmethod, staticmethod, property)


def is_data(name: str, value: object) -> bool:
    """Whether a global variable or class attribute holds data rather than code."""
    descriptor = isinstance(value, types.MemberDescriptorType | types.GetSetDescriptorType)
    return not (name.startswith(("__", "_abc_")) or isinstance(value, _CODE) or descriptor or value is np.ufunc)


def is_users(space: Names) -> bool:
    """Whether a global namespace belongs to the user's code, not to a library."""
    file = space.get("__file__")
    if file is None:
        return space.get("__name__") not in sys.builtin_module_names
    own = str(space.get("__name__", "")).split(".")[0] == "fallline"
    return not own and not str(file).startswith(_LIBRARIES)


def functions_of(kind: type) -> list[types.FunctionType]:
    """Return the functions that a class defines itself."""
    found = []
    for value in vars(kind).values():
        if isinstance(value, property):
            value = value.fget
        value = getattr(value, "__func__", value)
        if isinstance(value, types.FunctionType):
            found.append(value)
    return found


def users_classes(value: object) -> list[type]:
    """Return the classes of an object's ancestry that the user wrote."""
    return [kind for kind in type(value).__mro__ if _written(kind)]


def _written(kind: type) -> bool:
    if kind.__module__ == "builtins":
        return False
    functions = functions_of(kind)
    if functions:
        return is_users(functions[0].__globals__)
    module = sys.modules.get(kind.__module__)
    return module is None or is_users(vars(module))


def reachable(root: object, limit: int = 100_000) -> Iterator[object]:
    """Yield what can be reached from an object through containers and attributes, each once."""
    seen: set[int] = set()
    waiting = [root]
    while waiting and len(seen) < limit:
        value = waiting.pop()
        if id(value) in seen or isinstance(value, int | float | str | bytes | None):
            continue
        seen.add(id(value))
        yield value
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list | tuple | set):
            waiting.extend(value)
        elif isinstance(value, np.ndarray) and value.dtype == object:
            waiting.extend(value.ravel())
        elif isinstance(value, types.MethodType):
            waiting.append(value.__self__)
        elif not isinstance(value, (*_CODE, np.ndarray)):
            waiting.extend(getattr(value, "__dict__", {}).values())


def _can_be_copied(value: object) -> bool:
    if isinstance(value, types.ModuleType | types.GeneratorType | io.IOBase):
        return False
    if hasattr(value, "__dict__"):
        return True
    try:
        copy.deepcopy(value)
    except Exception:
        return False
    return True


def copied(root: Any) -> Any:
    """Return a deep copy in which arrays that share memory still do, and what cannot be copied is shared."""
    memo: dict[int, Any] = {}
    families: dict[int, list[np.ndarray[Any, Any]]] = {}
    bases: dict[int, np.ndarray[Any, Any]] = {}
    for value in reachable(root):
        if type(value) is np.ndarray and value.dtype != object:
            base = value
            while isinstance(base.base, np.ndarray):
                base = base.base
            families.setdefault(id(base), []).append(value)
            bases[id(base)] = base
        elif not isinstance(value, _PLAIN) and not _can_be_copied(value):
            memo[id(value)] = value
    for key, family in families.items():
        base = bases[key]
        if len(family) > 1 and (base.flags.c_contiguous or base.flags.f_contiguous) and type(base) is np.ndarray:
            flat = base.ravel(order="K").copy()
            for view in family:
                start = view.ctypes.data - base.ctypes.data
                if view.dtype == base.dtype:
                    memo[id(view)] = np.ndarray(view.shape, view.dtype, flat, start, view.strides)
    return copy.deepcopy(root, memo)


def _referenced(functions: list[types.FunctionType]) -> dict[int, tuple[Names, set[str]]]:
    """Return the global namespaces of functions, with the names that they and the functions they name refer to."""
    found: dict[int, tuple[Names, set[str]]] = {}
    seen: set[int] = set()
    waiting = list(functions)
    while waiting:
        function = waiting.pop()
        if id(function) in seen or not is_users(function.__globals__):
            continue
        seen.add(id(function))
        space = function.__globals__
        names = found.setdefault(id(space), (space, set()))[1]
        codes = [function.__code__]
        while codes:
            code = codes.pop()
            names.update(name for name in code.co_names if name in space)
            codes.extend(constant for constant in code.co_consts if isinstance(constant, types.CodeType))
        for name in list(names):
            value = space.get(name)
            if isinstance(value, types.FunctionType):
                waiting.append(value)
            elif isinstance(value, type) and _written(value):
                waiting.extend(functions_of(value))
    return found


def _cells(functions: list[types.FunctionType]) -> list[types.CellType]:
    """Return the closures' variables that hold data."""
    found: dict[int, types.CellType] = {}
    seen: set[int] = set()
    waiting = list(functions)
    while waiting:
        function = waiting.pop()
        if id(function) in seen or not is_users(function.__globals__):
            continue
        seen.add(id(function))
        for cell in function.__closure__ or ():
            try:
                value = cell.cell_contents
            except ValueError:  # not set yet
                continue
            if isinstance(value, types.FunctionType):
                waiting.append(value)
            elif is_data("", value):
                found[id(cell)] = cell
    return list(found.values())


@dataclass
class _State:
    target: Any
    spaces: list[Names]
    classes: list[Names]
    cells: list[Any]
    generator: Any
    numpy: Any


def _copy_of(state: _State) -> _State:
    parts = copied((state.target, state.spaces, state.classes, state.cells))
    target, spaces, classes, cells = parts
    return _State(
        target, spaces, classes, cells, state.generator, state.numpy
    )  # the generators' states are values, never changed


class World:
    """Copies of a network and of all that its code reads.

    Parameters
    ----------
    target
        The network; None where it consists of functions with global variables.
    space
        A global namespace whose variables all belong to the network.
    """

    def __init__(self, target: Any, space: Names | None = None) -> None:
        functions = [value for value in (space or {}).values() if isinstance(value, types.FunctionType)]
        classes: list[type] = [value for value in (space or {}).values() if isinstance(value, type) and _written(value)]
        for value in reachable([target, {k: v for k, v in (space or {}).items() if is_data(k, v)}]):
            classes.extend(users_classes(value))
            if isinstance(value, types.FunctionType):
                functions.append(value)
        self.classes = list(dict.fromkeys(classes))
        for kind in self.classes:
            functions.extend(functions_of(kind))
        self.cells = _cells(functions)
        spaces = _referenced(functions)
        if space is not None:
            spaces[id(space)] = (space, {name for name, value in space.items() if is_data(name, value)})
        self.spaces = [names for names, _ in spaces.values()]
        self.functions = functions
        self.printed: io.StringIO = _Sink()  # what the user's code printed when it last ran
        self._depth = 0
        self._state = _State(
            target,
            [{n: s[n] for n in s if n in names and is_data(n, s[n])} for s, names in spaces.values()],
            [{n: v for n, v in vars(kind).items() if is_data(n, v)} for kind in self.classes],
            [cell.cell_contents for cell in self.cells],
            random.getstate(),
            np.random.get_state(),  # noqa: NPY002
        )
        self._first = self.keep()
        self.reset()

    @property
    def target(self) -> Any:
        """The network's copy as it is now."""
        return self._state.target

    def names(self, number: int) -> list[str]:
        """Return the variables of a namespace that belong to the network."""
        return list(self._state.spaces[number])

    def keep(self) -> Any:
        """Return a copy of everything as it is now, for `reset`."""
        return _copy_of(self._state)

    def reset(self, kept: Any = None) -> None:
        """Put everything back as it was at first, or when it was kept."""
        self._state = _copy_of(kept or self._first)

    def starts_here(self) -> None:
        """Make everything as it is now what `reset` returns to."""
        self._first = self.keep()

    @contextlib.contextmanager
    def entered(self, reading: bool = False) -> Iterator[Any]:
        """Have the copies in place of the user's own; what is printed is swallowed.

        To read only, the random states and the outputs can stay as they are.
        """
        if self._depth:
            yield self.target
            return
        with contextlib.ExitStack() as stack:
            if not reading:
                stack.enter_context(self._own_random_states())
                self.printed = _Sink()
                stack.enter_context(contextlib.redirect_stdout(self.printed))
                stack.enter_context(warnings.catch_warnings())
                stack.enter_context(np.errstate(all="ignore"))
                warnings.simplefilter("ignore")
            stack.enter_context(self._own_names())
            yield self.target

    @contextlib.contextmanager
    def _own_random_states(self) -> Iterator[None]:
        generators = random.getstate(), np.random.get_state()  # noqa: NPY002
        random.setstate(self._state.generator)
        np.random.set_state(self._state.numpy)  # noqa: NPY002
        try:
            yield
        finally:
            self._state.generator, self._state.numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
            random.setstate(generators[0])
            np.random.set_state(generators[1])  # noqa: NPY002

    @contextlib.contextmanager
    def _own_names(self) -> Iterator[None]:
        state = self._state
        before = [dict(space) for space in self.spaces]
        attributes = [{name: vars(kind)[name] for name in list(vars(kind))} for kind in self.classes]
        contents = [cell.cell_contents for cell in self.cells]
        for cell, value in zip(self.cells, state.cells, strict=True):
            cell.cell_contents = value
        for space, values in zip(self.spaces, state.spaces, strict=True):
            space.update(values)
        for kind, values in zip(self.classes, state.classes, strict=True):
            for name, value in values.items():
                setattr(kind, name, value)
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            for index, (cell, value) in enumerate(zip(self.cells, contents, strict=True)):
                state.cells[index] = cell.cell_contents
                cell.cell_contents = value
            for index, (space, old) in enumerate(zip(self.spaces, before, strict=True)):
                state.spaces[index] = {
                    n: v
                    for n, v in space.items()
                    if is_data(n, v) and (n in state.spaces[index] or n not in old or v is not old[n])
                }
                space.clear()
                space.update(old)
            for index, (kind, old) in enumerate(zip(self.classes, attributes, strict=True)):
                now = {n: v for n, v in vars(kind).items() if is_data(n, v)}
                state.classes[index] = now
                for name in set(now) - set(old):
                    delattr(kind, name)
                for name, value in old.items():
                    if vars(kind).get(name) is not value:
                        setattr(kind, name, value)


class _Sink(io.StringIO):
    """Keeps the beginning of what is printed."""

    def write(self, text: str) -> int:
        if self.tell() < _MOST_PRINTED:
            super().write(text[:_MOST_PRINTED])
        return len(text)
