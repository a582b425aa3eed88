"""Attaching to a hand-written network: its parameters, forward pass, step and learning rate, found by trying."""

from __future__ import annotations

import linecache
import re
import sys
import types
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from fallline.engine import Array
from fallline.errors import FalllineError
from fallline.subjects.handwritten.attached import Attached, Style
from fallline.subjects.handwritten.attaching.calls import functions
from fallline.subjects.handwritten.attaching.faults import described
from fallline.subjects.handwritten.attaching.forms import FLAT, ROWS
from fallline.subjects.handwritten.attaching.forward import Forward, find_forward, probe_rows
from fallline.subjects.handwritten.attaching.leaves import Leaf, leaves, slots
from fallline.subjects.handwritten.attaching.loops import LoopPlan
from fallline.subjects.handwritten.attaching.rate_literals import literal_rate
from fallline.subjects.handwritten.attaching.rates import Rate, argument_rate, stored_as, stored_rate, with_rate
from fallline.subjects.handwritten.attaching.rows import as_rows
from fallline.subjects.handwritten.attaching.stepping import Plan, StepFinder
from fallline.subjects.handwritten.attaching.world import World, is_users

Named = str | Callable[..., Any] | None


def attach_object(
    net: Any,
    X: Any = None,
    y: Any = None,
    *,
    forward: Named = None,
    step: Named = None,
    parameters: Sequence[str] | None = None,
    learning_rate: float | None = None,
    code: dict[str, str] | None = None,
    unmoving: bool = True,
) -> Attached:
    """Attach to a network that exists: an instance of somebody's class, or a module or dict of functions and globals.

    Everything is done on copies; the network, the global variables that its methods use, its class's attributes, and
    NumPy's and `random`'s states are as before afterwards.

    Parameters
    ----------
    X, y
        Rows (n, inputs) or columns (inputs, n), and targets; without them the widths are guessed from the parameters.
    forward, step
        The name of the method or function, or itself, where the right one is not found by trying.
    parameters
        Names as `assumed` tells them: "self.W1" (or "W1"), "self.weights" for all in that list.
    learning_rate
        What to set the rate to, where it is an argument, an attribute or a global variable.
    code
        The source text by file name, where it cannot be read from the files.
    unmoving
        Whether a step by its name is taken that moves nothing, where none is found that moves the parameters.

    Raises
    ------
    FalllineError
        If no forward pass or no step can be found, or X and y do not fit.
    """
    if isinstance(net, type):
        raise FalllineError(f"{net.__name__} is a class: give an instance of it, such as {net.__name__}(…).")
    space = vars(net) if isinstance(net, types.ModuleType) else net if isinstance(net, dict) else None
    world = World(None if space is not None else net, space)
    rows = as_rows(X, y)
    assumed: list[str] = list(rows.words)
    _once_only(world, assumed)

    only_forward, only_step = _name(world, forward, "forward"), _name(world, step, "step")
    errors: dict[str, str] = {}
    found, targets, width, outputs = _forward(world, rows.X, rows.y, only_forward, errors, assumed)
    chosen = _named_parameters(world, parameters)
    candidates = chosen or list(found.influence)

    n = probe_rows(world, (width, outputs))
    draw = np.random.default_rng(7)
    probe, probe_targets = draw.uniform(-1, 1, (n, width)), draw.uniform(0.1, 0.9, (n, outputs))
    as_given = (ROWS, FLAT) if y is not None and np.ndim(y) == 1 == outputs else None  # what the step will really get
    finder = StepFinder(world, found, candidates, probe, probe_targets, learning_rate, as_given)
    plan = finder.find(only_step)
    if plan is None:
        plan = finder.unmoving() if only_step is None and unmoving else None
        if plan is None:
            raise FalllineError(_no_step(found, only_step, finder.errors))
        assumed.append(f"`{plan.main.function.name}` was taken for the step, but it moves none of the parameters.")
    kept = chosen or without_overlaps(world, _kept(world, plan, candidates, probe, probe_targets))
    return finished(world, found, plan, kept, (rows.X, targets), (probe, probe_targets), learning_rate, assumed, code)


def finished(
    world: World,
    forward: Forward | None,
    plan: Plan,
    parameters: list[Leaf],
    data: tuple[Array | None, Array | None],
    probe: tuple[Array, Array],
    learning_rate: float | None,
    assumed: list[str],
    code: dict[str, str] | None,
    style: Style | None = None,
) -> Attached:
    """Return what was found as an attached network."""

    def update() -> list[Array] | None:
        world.reset()
        before = [leaf.array(world) for leaf in parameters]
        rows = slice(0, 1) if plan.per_sample else slice(None)  # one sample, so that the update is linear in the rate
        try:
            plan.make(world, probe[0][rows].copy(), probe[1][rows].copy())
        except (Exception, SystemExit):
            return None
        after = [leaf.array(world) for leaf in parameters]
        return [new - old for new, old in zip(after, before, strict=True) if new is not None and old is not None]

    world.reset()
    texts, ran = _traced(world, plan, probe, code or {})
    rate = argument_rate(world, plan) or stored_rate(world, parameters, update) or literal_rate(texts, ran)
    if learning_rate is not None and rate is not None:
        if rate.leaf is not None:
            world.reset()
            rate.leaf.put(world, learning_rate)
            world.starts_here()
            rate = Rate(learning_rate, rate.name, rate.leaf)
        elif rate.places:
            assumed.append(f"The learning rate is {rate.name} and stays so: it can be set only in the code.")
        else:
            plan, rate = with_rate(plan, rate.name, learning_rate), Rate(learning_rate, rate.name)
    world.reset()
    files = set(texts)

    def run(rows: Array) -> Array:
        assert forward is not None
        rows = np.asarray(rows, dtype=np.float64)
        try:
            result = forward.outputs(world, rows.reshape(len(rows), -1), None)
        except (Exception, SystemExit) as error:
            raise FalllineError(f"the forward pass raised {described(error, files)}.") from error
        if result is None:
            raise FalllineError("the forward pass gave no outputs for these rows.")
        return result

    def step(rows: Array, targets: Array, plan: Plan = plan) -> Any:
        rows, targets = np.asarray(rows, dtype=np.float64), np.asarray(targets, dtype=np.float64)
        try:
            return plan.make(world, rows.reshape(len(rows), -1), targets.reshape(len(rows), -1))
        except (Exception, SystemExit) as error:
            raise FalllineError(f"the step raised {described(error, files)}.") from error

    def step_at(value: float) -> Callable[[Array, Array], Any]:
        assert rate is not None
        if rate.leaf is None:
            return partial(step, plan=with_rate(plan, rate.name, value))
        leaf = rate.leaf

        def stored(rows: Array, targets: Array) -> Any:
            with stored_as(world, leaf, value):
                return step(rows, targets)

        return stored

    def iterate(rows: Array, targets: Array, number: int) -> Any:
        assert isinstance(plan, LoopPlan)
        return step(rows, targets, replace(plan, number=number))

    made = slots(world, parameters)
    settable = rate is not None and not rate.places
    assumed = [*_sentences(world, forward, plan, made, rate), *assumed]
    attached = Attached(
        style=style or (Style.OBJECT if world.target is not None else Style.FUNCTIONS),
        slots=made,
        run=None if forward is None else run,
        step=step,
        per_sample=plan.per_sample,
        learning_rate=rate.value if rate else None,
        rate_name=rate.name if rate else "",
        code=texts,
        functions=ran,
        X=data[0],
        y=data[1],
        assumed=assumed,
        reset=world.reset,
        world=world,
        printed=lambda: world.printed.getvalue(),
        iterate=iterate if isinstance(plan, LoopPlan) else None,
        rate_places=rate.places if rate else (),
    )
    if not settable:
        return attached
    return replace(attached, with_rate=lambda value: replace(attached, step=step_at(value), learning_rate=value))


def _once_only(world: World, assumed: list[str]) -> None:
    """Set what counts iterations to 1, so that a training method makes one."""
    for leaf in leaves(world):
        value = leaf.read(world)
        if isinstance(value, int) and value > 1 and re.search(r"epoc|iter", leaf.last_name.lower()):
            leaf.put(world, 1)
            assumed.append(f"{leaf.name} is {value}; a step is made with 1.")
    world.starts_here()


def _name(world: World, given: Named, what: str) -> str | None:
    if given is None:
        return None
    name = given.split(".")[-1].strip("() ") if isinstance(given, str) else getattr(given, "__name__", "")
    known = [function.name for function in functions(world)]
    if name not in known:
        listed = ", ".join(known[:12]) or "none"
        raise FalllineError(f"{what}={name or given!r}: no such method or function; there are {listed}.")
    return name


def _forward(
    world: World, X: Array | None, y: Array | None, only: str | None, errors: dict[str, str], assumed: list[str]
) -> tuple[Forward, Array | None, int, int]:
    """Return the forward pass, the targets in its outputs' width, and the widths of inputs and outputs."""
    for width, outputs in _widths(world, X, y):
        found = find_forward(world, width, outputs, only, errors)
        if found:
            if X is None:
                assumed.append(f"No data was given: {width} inputs and {outputs} outputs were taken from the shapes.")
            return found[0], y, width, outputs or 1
    labels = y is not None and y.shape[1] == 1 and np.array_equal(y, np.round(y)) and y.min() >= 0
    if X is not None and y is not None and labels:
        for found_one in find_forward(world, X.shape[1], None, only, errors):
            outputs = _output_width(world, found_one, X.shape[1])
            if outputs > y.max() and outputs > 1:
                assumed.append(
                    f"The targets 0…{int(y.max())} were taken for classes: one column for each of {outputs}."
                )
                return found_one, np.eye(outputs)[y[:, 0].astype(int)], X.shape[1], outputs
    tried = "; ".join(f"{name}: {text}" for name, text in list(errors.items())[:4])
    raise FalllineError(
        "no forward pass was found: no method or function takes "
        + (
            f"rows of {X.shape[1]} inputs and returns {y.shape[1]} outputs"
            if X is not None and y is not None
            else "rows"
        )
        + " that depend on arrays or lists of weights. "
        + (f"Tried: {tried}. " if tried else "")
        + "Name it with forward='…'; with data, check that X and y have the network's numbers of inputs and outputs."
    )


def _output_width(world: World, forward: Forward, width: int) -> int:
    world.reset()
    result = forward.outputs(world, np.zeros((probe_rows(world, (width,)), width)))
    return 0 if result is None else int(result.shape[1])


def _widths(world: World, X: Array | None, y: Array | None) -> list[tuple[int, int | None]] | list[tuple[int, int]]:
    if X is not None and y is not None:
        return [(X.shape[1], y.shape[1])]
    arrays = [value for leaf in leaves(world) if (value := leaf.array(world)) is not None and value.ndim == 2]
    if not arrays:
        return [(1, 1), (2, 1)]
    first, last = arrays[0].shape, arrays[-1].shape
    inputs = [X.shape[1]] if X is not None else [first[0], first[1], first[1] - 1, first[0] - 1]
    outputs = [last[1], last[0], last[0] - 1, last[1] - 1]
    return list(dict.fromkeys((i, o) for i in inputs for o in outputs if i > 0 and o > 0))


def _named_parameters(world: World, names: Sequence[str] | None) -> list[Leaf]:
    found: list[Leaf] = []
    all_leaves = leaves(world)
    for name in names or ():
        plain = name.removeprefix("self.")
        fits = [leaf for leaf in all_leaves if re.match(rf"(self\.)?{re.escape(plain)}($|[.\[])", leaf.name)]
        if not fits:
            listed = ", ".join(leaf.name for leaf in all_leaves[:12]) or "none"
            raise FalllineError(f"parameters: nothing named {name!r} holds numbers; there are {listed}.")
        found.extend(leaf for leaf in fits if leaf not in found)
    return found


def _kept(world: World, plan: Plan, candidates: list[Leaf], X: Array, y: Array) -> list[Leaf]:
    """Return the parameters among what has a say in the outputs: single numbers where they move or are named so."""
    world.reset()
    before = {leaf: value for leaf in candidates if (value := leaf.array(world)) is not None}
    try:
        plan.make(world, X.copy(), y.copy())
    except (Exception, SystemExit):
        return candidates
    after = {leaf: leaf.array(world) for leaf in before}
    moved = {leaf for leaf, old in before.items() if (new := after[leaf]) is None or not np.array_equal(old, new)}
    named = re.compile(r"^_*(b|c|bias|w|weight|theta|threshold)s?_?\d*$", re.I)
    return [leaf for leaf in before if leaf in moved or before[leaf].ndim or named.match(leaf.last_name)]


def without_overlaps(world: World, parameters: list[Leaf]) -> list[Leaf]:
    """Leave out a vector whose memory the matrices are views of, and second ways to one place: each number once.

    One object that stands for several units of a layer stays: that it does is a mistake to be seen.
    """
    ways: dict[tuple[int, object], tuple[object, ...]] = {}
    once = []
    for leaf in parameters:
        with world.entered(reading=True):
            place = id(leaf.owner(world)), leaf.steps[-1]
        if ways.setdefault(place, leaf.way) == leaf.way:
            once.append(leaf)
    parameters = once
    values = {leaf: leaf.read(world) for leaf in parameters}
    matrices = [v for v in values.values() if isinstance(v, np.ndarray) and v.ndim == 2]
    return [
        leaf
        for leaf, v in values.items()
        if not (isinstance(v, np.ndarray) and v.ndim == 1 and any(np.shares_memory(v, m) for m in matrices))
    ]


def _traced(
    world: World, plan: Plan, probe: tuple[Array, Array], code: dict[str, str]
) -> tuple[dict[str, str], list[tuple[str, str, int]]]:
    """Make one step; return the user's source text by file, and the functions that ran, in order of first calls."""
    ran: dict[types.CodeType, None] = {}

    def note(frame: types.FrameType, event: str, _: Any) -> None:
        if event == "call" and is_users(frame.f_globals):
            ran.setdefault(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        plan.make(world, probe[0].copy(), probe[1].copy())
    except (Exception, SystemExit):  # what it raises is told when the step is really made
        pass
    finally:
        sys.setprofile(before)
    world.reset()
    called = [(c.co_qualname, c.co_filename, c.co_firstlineno) for c in ran if not c.co_name.startswith("<")]
    if isinstance(plan, LoopPlan) and plan.loop is not None:
        called.insert(0, (plan.main.function.name, plan.loop.code.co_filename, plan.loop.line))
    files = {file for _, file, _ in called} | {f.__code__.co_filename for f in world.functions}
    texts = {file: "".join(linecache.getlines(file)) for file in sorted(files)}
    return {**{file: text for file, text in texts.items() if text}, **code}, called


def _sentences(world: World, forward: Forward | None, plan: Plan, made: Sequence[Any], rate: Rate | None) -> list[str]:
    found = [f"Parameters: {', '.join(slot.name for slot in made)}."]
    if forward is None:
        found.append("No forward pass was found that could be called.")
    else:
        form = forward.call.inputs.words if forward.call.inputs else "its own data"
        kept = f", its outputs kept in {forward.where.name}" if isinstance(forward.where, Leaf) else ""
        found.append(f"Took `{forward.call.function.name}` for the forward pass: {form} in, outputs of shape "
                     f"{forward.shape} out{kept}.")  # fmt: skip
    call = plan.main
    words = call.inputs.words if call.inputs else "its own data"
    before = f" after `{plan.forward.call.function.name}`" if plan.forward else ""
    after = f", then `{plan.update.name}` with what it returns" if plan.update else ""
    each = ", once for each row" if plan.per_sample else ""
    found.append(f"Took `{call.function.name}` for the step: {words}{before}{after}{each}.")
    if not plan.adds_up:
        found.append("A batch's update is not the sum or the mean of its rows' updates.")
    if rate is None:
        found.append("No learning rate was found: no argument, attribute or global variable scales the step.")
    else:
        found.append(f"The learning rate is {rate.name}" + ("." if rate.places else f" = {rate.value:g}."))
    arrays = [id(slot.read()) for slot in made]
    shared = [slot.name for slot in made if arrays.count(id(slot.read())) > 1]
    if shared:
        found.append(f"The same array serves as {' and '.join(shared)}.")
    arguments = plan.main.function.arguments(world)
    missed = [name for name, what in arguments.roles.items() if what == "momentum"] if arguments else []
    if missed and missed[0] not in plan.main.given:
        found.append(f"`{missed[0]}` was left at its default, or given 0.1 where it has none.")
    return found


def _no_step(forward: Forward, only: str | None, errors: dict[str, str]) -> str:
    tried = "; ".join(f"{name}: {text}" for name, text in list(errors.items())[:4])
    what = f"step={only}" if only else "no step was found"
    return (
        f"{what}: `{forward.call.function.name}` was taken for the forward pass, but nothing that takes rows and "
        "targets moves the parameters that it uses. "
        + (f"Tried: {tried}. " if tried else "")
        + "Name the method or function that makes one step with step='…', and the parameters with parameters=['…']."
    )
