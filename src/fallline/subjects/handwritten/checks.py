"""What can be wrong beyond back-propagation, each seen by running: a code, a sentence, numbers and lines."""

from __future__ import annotations

import ast
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fallline.subjects.handwritten.attached import Attached
from fallline.subjects.handwritten.calls import Call, functions
from fallline.subjects.handwritten.forms import ROWS
from fallline.subjects.handwritten.limits import time_limit
from fallline.subjects.handwritten.narrating.statements import Text, called_name
from fallline.subjects.handwritten.observed import Observed
from fallline.subjects.handwritten.twin import Twin
from fallline.subjects.handwritten.world import World, reachable

ITERATIONS = 12  # that a training method is called with
SECONDS = 2.0  # of one such call
RANGES = {"sigmoid": (0.0, 1.0), "softmax": (0.0, 1.0), "tanh": (-1.0, 1.0), "relu": (0.0, np.inf)}


@dataclass(frozen=True)
class Check:
    """Something that was found."""

    code: str
    sentence: str
    numbers: dict[str, float] = field(default_factory=dict)
    places: tuple[tuple[str, int], ...] = ()


def checks(attached: Attached, twin: Twin | None, observed: Observed | None) -> list[Check]:
    """Return all that is found; a network that is as it should be has nothing."""
    found: list[Check] = []
    for look in (_skipped_steps, _shared_between_networks, _never_moved):
        found += look(attached)
    attached.reset()
    found += _first_weights(attached)
    found += _whole_numbers(attached)
    if twin is not None:
        found += _out_of_range(attached, twin)
    if observed is not None:
        found += _growing(attached, observed)
    return found


def _skipped_steps(attached: Attached) -> Iterator[Check]:
    """A training method that is asked for iterations and calls the step less often."""
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


def _shared_between_networks(attached: Attached) -> Iterator[Check]:
    """Parameters that belong to the class: every network of the class uses the same ones."""
    world = attached.world
    if world is None or world.target is None:
        return
    world.reset()
    names = set()
    with world.entered(reading=True):
        own = vars(world.target) if hasattr(world.target, "__dict__") else {}
        for kind in world.classes:
            for name, value in vars(kind).items():
                if name in own or not isinstance(value, list | dict | np.ndarray):
                    continue
                inside = {id(each) for each in reachable(value)}
                if any(id(slot.read()) in inside for slot in attached.slots):
                    names.add((kind.__name__, name))
    for owner, name in sorted(names):
        places = tuple(
            (file, node.lineno)
            for file, source in attached.code.items()
            for node in _class_body(Text(file, source), owner)
            if isinstance(node, ast.Assign | ast.AnnAssign) and name in ast.unparse(node).split("=")[0]
        )
        sentence = (
            f"`{name}` belongs to the class {owner}, not to the network: every {owner} appends to and trains the same "
            f"parameters. Make it in __init__: `self.{name} = []`."
        )
        yield Check("shared_arrays", sentence, {}, places)


def _class_body(text: Text, name: str) -> Iterator[ast.stmt]:
    for node in ast.walk(text.tree):
        if isinstance(node, ast.ClassDef) and node.name == name:
            yield from node.body


def _never_moved(attached: Attached) -> Iterator[Check]:
    """Parameters that a step on the user's own data leaves as they are."""
    if attached.X is None or attached.y is None:
        return
    attached.reset()
    before = attached.parameters()
    try:
        for _ in range(3):
            attached.step(attached.X.copy(), attached.y.copy())
    except Exception:  # what a step raises is told elsewhere
        return
    names = [
        slot.name
        for slot, old in zip(attached.slots, before, strict=True)
        if (new := slot.values()).shape == old.shape and np.array_equal(new, old)
    ]
    attached.reset()
    if names:
        which = ", ".join(names[:6]) + (", …" if len(names) > 6 else "")
        yield Check("never_moved", f"Three steps on the data leave {which} as they are.", {"slots": len(names)})


def _first_weights(attached: Attached) -> Iterator[Check]:
    """Weights that start equal: all units of a layer then stay alike."""
    for slot in attached.slots:
        value = slot.values()
        if value.ndim == 2 and min(value.shape) > 1 and np.ptp(value) == 0.0:
            level = float(value.ravel()[0])
            sentence = f"{slot.name} starts with {level:g} everywhere, so that the units of its layer stay alike."
            yield Check("equal_first_weights", sentence, {"value": level})


def _whole_numbers(attached: Attached) -> Iterator[Check]:
    """Arrays of parameters that can hold whole numbers only."""
    for slot in attached.slots:
        value = slot.read()
        if isinstance(value, np.ndarray) and value.dtype.kind in "iub":
            sentence = f"{slot.name} is an array of {value.dtype}: updates are cut to whole numbers. Make it float."
            yield Check("integer_weights", sentence)


def _out_of_range(attached: Attached, twin: Twin) -> Iterator[Check]:
    """Targets that the output's activation cannot reach."""
    y, name = attached.y, twin.forms[-1].name
    if y is None or name not in RANGES:
        return
    low, high = RANGES[name]
    share = float(np.mean((y < low) | (y > high)))
    if share > 0.0:
        sentence = (
            f"The targets go from {y.min():.4g} to {y.max():.4g}, and {name} outputs only what lies between {low:g} "
            f"and {high:g}: {100 * share:.3g} % of the targets cannot be reached. Scale them, or use a linear output."
        )
        yield Check("targets_out_of_range", sentence, {"share": share, "low": float(y.min()), "high": float(y.max())})


def _growing(attached: Attached, observed: Observed) -> Iterator[Check]:
    for number, before, after in observed.grown:
        sentence = (
            f"{attached.slots[number].name} has shape {before} and after a step {after}: its update has a wrong shape "
            "and NumPy stretches it. Sum the deltas over the rows."
        )
        yield Check("shape_grows", sentence)
