"""Attaching to a file: its class, its functions with global variables, or its training loop."""

from __future__ import annotations
import __future__

import ast
import contextlib
import linecache
import sys
import types
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from fallline.errors import FalllineError
from fallline.subjects.handwritten.attached import Attached, Style
from fallline.subjects.handwritten.attaching.attach import attach_object, finished
from fallline.subjects.handwritten.attaching.construction import constructed
from fallline.subjects.handwritten.attaching.faults import described
from fallline.subjects.handwritten.attaching.forward import probe_rows
from fallline.subjects.handwritten.attaching.limits import TookTooLongError, time_limit
from fallline.subjects.handwritten.attaching.loop_finding import LoopFinder
from fallline.subjects.handwritten.attaching.places import data_places
from fallline.subjects.handwritten.attaching.program import Program, Reader
from fallline.subjects.handwritten.attaching.rate_literals import with_literal
from fallline.subjects.handwritten.attaching.rows import GivenRows, as_rows
from fallline.subjects.handwritten.attaching.signatures import arguments, role
from fallline.subjects.handwritten.attaching.source import Source, read_source
from fallline.subjects.handwritten.attaching.world import Names, World, functions_of, is_data, users_classes

_SETUP_SECONDS = 10.0


def attach_file(
    path: str | Path,
    data: tuple[Any, Any] | None = None,
    *,
    network: str | None = None,
    forward: str | None = None,
    step: str | None = None,
    parameters: Sequence[str] | None = None,
    learning_rate: float | None = None,
) -> Attached:
    """Attach to a program: everything in it up to its training is executed in this process.

    Parameters
    ----------
    data
        Rows X and targets y; without them the program's own are used.
    network
        An expression that makes the network, such as "NeuralNetwork([2, 3, 1])".
    forward, step, parameters, learning_rate
        As for `attach_object`.

    Raises
    ------
    FalllineError
        If the file does not parse, raises before its training, or no network is found in it.
    """
    source = read_source(path)
    rows = as_rows(*data) if data is not None else GivenRows(None, None)
    explicit: dict[str, Any] = {
        "forward": forward,
        "step": step,
        "parameters": parameters,
        "learning_rate": learning_rate,
    }
    attached = _attached(source, rows, network, explicit)
    places = attached.rate_places
    if attached.with_rate is not None or not places or {place[0] for place in places} != {str(source.path)}:
        return attached

    def with_rate(value: float) -> Attached:
        other = _attached(replace(source, tree=with_literal(source.tree, places, value)), rows, network, explicit)
        if [slot.name for slot in other.slots] != [slot.name for slot in attached.slots]:
            raise FalllineError(f"{source.path.name}: with another rate {attached.rate_name} it is another network.")
        return replace(other, learning_rate=value)

    return replace(attached, with_rate=with_rate)


def _attached(source: Source, rows: GivenRows, network: str | None, explicit: dict[str, Any]) -> Attached:
    failures: list[str] = []
    programs = Reader(source.tree).read()
    # a training function that nobody calls may take its samples as rows or as columns
    for program, turned in [(p, t) for p in programs for t in ((False, True) if p.inputs_of else (False,))]:
        try:
            space = _prepared(source, program, rows, turned)
        except FalllineError as error:
            failures.append(str(error))
            if program.inside and failures[1:]:
                continue
            if not program.inside:
                raise
            continue
        for attached in _tries(source, program, space, rows, network, explicit, failures):
            return attached
    with _collected(failures):  # the last resort: functions whose step moves nothing
        alone = _prepared(source, replace(programs[0], setup=programs[0].alone), rows)
        own = rows if rows.X is not None else _own_rows(programs[0], alone)
        return attach_object(alone, own.X, own.y, code={str(source.path): source.text}, **explicit)
    raise FalllineError(
        f"{source.path.name}: no network was found. Looked for an object, functions with global variables, and a loop "
        f"that trains. {' '.join(dict.fromkeys(failures[:3]))} "
        "Say how to make it with --network 'NeuralNetwork(…)', or which function is which with forward= and step=."
    )


def _tries(
    source: Source,
    program: Program,
    space: Names,
    rows: GivenRows,
    network: str | None,
    explicit: dict[str, Any],
    failures: list[str],
) -> Iterator[Attached]:
    own = rows if rows.X is not None else _own_rows(program, space)
    code = {str(source.path): source.text}
    objects: list[tuple[Any, str]] = []
    if network is not None:
        objects.append((_evaluated(source, network, space), ""))
    else:
        names = _objects(program, space)
        objects += [(space[name], f"The network is `{name}`.") for name in names]
    for net, words in objects:
        with _collected(failures):
            yield _told(attach_object(net, own.X, own.y, code=code, **explicit), words)
    if network is not None:
        return
    plain = isinstance(program.training, ast.For | ast.While) and Reader(source.tree).plain(program.training)
    if plain:
        with _collected(failures):
            yield _looped(source, program, space, rows, explicit)

    def made() -> Iterator[Attached]:
        if not objects or program.training is None:
            for net, words in constructed(space, own):
                with _collected(failures):
                    yield _told(attach_object(net, own.X, own.y, code=code, **explicit), words)

    def functions() -> Iterator[Attached]:
        if any(isinstance(node, ast.FunctionDef) for node in source.tree.body):
            with _collected(failures):
                alone = _prepared(source, replace(program, setup=program.alone), rows)
                unmoving = _has_listed_layers(space)
                yield _told(attach_object(alone, own.X, own.y, code=code, unmoving=unmoving, **explicit), "")

    for way in (functions, made) if _has_listed_layers(space) else (made, functions):
        yield from way()
    if isinstance(program.training, ast.For | ast.While) and not plain:
        with _collected(failures):
            yield _looped(source, program, space, rows, explicit)


def _has_listed_layers(space: Names) -> bool:
    """Whether a global variable lists objects of the user's classes: then no single one of them is the network."""
    lists = [value for name, value in space.items() if is_data(name, value) and isinstance(value, list | tuple)]
    return any(len(value) > 1 and all(users_classes(item) for item in value) for value in lists)


def _told(attached: Attached, words: str) -> Attached:
    return replace(attached, assumed=(*attached.assumed, words)) if words else attached


@contextlib.contextmanager
def _collected(failures: list[str]) -> Iterator[None]:
    try:
        yield
    except FalllineError as error:
        failures.append(str(error)[:1].upper() + str(error)[1:])


def _prepared(source: Source, program: Program, rows: GivenRows, turned: bool = False) -> Names:
    """Execute what comes before the training, with the program's own directory as the one to import from."""
    module = types.ModuleType(source.path.stem)
    space = vars(module)
    space.update({"__file__": str(source.path.resolve()), "__builtins__": __builtins__})
    linecache.cache[str(source.path)] = (
        len(source.text),
        None,
        source.text.splitlines(keepends=True),
        str(source.path),
    )
    sys.path.insert(0, str(source.directory))
    features = _features(source.tree)
    registered = module.__name__ not in sys.modules
    if registered:  # a dataclass looks its module up
        sys.modules[module.__name__] = module
    try:
        with time_limit(_SETUP_SECONDS), np.errstate(all="ignore"):
            for node in program.setup:
                if isinstance(node, ast.Pass):
                    _given(program, space, rows, turned)
                statement = ast.fix_missing_locations(ast.Module([node], []))
                exec(compile(statement, str(source.path), "exec", flags=features, dont_inherit=True), space)
    except TookTooLongError as error:
        where = described(error, {str(source.path)})
        raise FalllineError(
            f"{source.path.name}: did not come to its training within {_SETUP_SECONDS:g} s ({where})."
        ) from None
    except MemoryError:
        raise
    except (Exception, SystemExit) as error:
        raise FalllineError(f"{source.path.name}: raised {_hint(described(error, {str(source.path)}))}.") from error
    finally:
        sys.path.remove(str(source.directory))
        if registered:
            sys.modules.pop(module.__name__, None)
    return space


def _features(tree: ast.Module) -> int:
    """Return the compiler's flags for what a file imports from __future__: its statements are compiled one by one."""
    names = [
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        for alias in node.names
    ]
    return sum(getattr(__future__, name).compiler_flag for name in names if hasattr(__future__, name))


def _hint(text: str) -> str:
    if any(f"name '{name}' is not defined" in text for name in ("xrange", "raw_input", "unicode", "reduce", "long")):
        return text + "; this is Python 2, and Fallline runs Python 3"
    return text


def _given(program: Program, space: Names, rows: GivenRows, turned: bool) -> None:
    """Give a training function that nobody calls its arguments: the data, the rate, and sizes by its names."""
    X, y = rows.X, rows.y
    if X is None:
        own = next(iter(data_places({n: v for n, v in space.items() if is_data(n, v)})), None)
        if own is not None:
            X, y = own[1], own[2]
    if turned and X is not None and y is not None:
        X, y = X.T.copy(), y.T.copy()
    for name in program.inputs_of:
        kind = role(name)
        if name in space and kind not in ("rate", "iterations"):
            continue
        if kind == "iterations":
            space[name] = 1
        elif kind == "rate":
            space[name] = 0.1
        elif kind == "inputs" and X is not None:
            space[name] = X
        elif kind in ("targets", "outputs") and y is not None:
            space[name] = y
        else:
            space[name] = 4


def _own_rows(program: Program, space: Names) -> GivenRows:
    """Return the program's own data: what its training call is given, or the variables that look like it."""
    for call in [part for part in ast.walk(program.training) if isinstance(part, ast.Call)] if program.training else []:
        if not isinstance(call.func, ast.Attribute | ast.Name):
            continue
        try:
            function = eval(compile(ast.Expression(call.func), "", "eval"), space)
            found = arguments(function)
            values = dict(zip(found.roles if found else (), call.args, strict=False))
            values.update({keyword.arg: keyword.value for keyword in call.keywords if keyword.arg})
            by_role = {
                (found.roles[name] if found else ""): eval(compile(ast.Expression(value), "", "eval"), space)
                for name, value in values.items()
                if found and found.roles.get(name) in ("inputs", "targets")
            }
            if {"inputs", "targets"} <= set(by_role) and len(np.atleast_1d(by_role["inputs"])) > 1:
                return as_rows(by_role["inputs"], by_role["targets"])
        except Exception:  # an argument that cannot be evaluated before the loop says nothing
            continue
    places = data_places({name: value for name, value in space.items() if is_data(name, value)})
    for place, X, y in places[:1]:
        known = role(place.inputs) in ("inputs", "pairs") and role(place.targets) in ("targets", "outputs")
        if place.joined == "pairs" or known:
            return GivenRows(X, y)
    return GivenRows(None, None)


def _objects(program: Program, space: Names) -> list[str]:
    """Return the names of the user's objects, those that the training mentions first."""
    names = [name for name, value in space.items() if is_data(name, value) and users_classes(value)]
    used = {part.id for part in ast.walk(program.training) if isinstance(part, ast.Name)} if program.training else set()
    found = [name for name in names if functions_of(type(space[name]))]
    return sorted(found, key=lambda name: name not in used)


def _evaluated(source: Source, network: str, space: Names) -> Any:
    try:
        return eval(network, space)
    except Exception as error:
        raise FalllineError(f"--network {network!r}: raised {described(error, {str(source.path)})}.") from error


def _looped(
    source: Source,
    program: Program,
    space: Names,
    rows: GivenRows,
    explicit: dict[str, Any],
) -> Attached:
    node = program.training
    assert isinstance(node, ast.For | ast.While)
    world = World(None, space)
    number = next(i for i, names in enumerate(world.spaces) if names is space)
    finder = LoopFinder(world, node, str(source.path), number, program.inside)
    found = finder.find()
    if found is None:
        told = "; ".join(finder.errors.values())
        raise FalllineError(
            f"the loop in line {node.lineno} was run once and moved no parameters{': ' + told if told else ''}."
        )
    n = probe_rows(world, (found.X.shape[1], found.y.shape[1]))
    draw = np.random.default_rng(7)
    probe = draw.uniform(-1, 1, (n, found.X.shape[1])), draw.uniform(0.1, 0.9, (n, found.y.shape[1]))
    X, y = (rows.X, rows.y) if rows.X is not None else (found.X, found.y)
    words = [f"A step is one run of the loop's body, with the data in {found.data.words}."]
    if not found.plan.moved:
        words.append("The loop's body moves none of the parameters.")
    code = {str(source.path): source.text}
    rate = explicit["learning_rate"]
    return finished(world, found.forward, found.plan, found.parameters, (X, y), probe, rate, words, code, Style.SCRIPT)
