"""One step of a hand-written network under a line tracer: every value that its statements compute and assign."""

from __future__ import annotations

import ast
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.attached import Attached
from fallline.subjects.handwritten.narrating.statements import (
    Text,
    can_be_repeated,
    expressions,
    inside_scopes,
    targets,
)

Place = tuple[str, int]  # file and line
MOST_TOGETHER = 16  # arrays of one value
MOST_STATEMENTS = 20_000  # that are looked at
MOST_WATCHED = 8  # arrays of the data
MOST_TIMES = 200  # that one statement is looked at
LARGEST = 50_000  # numbers of one value
_SCOPED = ("<listcomp>", "<genexpr>", "<setcomp>")


@dataclass(frozen=True)
class Seen:
    """A value that a step computed.

    Parameters
    ----------
    order
        When, counted from 0.
    file, line
        Where.
    function
        In which function of the user's, "" outside of all.
    kind
        "expression", "assigned" or "returned".
    text
        The expression, or what was assigned to.
    value
        float64, copied.
    node
        The expression in the file's tree; None for what is returned.
    execution
        Which execution of the statement it belongs to.
    """

    order: int
    file: str
    line: int
    function: str
    kind: str
    text: str
    value: Array = field(repr=False)
    node: ast.expr | None = field(repr=False)
    execution: int

    @property
    def place(self) -> Place:
        """Its file and line."""
        return self.file, self.line


@dataclass(frozen=True)
class Moved:
    """A parameter slot changed by a statement."""

    order: int
    slot: int
    file: str
    line: int

    @property
    def place(self) -> Place:
        """Its file and line."""
        return self.file, self.line


@dataclass(frozen=True)
class Trace:
    """What was seen in one step; `data` are the lines in which the step changed its own data."""

    seen: tuple[Seen, ...]
    moved: tuple[Moved, ...]
    data: tuple[Place, ...]
    texts: dict[str, Text]
    calls: dict[tuple[str, str], int]  # (file, function) → how often it was entered
    whole: bool  # whether all of the step was looked at


def trace_step(attached: Attached, X: Array, y: Array) -> Trace:
    """Make one step under the tracer and return what was seen; a step that raises is seen as far as it came."""
    recorder = _Recorder({name: Text(name, text) for name, text in attached.code.items()}, attached, (X, y))
    before = sys.gettrace()
    sys.settrace(recorder.enter)
    try:
        attached.step(X, y)
    except Exception as error:  # the user's code may raise anything
        del error
    finally:
        sys.settrace(before)
    return Trace(
        tuple(recorder.seen),
        tuple(recorder.moved),
        tuple(dict.fromkeys(recorder.data)),
        recorder.texts,
        recorder.calls,
        recorder.statements < MOST_STATEMENTS,
    )


def as_numbers(value: Any) -> Array | None:
    """Return numbers, arrays and nested lists of them as a float64 copy; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, np.ndarray | np.generic | int | float | list | tuple):
        return None  # np.c_ and its like are sequences without end
    if isinstance(value, list | tuple) and (not value or isinstance(value[0], str)):
        return None
    try:
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    return array if 0 < array.size <= LARGEST else None


@dataclass
class _Frame:
    statement: ast.stmt | None = None
    line: int = 0
    execution: int = 0


class _Recorder:
    def __init__(self, texts: dict[str, Text], attached: Attached, data: tuple[Array, Array]) -> None:
        self.texts = texts
        self.slots = attached.slots
        self.given = data
        self.seen: list[Seen] = []
        self.moved: list[Moved] = []
        self.data: list[Place] = []
        self.calls: dict[tuple[str, str], int] = {}
        self.statements = 0
        self._frames: dict[types.FrameType, _Frame] = {}
        self._times: dict[ast.stmt, int] = {}
        self._parameters: list[Array | None] = [None] * len(self.slots)
        self._watched: dict[int, tuple[Any, Array]] = {}
        self._started = False

    def enter(self, frame: types.FrameType, event: str, _: Any) -> Callable[..., Any] | None:
        """Take up a frame if it is the user's."""
        if frame.f_code.co_filename not in self.texts:
            return None
        if not self._started:
            self._started = True
            self._look_at_slots(None)
        key = frame.f_code.co_filename, frame.f_code.co_name
        self.calls[key] = self.calls.get(key, 0) + 1
        self._frames[frame] = _Frame()
        self._watch(frame)
        return self._local

    def _local(self, frame: types.FrameType, event: str, argument: Any) -> Callable[..., Any] | None:
        state = self._frames.get(frame)
        if state is None or self.statements >= MOST_STATEMENTS:
            return None
        if event == "line":
            text = self.texts[frame.f_code.co_filename]
            statement = text.statements.get(frame.f_lineno)
            if statement is state.statement and statement is not None and frame.f_lineno != statement.lineno:
                return self._local  # another line of the same statement
            self._finish(frame, state)
            self._begin(frame, state, statement, text)
        elif event == "return":
            self._finish(frame, state)
            if not frame.f_code.co_name.startswith("<"):
                self._note(frame, frame.f_lineno, "returned", frame.f_code.co_name, argument, None, state.execution)
            self._frames.pop(frame, None)
        return self._local

    def _begin(self, frame: types.FrameType, state: _Frame, statement: ast.stmt | None, text: Text) -> None:
        self.statements += 1
        state.statement, state.line, state.execution = statement, frame.f_lineno, self.statements
        if statement is None:
            return
        times = self._times[statement] = self._times.get(statement, 0) + 1
        if times > MOST_TIMES:
            return
        scoped = frame.f_code.co_name in _SCOPED
        names = {**frame.f_globals, **frame.f_locals}
        for node in inside_scopes(statement) if scoped else expressions(statement):
            if can_be_repeated(node, text, names):
                try:
                    with np.errstate(all="ignore"):
                        value = eval(text.code(node), names)
                except Exception:  # a part that is never reached, or a name that is not there yet
                    continue
                self._note(frame, node.lineno, "expression", text.segment(node), value, node, state.execution)

    def _finish(self, frame: types.FrameType, state: _Frame) -> None:
        statement, state.statement = state.statement, None
        if statement is None:
            return
        where = frame.f_code.co_filename, statement.lineno
        text = self.texts[where[0]]
        if self._times.get(statement, 0) <= MOST_TIMES and not isinstance(statement, ast.For | ast.While | ast.If):
            names = {**frame.f_globals, **frame.f_locals}
            for node in targets(statement):
                if can_be_repeated(node, text, names):
                    try:
                        value = eval(text.code(node), names)
                    except Exception:  # deleted again, or an index that has changed
                        continue
                    self._note(frame, node.lineno, "assigned", text.segment(node), value, node, state.execution)
        self._look_at_slots(where)
        for key, (owner, before) in list(self._watched.items()):
            now = as_numbers(owner)
            if now is None or now.shape != before.shape or not np.array_equal(now, before):
                self.data.append(where)
                del self._watched[key]

    def _look_at_slots(self, where: Place | None) -> None:
        for number, slot in enumerate(self.slots):
            try:
                now = slot.values()
            except Exception:  # between two statements there may be nothing to read
                continue
            before = self._parameters[number]
            if where is not None and before is not None and not np.array_equal(now, before, equal_nan=True):
                self.moved.append(Moved(len(self.seen), number, *where))
            self._parameters[number] = now

    def _watch(self, frame: types.FrameType) -> None:
        """Remember arguments and variables that are the step's own rows or targets."""
        for value in (*frame.f_locals.values(), *frame.f_globals.values()):
            if len(self._watched) >= MOST_WATCHED:
                return
            if isinstance(value, np.ndarray | list) and id(value) not in self._watched:
                numbers = as_numbers(value)
                if numbers is not None and any(
                    _same(numbers, part) for given in self.given for part in (given, *given)
                ):
                    self._watched[id(value)] = value, numbers

    def _note(
        self, frame: types.FrameType, line: int, kind: str, text: str, value: Any, node: ast.expr | None, execution: int
    ) -> None:
        numbers = as_numbers(value)
        if numbers is None and kind != "expression" and isinstance(value, dict | list | tuple):  # arrays together
            parts = list(value.values()) if isinstance(value, dict) else value
            for part in parts[:MOST_TOGETHER]:
                if not isinstance(part, dict | list | tuple):
                    self._note(frame, line, kind, text, part, None, execution)
        elif numbers is not None and np.isfinite(numbers).all():
            name = frame.f_code.co_name
            function = "" if name == "<module>" else name
            file = frame.f_code.co_filename
            self.seen.append(Seen(len(self.seen), file, line, function, kind, text, numbers, node, execution))


def _same(first: Array, second: Array) -> bool:
    return first.size == second.size and (
        np.array_equal(first.ravel(), second.ravel()) or np.array_equal(first.ravel(), second.T.ravel())
    )
