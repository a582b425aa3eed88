"""A training method that makes fewer steps than iterations."""

from __future__ import annotations

import ast
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

from fallline.subjects.handwritten.attached import Attached
from fallline.subjects.handwritten.attaching.calls import Call, functions
from fallline.subjects.handwritten.attaching.forms import ROWS
from fallline.subjects.handwritten.attaching.limits import time_limit
from fallline.subjects.handwritten.attaching.world import World
from fallline.subjects.handwritten.checks.check import Case, Check
from fallline.subjects.handwritten.narrating.statements import Text, called_name

ITERATIONS = 12  # that a training method is called with
SECONDS = 2.0  # of one such call


def skipped_steps(case: Case) -> Iterator[Check]:
    """A training method that is asked for iterations and calls the step less often."""
    attached = case.attached
    world = attached.world
    if world is None or not attached.functions or attached.X is None or attached.y is None:
        return
    step = attached.functions[0][0].split(".")[-1]
    if not step.isidentifier():  # the step is a loop of a script
        return
    for function in functions(world):
        world.reset()
        try:
            with world.entered(reading=True):
                roles = function.arguments(world)
        except Exception:  # somebody's descriptor may raise anything
            continue
        asked = roles.of("iterations") if roles is not None else None
        if asked is None or function.name == step or roles is None or roles.of("inputs") is None:
            continue
        call = Call(function, ROWS, ROWS, given={asked: ITERATIONS})
        counts = _counted(attached, world, call)
        if counts is None:
            continue
        steps, loops, file = counts
        if 0 < steps < ITERATIONS and loops >= ITERATIONS:
            text = Text(file, attached.code[file])
            places = tuple((file, line) for line in _calls(text, function.name, step))
            sentence = (
                f"`{function.name}` asked for {ITERATIONS} iterations calls `{step}` {steps} "
                f"time{'' if steps == 1 else 's'}: the step stands inside of a condition."
            )
            yield Check("step_skipped", sentence, {"iterations": ITERATIONS, "steps": steps}, places)


def _counted(attached: Attached, world: World, call: Call) -> tuple[int, int, str] | None:
    """Return how often the step was called, how often the loop came round, and the file; None where it fails."""
    X, y = attached.X, attached.y
    if X is None or y is None:
        return None
    name, step = call.function.name, attached.functions[0][0].split(".")[-1]
    steps, lines, file = 0, dict[int, int](), ""

    def local(frame: types.FrameType, event: str, _: Any) -> Callable[..., Any]:
        if event == "line":
            lines[frame.f_lineno] = lines.get(frame.f_lineno, 0) + 1
        return local

    def enter(frame: types.FrameType, event: str, _: Any) -> Callable[..., Any] | None:
        nonlocal steps, file
        if frame.f_code.co_filename not in attached.code:
            return None
        if frame.f_code.co_name == step:
            steps += 1
        if frame.f_code.co_name == name:
            file = frame.f_code.co_filename
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
    return (steps, max(lines.values(), default=0), file) if file else None


def _calls(text: Text, function: str, step: str) -> list[int]:
    """Return the lines on which a function calls the step, and those of the conditions around the call."""
    found = []
    for definition in text.functions.get(function, ()):
        for node in ast.walk(definition):
            calls = [part for part in ast.walk(node) if isinstance(part, ast.Call) and called_name(part) == step]
            if isinstance(node, ast.If) and calls:
                found += [node.lineno, *(part.lineno for part in calls)]
    return sorted(set(found))
