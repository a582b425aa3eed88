"""A training that makes fewer steps than iterations, or hands rows over that have lost their targets."""

from __future__ import annotations

import ast
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.attached import Attached
from fallline.subjects.handwritten.attaching.calls import Call, Function, functions
from fallline.subjects.handwritten.attaching.forms import COLUMN_VECTORS, LISTS, ROWS, target_forms
from fallline.subjects.handwritten.attaching.limits import time_limit
from fallline.subjects.handwritten.attaching.world import World
from fallline.subjects.handwritten.checks.check import Case, Check
from fallline.subjects.handwritten.narrating.statements import Text, called_name

ITERATIONS = 12  # that a training method is called with
SECONDS = 2.0  # of one such call
MOST_STEPS = 200  # whose arguments are kept

Place = tuple[str, int]


@dataclass
class Watched:
    """A training that was watched: its file, how often each line ran, and what each step was given."""

    function: Function
    file: str = ""
    lines: dict[int, int] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)  # arguments of each call
    after: list[int] = field(default_factory=list)  # for each step: how often the loop had come round


def skipped_steps(case: Case) -> Iterator[Check]:
    """A training that is asked for iterations and makes a step in some of them only."""
    attached, step = case.attached, _step_name(case.attached)
    if attached.iterate is not None:
        yield from _skipped_in_loop(attached)
    for watched in _trainings(attached) if step else ():
        name, text = watched.function.name, Text(watched.file, attached.code[watched.file])
        loops = max(watched.lines.values(), default=0)
        rounds = len(set(watched.after))
        if loops >= ITERATIONS and 0 < rounds < ITERATIONS:
            places = _conditions(text, name, step)
            sentence = f"`{name}` asked for {ITERATIONS} iterations calls `{step}` in {rounds} of them" + (
                ": the step stands inside of a condition." if places else "."
            )
            places = places or _calls(text, name, step)
            yield Check("step_skipped", sentence, {"iterations": ITERATIONS, "steps": rounds}, places)
        rows = len(attached.X) if attached.X is not None else 0
        behind = _behind_loops(text, name, step) if attached.per_sample and rows > 1 else ()
        if behind and len(watched.steps) < ITERATIONS * rows <= loops:
            sentence = (
                f"`{name}` goes through {rows} rows and calls `{step}` once, after the loop over them: only the last "
                "row is learned. Indent the call into the loop."
            )
            yield Check("step_skipped", sentence, {"iterations": ITERATIONS, "steps": len(watched.steps)}, behind)


def handed_apart(case: Case) -> Iterator[Check]:
    """A training that hands rows to the step with the targets of others."""
    attached, step = case.attached, _step_name(case.attached)
    X, y = attached.X, attached.y
    if not step or X is None or y is None:
        return
    pairs = {(*row, *target) for row, target in zip(X.tolist(), y.tolist(), strict=True)}
    known = {tuple(row) for row in X.tolist()}
    for watched in _trainings(attached):
        wrong = 0
        for given in watched.steps:
            tables = _tables(given, X.shape[1], y.shape[1])
            found = [
                (*row, *target)
                for rows, targets in tables
                for row, target in zip(rows.tolist(), targets.tolist(), strict=True)
                if tuple(row) in known
            ]
            wrong += not pairs.issuperset(found)
        if wrong:
            sentence = (
                f"`{watched.function.name}` hands rows to `{step}` with the targets of other rows, in {wrong} of "
                f"{len(watched.steps)} steps: X and y are shuffled apart. Draw one order for both."
            )
            yield Check("shuffled_apart", sentence, {"steps": wrong})


def _step_name(attached: Attached) -> str:
    """Return the step's name, empty where it is a loop of a script or there is no data to train on."""
    if attached.world is None or not attached.functions or attached.X is None or attached.y is None:
        return ""
    name = attached.functions[0][0].split(".")[-1]
    return name if name.isidentifier() else ""


def _trainings(attached: Attached) -> Iterator[Watched]:
    """Yield the functions that can be asked for iterations on rows, each after it has made some."""
    world, step = attached.world, _step_name(attached)
    assert world is not None
    assert attached.y is not None
    for function in functions(world):
        world.reset()
        try:
            with world.entered(reading=True):
                roles = function.arguments(world)
        except Exception:  # somebody's descriptor may raise anything
            continue
        asked = roles.of("iterations") if roles is not None else None
        if asked is None or function.name == step or roles is None:
            continue
        flags = {name: value for name, value in roles.defaults.items() if isinstance(value, bool)}
        if roles.of("inputs"):
            forms = [(ROWS, targets, "") for targets in target_forms(ROWS, attached.y.shape[1], (len(attached.y),))]
        else:
            forms = [(form, form, "tuples") for form in (COLUMN_VECTORS, LISTS)] if roles.of("pairs") else []
        for inputs, targets, pairs in forms:
            call = Call(function, inputs, targets, pairs, given={asked: ITERATIONS, **flags})
            if (watched := _watched(attached, world, call)) is not None:
                yield watched
                break


def _watched(attached: Attached, world: World, call: Call) -> Watched | None:
    """Return what a training does; None where it fails."""
    X, y = attached.X, attached.y
    if X is None or y is None:
        return None
    found, step = Watched(call.function), _step_name(attached)
    first = _first_of_loop(attached, call.function.name)

    def local(frame: types.FrameType, event: str, _: Any) -> Callable[..., Any]:
        if event == "line":
            found.lines[frame.f_lineno] = found.lines.get(frame.f_lineno, 0) + 1
        return local

    def enter(frame: types.FrameType, event: str, _: Any) -> Callable[..., Any] | None:
        if frame.f_code.co_filename not in attached.code:
            return None
        if frame.f_code.co_name == step:
            found.after.append(found.lines.get(first, 0))
            if len(found.steps) < MOST_STEPS:
                found.steps.append({name: _kept(value) for name, value in frame.f_locals.items()})
            else:
                found.steps.append({})
        if frame.f_code.co_name == call.function.name:
            found.file = frame.f_code.co_filename
            return local
        return None

    before = sys.gettrace()
    try:
        with world.entered(), time_limit(SECONDS):
            sys.settrace(enter)
            call.make(world, X.copy(), y.copy())
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return None
    finally:
        sys.settrace(before)
        world.reset()
    return found if found.file else None


def _kept(value: Any) -> Array | None:
    """Return numbers as they are now; None for anything else."""
    try:
        return np.array(value, dtype=np.float64) if isinstance(value, np.ndarray | list | tuple | float | int) else None
    except (TypeError, ValueError):
        return None


def _tables(given: dict[str, Any], inputs: int, outputs: int) -> list[tuple[Array, Array]]:
    """Return rows and targets among a step's arguments, in their order; none where they are not clear."""
    arrays = [value for value in given.values() if value is not None and value.ndim]
    for position, X in enumerate(arrays):
        for turned in (X, X.T):
            if turned.size % inputs or turned.shape[-1] != inputs:
                continue
            rows = turned.reshape(-1, inputs)
            for y in arrays[position + 1 :]:
                if y.size == len(rows) * outputs:
                    columns = y.ndim == 2 and y.shape == (outputs, len(rows)) and len(rows) > 1
                    return [(rows, (y.T if columns else y).reshape(len(rows), outputs))]
    return []


def _first_of_loop(attached: Attached, name: str) -> int:
    """Return the first line inside of the outermost loop of a function; 0 without."""
    for file, source in attached.code.items():
        for definition in Text(file, source).functions.get(name, ()):
            for node in ast.walk(definition):  # outer ones come first
                if isinstance(node, ast.For | ast.While):
                    return node.body[0].lineno
    return 0


def _conditions(text: Text, function: str, step: str) -> tuple[Place, ...]:
    """Return the lines on which a function calls the step within conditions, and those of the conditions."""
    found = set()
    for definition in text.functions.get(function, ()):
        for node in ast.walk(definition):
            calls = [part for part in ast.walk(node) if isinstance(part, ast.Call) and called_name(part) == step]
            if isinstance(node, ast.If) and calls:
                found |= {node.lineno, *(part.lineno for part in calls)}
    return tuple((text.name, line) for line in sorted(found))


def _calls(text: Text, function: str, step: str) -> tuple[Place, ...]:
    """Return the lines on which a function calls the step."""
    nodes = [node for definition in text.functions.get(function, ()) for node in ast.walk(definition)]
    calls = [node for node in nodes if isinstance(node, ast.Call) and called_name(node) == step]
    return tuple((text.name, line) for line in sorted({call.lineno for call in calls}))


def _behind_loops(text: Text, function: str, step: str) -> tuple[Place, ...]:
    """Return the lines that call the step with a loop's variables after that loop."""
    found = set()
    for definition in text.functions.get(function, ()):
        for loop in [node for node in ast.walk(definition) if isinstance(node, ast.For)]:
            variables = {part.id for part in ast.walk(loop.target) if isinstance(part, ast.Name)}
            inside = {id(part) for part in ast.walk(loop)}
            for call in [node for node in ast.walk(definition) if isinstance(node, ast.Call)]:
                names = {part.id for argument in call.args for part in ast.walk(argument) if isinstance(part, ast.Name)}
                if called_name(call) == step and id(call) not in inside and names & variables:
                    found |= {loop.lineno, call.lineno}
    return tuple((text.name, line) for line in sorted(found))


def _skipped_in_loop(attached: Attached) -> Iterator[Check]:
    """A script's loop some of whose iterations move nothing."""
    assert attached.iterate is not None
    if attached.X is None or attached.y is None:
        return
    moved = []
    for number in range(ITERATIONS):
        attached.reset()
        before = attached.parameters()
        try:
            attached.iterate(attached.X.copy(), attached.y.copy(), number)
        except Exception:  # what a step raises is told elsewhere
            return
        after = attached.parameters()
        moved.append(any(not np.array_equal(old, new) for old, new in zip(before, after, strict=True)))
    if 0 < sum(moved) < ITERATIONS:
        name, file, line = attached.functions[0]
        sentence = (
            f"Of the first {ITERATIONS} iterations of {name}, {sum(moved)} move{'s' if sum(moved) == 1 else ''} the "
            "parameters: the step stands inside of a condition."
        )
        places = _conditions_of_assignments(Text(file, attached.code[file]), line)
        yield Check("step_skipped", sentence, {"iterations": ITERATIONS, "steps": sum(moved)}, places)


def _conditions_of_assignments(text: Text, line: int) -> tuple[Place, ...]:
    """Return the lines of the conditions within the loop in a line that hold assignments in place."""
    found = set()
    for loop in [node for node in ast.walk(text.tree) if isinstance(node, ast.For | ast.While) and node.lineno == line]:
        for node in ast.walk(loop):
            if isinstance(node, ast.If):
                made = [part for part in ast.walk(node) if isinstance(part, ast.AugAssign | ast.Assign)]
                found |= {node.lineno, *(part.lineno for part in made)} if made else set()
    return tuple((text.name, number) for number in sorted(found))
