"""Finding the forward pass: the function that takes rows and whose outputs the most parameters have a say in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.attaching.calls import Call, Function, Variable, containers, functions, ranked
from fallline.subjects.handwritten.attaching.forms import COLUMNS, ROWS, Form, as_outputs, input_forms
from fallline.subjects.handwritten.attaching.leaves import Leaf, leaves
from fallline.subjects.handwritten.attaching.limits import time_limit
from fallline.subjects.handwritten.attaching.signatures import Arguments, role
from fallline.subjects.handwritten.attaching.world import World

NAMES = (
    r"^(forward|feed_?forward|forward_?(pass|prop(agation|agate)?)|ff)$",
    r"forward",
    r"^(run|query|think|propagate|activate|predict_proba|calc(ulate)?|compute|output|outputs|update|scores)$",
    r"predict|propagat|output|think|query|infer|evaluate|network|apply|test|call",
)
_LARGEST = 2_000_000  # numbers; a larger array is taken for data
NEVER = r"^__(?!call__)|^(save|load|plot|show|draw|print|export)"


@dataclass(frozen=True)
class Forward:
    """A forward pass: how it is called, where its outputs are, and which parameters they depend on."""

    call: Call
    where: Leaf | int | str | None  # None: what is returned; an index or key into it; or the place that keeps it
    influence: tuple[Leaf, ...]
    shape: tuple[int, ...]  # of the outputs as the user's code has them
    columns: bool = False  # whether samples are the columns of the outputs
    independent: bool = True  # whether each row's outputs are those of that row alone

    def outputs(self, world: World, X: Array, width: int | None = None) -> Array | None:
        """Return outputs (n, outputs) for rows X (n, inputs); None where they do not come out. May raise."""
        found = self._outputs(world, X, width)
        return None if found is None else found[0]

    def _outputs(self, world: World, X: Array, width: int | None) -> tuple[Array, tuple[int, ...]] | None:
        if self.call.inputs is not None and self.call.inputs.per_sample:
            results = [self._once(world, X[i : i + 1], width) for i in range(len(X))]
            if not results or any(result is None for result in results):
                return None
            return np.concatenate([r[0] for r in results if r is not None]), (results[0] or (0, ()))[1]
        return self._once(world, X, width)

    def _once(self, world: World, X: Array, width: int | None) -> tuple[Array, tuple[int, ...]] | None:
        with world.entered():
            returned = self.call.make(world, X)
            value = self.where.read(world) if isinstance(self.where, Leaf) else _pick(returned, self.where)
            return as_outputs(value, len(X), width, self.columns)

    def returned(self, world: World, X: Array) -> Any:
        """Make the call and return the outputs as the user's code has them; the world must be entered."""
        returned = self.call.make(world, X)
        return self.where.read(world) if isinstance(self.where, Leaf) else _pick(returned, self.where)


def _pick(returned: Any, where: int | str | None) -> Any:
    return returned if where is None else returned[where]


def probe_rows(world: World, widths: Sequence[int | None]) -> int:
    """Return a number of rows that no array of the network has as a length, so that shapes tell what rows are."""
    taken = {width for width in widths if width is not None}
    taken |= {length for leaf in leaves(world) for length in leaf.shape(world) or ()}
    free = [n for n in (7, 11, 6, 9, 13, 5, 17, 19, 23, 29, 31, 37) if not taken & {n, n + 1, n - 1}]
    return free[0] if free else next(n for n in range(41, 10_000) if n not in taken)


def candidates(world: World, only: str | None) -> list[Function]:
    """Return what may be a forward pass, the likeliest names first."""
    found = functions(world)
    if only is not None:
        return [function for function in found if function.name == only]
    return ranked(found, NAMES, NEVER)


def find_forward(
    world: World, width: int, outputs: int | None, only: str | None = None, errors: dict[str, str] | None = None
) -> list[Forward]:
    """Return the forward passes that work for `width` inputs, the best first.

    What is best: the number of parameters that have a say in the outputs, then whether rows do not mix, then the name.
    """
    n = probe_rows(world, (width, outputs))
    X = np.random.default_rng(5).uniform(-1, 1, size=(n, width))
    found: list[tuple[tuple[float, ...], Forward]] = []
    for place, function in enumerate(candidates(world, only)):
        for forward in _ways(world, function, X, outputs, errors):
            forward = _with_influence(world, forward, X, outputs)
            if not forward.influence:
                continue
            arrays = sum(1 for leaf in forward.influence if leaf.shape(world))
            batch = not (forward.call.inputs is not None and forward.call.inputs.per_sample)
            rank = (-arrays, -len(forward.influence), -int(forward.independent), -int(batch), float(place))
            found.append((rank, forward))
            if forward.independent:
                break
    return [forward for _, forward in sorted(found, key=lambda item: item[0])]


def _ways(
    world: World, function: Function, X: Array, outputs: int | None, errors: dict[str, str] | None
) -> Iterator[Forward]:
    world.reset()
    found = function.arguments(world)
    if found is None:
        return
    required = [name for name in found.roles if name not in found.defaults]
    kept: list[Variable] = []
    if function.root >= 0 and len(required) == 2 and "state" not in found.roles.values():
        with world.entered(reading=True):
            kept = containers(world)
    if not kept and any(  # what needs targets, or counts iterations, is no forward pass
        found.of(what) in set(found.roles) - set(found.defaults) for what in ("targets", "estimates", "iterations")
    ):
        return
    if found.of("inputs") is None:
        stored = _stored_inputs(world)
        ways = [Call(function, form, stored=((leaf, "inputs"),)) for leaf in stored for form in (ROWS, COLUMNS)]
    else:
        forms = [form for per_sample in (False, True) for form in input_forms(per_sample, X.shape[1])]
        ways = [Call(function, form) for form in forms]
        if kept:
            ways = [_given(function, form, found, name, variable)
                     for variable in kept for name in required for form in forms]  # fmt: skip
    for call in ways:
        world.reset()
        rows = X[:1] if call.inputs is not None and call.inputs.per_sample else X
        before = {leaf: leaf.array(world) for leaf in leaves(world)}
        try:
            with world.entered(), time_limit(2):
                returned = call.make(world, rows)
        except (Exception, SystemExit) as error:
            if errors is not None:
                errors.setdefault(function.name, f"{type(error).__name__}: {error}")
            continue
        options: list[tuple[Any, Any]] = [(None, returned)]
        if isinstance(returned, list | tuple):
            options += [(i - len(returned), returned[i]) for i in reversed(range(len(returned)))]
        elif isinstance(returned, dict):
            options += [(key, returned[key]) for key in reversed(list(returned))]
        elif returned is None:
            changed = [leaf for leaf in leaves(world) if not _equal(leaf.array(world), before.get(leaf))]
            changed.sort(key=lambda leaf: role(leaf.last_name) not in ("estimates", "outputs"))
            options = [(leaf, leaf.read(world)) for leaf in changed]
        for where, value in options:
            fits = as_outputs(value, len(rows), outputs)
            if fits is not None and np.isfinite(fits[0]).all():
                yield Forward(call, where, (), fits[1], len(fits[1]) == 2 and fits[1][0] != len(rows))
                if returned is not None:
                    break


def _given(function: Function, form: Form, found: Arguments, name: str, variable: Variable) -> Call:
    """Return a call that gives one argument a variable with the parameters, and the other one the rows."""
    other = next(n for n in found.roles if n != name and n not in found.defaults)
    return Call(function, form, given={name: variable}, roles={name: "", other: "inputs"})


def _stored_inputs(world: World) -> list[Leaf]:
    with_data = [leaf for leaf in leaves(world) if len(leaf.shape(world) or ()) == 2]
    return [leaf for leaf in with_data if role(leaf.last_name) == "inputs"][:2]


def _equal(first: Array | None, second: Array | None) -> bool:
    return first is not None and second is not None and np.array_equal(first, second, equal_nan=True)


def _with_influence(world: World, forward: Forward, X: Array, outputs: int | None) -> Forward:
    rows = X[:3] if forward.call.inputs is not None and forward.call.inputs.per_sample else X
    stored = {leaf for leaf, _ in forward.call.stored}
    found, independent = influence_on(world, lambda rows: forward.outputs(world, rows, outputs), rows, stored)
    return replace(forward, influence=tuple(found), independent=independent)


def influence_on(
    world: World, outputs: Callable[[Array], Array | None], rows: Array, other: set[Leaf]
) -> tuple[list[Leaf], bool]:
    """Return which numbers change the outputs (`other` ones left out), and whether rows are independent of each other.

    Numbers that the pass itself changes are activations that it keeps, not parameters.
    """
    draw = np.random.default_rng(11)

    def once(rows: Array) -> Array | None:
        try:
            with time_limit(2):
                return outputs(rows)
        except (Exception, SystemExit):
            return None

    world.reset()
    first = once(rows)
    world.reset()
    again = once(rows)
    if first is None or again is None or not _equal(first, again) or not np.isfinite(first).all():
        return [], False
    world.reset()
    turned = once(rows[::-1].copy())
    independent = turned is not None and np.allclose(turned[::-1], first, rtol=1e-9, atol=1e-12)
    other_last = rows.copy()
    other_last[-1] += 0.5  # a softmax over a whole batch mixes its rows in any order
    world.reset()
    moved = once(other_last)
    independent &= moved is not None and np.allclose(moved[:-1], first[:-1], rtol=1e-9, atol=1e-12)
    if np.ptp(first, axis=0).max() == 0:
        independent = False
    world.reset()
    before = {leaf: leaf.array(world) for leaf in leaves(world)}
    once(rows)
    kept = {leaf for leaf, value in before.items() if not _equal(leaf.array(world), value)} | other
    world.reset()
    found = []
    for leaf, value in before.items():
        if leaf in kept or value is None or value.size > _LARGEST or not _may_be_parameter(leaf.read(world)):
            continue
        scale = 0.5 + np.abs(value).max()
        for sign in (1, -1):
            world.reset()
            try:
                leaf.write(world, value + sign * draw.uniform(0.3, 1.0, size=value.shape) * scale)
                now = once(rows)
            except (Exception, SystemExit):
                break
            if now is not None and now.shape == first.shape and not np.allclose(now, first, rtol=1e-9, atol=1e-13):
                found.append(leaf)
                break
    world.reset()
    return found, independent


def _may_be_parameter(value: Any) -> bool:
    """Whether it may hold weights: not a whole number alone, and not a list of whole numbers as layer sizes are."""
    if isinstance(value, int | np.integer):
        return False
    if isinstance(value, list | tuple) and all(isinstance(item, int) for item in value):
        return False
    return not (isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind in "iu" and value.size < 2)
