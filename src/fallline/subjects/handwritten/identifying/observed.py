"""The update that a user's step really makes: from given weights, on given rows, in the twin's coordinates.

Each probe writes random weights, makes the step three times from them on the same rows, and reads what changed.
Three equal changes: the step has no memory. u₃ − u₂ = μ (u₂ − u₁): momentum, which is then taken out of the update.
u₂ = u₃ but another u₁: what the step did for the probe before takes part in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.attached import Attached
from fallline.subjects.handwritten.identifying.adaptive import ADAPTIVE, is_adaptive
from fallline.subjects.handwritten.identifying.memory import Memory, backwards, recall, without_momentum
from fallline.subjects.handwritten.twins.twin import Twin, draw_values, write_values

PROBES = 4  # of several rows
SINGLE_ROW_PROBES = 8  # where the step takes one row at a time: a row says less than a batch
ROWS, MOST_ROWS = 7, 40


@dataclass(frozen=True)
class Probe:
    """One observation: parameters, rows and targets, and what the step changed."""

    parameters: Array
    X: Array
    y: Array
    update: Array  # without what momentum adds
    whole: Array  # as it was made
    first: Array  # of the first of the repeated steps, when the probe before was the last step
    X_after: Array  # the rows as the step left them
    y_after: Array


@dataclass(frozen=True)
class Observed:
    """What was seen.

    Parameters
    ----------
    probes
        Probes of the same number of rows.
    memory
        What the step takes over from the steps before it.
    momentum
        The share μ of the last update, the largest of all layers; 0 without.
    momentum_against
        Layers, from 1, where the last update is subtracted.
    grown
        Slots that have another shape after a step: number, shape before, shape after.
    shared
        Pairs of slots of which writing one changes the other; twice the same where a slot's own parts are one array.
    data_changed
        Whether the step changed the rows or targets that it was given; rows in another order are no change.
    shuffled_apart
        Whether the step put rows and targets into different orders.
    failure
        What the step raised where it did; then there are no probes.
    given
        Number of rows of the user's own data; 0 where there is none.
    opening
        The first probe of all: what a step keeps for good it has kept there.
    whole
        Layers, from 1, that were known to be cut to whole numbers: their weights were 1 and −1 before the step.
    cut
        Layers, from 1, that do not move, but move by whole numbers at a rate that is a thousand times as large.
    """

    probes: tuple[Probe, ...]
    memory: Memory = Memory.NONE
    momentum: float = 0.0
    momentum_against: tuple[int, ...] = ()
    grown: tuple[tuple[int, tuple[int, ...], tuple[int, ...]], ...] = ()
    shared: tuple[tuple[int, int], ...] = ()
    data_changed: bool = False
    shuffled_apart: bool = False
    failure: str = ""
    given: int = 0
    opening: Probe | None = None
    whole: frozenset[int] = frozenset()
    cut: frozenset[int] = frozenset()

    @property
    def rows(self) -> int:
        """Number of rows of each probe."""
        return len(self.probes[0].X)


@dataclass
class _Watch:
    """Steps a network and notes what else happens."""

    attached: Attached
    twin: Twin
    units: frozenset[int] = frozenset()  # slots that are given 1 and −1
    grown: dict[int, tuple[tuple[int, ...], tuple[int, ...]]] = field(default_factory=dict)
    data_changed: bool = False
    shuffled_apart: bool = False
    data: tuple[Array, Array] = (np.empty(0), np.empty(0))  # as the last step left it

    def update(self, values: Sequence[Array], X: Array, y: Array) -> Array:
        """Return the change that one step makes from the slots' values."""
        start = write_values(self.attached, values)
        own_X, own_y = X.copy(), y.copy()
        with np.errstate(all="ignore"):
            self.attached.step(own_X, own_y)
        together = _same_rows(np.hstack([own_X, own_y]), np.hstack([X, y]))
        apart = not together and _same_rows(own_X, X) and _same_rows(own_y, y)
        self.shuffled_apart |= apart
        self.data_changed |= not (together or apart)
        self.data = own_X, own_y
        after = self.attached.parameters()
        for number, (old, new) in enumerate(zip(start, after, strict=True)):
            if new.shape != old.shape and new.size != old.size:
                self.grown[number] = (old.shape, new.shape)
                after[number] = _fold(new, old.shape)
            else:
                after[number] = new.reshape(old.shape)
        return self.twin.to_parameters(after) - self.twin.to_parameters(start)


def _same_rows(first: Array, second: Array) -> bool:
    """Whether two tables have the same rows, in any order."""
    one, two = (table[np.lexsort(table.T)] for table in (first, second))
    return np.array_equal(first, second) or np.array_equal(one, two)


def _fold(value: Array, shape: tuple[int, ...]) -> Array:
    """Return an array that broadcasting has grown as its old shape: NaN, since no one change is meant."""
    return np.full(shape, np.nan)


def observe(
    attached: Attached, twin: Twin, seed: int = 1, rows: int | None = None, whole: frozenset[int] = frozenset()
) -> Observed:
    """Return what the user's step does on random probes; slots are left as they were.

    Layers that are known to be cut to `whole` numbers are given weights 1 and −1: those that the step moves towards 0
    become 0, which tells the signs of the update.
    """
    before = [slot.read() for slot in attached.slots]
    try:
        return replace(_observed(attached, twin, np.random.default_rng(seed), rows, whole), whole=whole)
    finally:
        for slot, value in zip(attached.slots, before, strict=True):
            slot.write(value)


def _observed(
    attached: Attached, twin: Twin, draw: np.random.Generator, rows: int | None, whole: frozenset[int]
) -> Observed:
    units = frozenset(slot for layer in whole for slot in twin.layers[layer - 1].weights)
    shared = _shared(attached, twin, draw)
    given = len(attached.X) if attached.X is not None else ROWS
    sizes = (
        [rows] if rows else [1, given] if attached.per_sample else list(dict.fromkeys([_unlike(twin, given), given]))
    )
    failure = ""
    if not whole and _adapts(attached, twin, draw.spawn(1)[0], sizes[0]):
        return Observed((), shared=shared, failure=ADAPTIVE)
    for size in sizes:
        watch = _Watch(attached, twin, units)
        attached.reset()
        try:
            opening, probes, memory, shares = _series(watch, draw, size)
        except Exception as error:  # the user's code may raise anything
            failure = failure or f"{type(error).__name__}: {error}"
            continue
        return Observed(
            tuple(probes),
            memory=memory,
            momentum=float(shares[np.argmax(np.abs(shares))]),
            momentum_against=backwards(twin, shares),
            grown=tuple((number, *shapes) for number, shapes in watch.grown.items()),
            shared=shared,
            data_changed=watch.data_changed,
            shuffled_apart=watch.shuffled_apart,
            given=0 if attached.X is None else given,
            opening=opening,
        )
    return Observed((), shared=shared, failure=failure or "the step makes no difference that can be read")


def _adapts(attached: Attached, twin: Twin, draw: np.random.Generator, rows: int) -> bool:
    """Whether steps from new starts, each without a history, have updates of one size."""
    made = []
    for _ in range(2):
        attached.reset()
        values = draw_values(twin.shapes, draw)
        start = write_values(attached, values)
        X, y = draw_rows(twin, twin.to_parameters(start), rows, draw)
        try:
            with np.errstate(all="ignore"):
                attached.step(X, y)
        except Exception:  # the user's code may raise anything
            return False
        after = attached.parameters()
        if any(new.shape != old.shape for new, old in zip(after, start, strict=True)):
            return False
        made.append([new - old for new, old in zip(after, start, strict=True)])
    return is_adaptive(made)


def _unlike(twin: Twin, given: int) -> int:
    """Return a number of rows that is no layer's size, so that no axis can be taken for another."""
    sizes = {1, *twin.shape, *(size + 1 for size in twin.shape)}
    sizes_that_differ = (n for n in (given, *range(ROWS, ROWS + len(sizes) + 1)) if n not in sizes and n <= MOST_ROWS)
    return int(next(sizes_that_differ))


def draw_rows(twin: Twin, parameters: Array, rows: int, draw: np.random.Generator) -> tuple[Array, Array]:
    """Return random rows, and targets that the output activation could give, above and below the outputs by turns."""
    X = draw.uniform(-1.2, 1.2, (rows, twin.shape[0]))
    name, outputs = twin.forms[-1].name, twin.shape[-1]
    if name.startswith("softmax") and outputs > 1:
        return X, np.eye(outputs)[draw.integers(0, outputs, rows)]
    y = twin.run(parameters, X)
    low = -0.98 if "tanh" in name else 0.01
    bounds = (low, 0.99) if "sigmoid" in name or "tanh" in name else (y - 1.0, y + 1.0)
    above = (np.arange(y.size).reshape(y.shape) + draw.integers(0, 2)) % 2 == 0
    return X, y + draw.uniform(0.2, 0.9, y.shape) * (np.where(above, bounds[1], bounds[0]) - y)


def _series(watch: _Watch, draw: np.random.Generator, rows: int) -> tuple[Probe, list[Probe], Memory, Array]:
    count = PROBES if rows > 1 else SINGLE_ROW_PROBES
    made, starts, data = [], [], []
    for _ in range(count + 1):  # the first only brings the network's memory into a state that is known
        values = draw_values(watch.twin.shapes, draw)
        values = [np.sign(value) if number in watch.units else value for number, value in enumerate(values)]
        start = watch.twin.to_parameters(write_values(watch.attached, values))
        X, y = draw_rows(watch.twin, start, rows, draw)
        updates = [watch.update(values, X, y) for _ in range(3)]
        made.append(updates)
        starts.append((start, X, y))
        data.append(watch.data)
    memory, shares = recall(watch.twin, made[1:])
    own = [u[2] for u in made]
    if memory is Memory.MOMENTUM:
        own, shares = without_momentum(watch.twin, made, shares)
    probes = [
        Probe(*start, update, u[2], u[0], *left) for start, update, u, left in zip(starts, own, made, data, strict=True)
    ]
    if memory in (Memory.NONE, Memory.MOMENTUM):
        return probes[0], probes[1:], memory, shares
    return probes[0], probes, memory, shares  # the probe before counts, so the first stays in the list


def _shared(attached: Attached, twin: Twin, draw: np.random.Generator) -> tuple[tuple[int, int], ...]:
    """Return pairs of slots of which writing one changes the other; a slot whose own parts share memory with itself."""
    values = draw_values(twin.shapes, draw)
    now = write_values(attached, values)
    wrong = [number for number, (old, new) in enumerate(zip(values, now, strict=True)) if not np.array_equal(old, new)]
    pairs: set[tuple[int, int]] = set()
    for first in wrong:
        others = {n for n in range(len(values)) if n != first and _moves(attached, n, first, draw)}
        pairs |= {(min(first, n), max(first, n)) for n in others} or {(first, first)}
    return tuple(sorted(pairs))


def _moves(attached: Attached, written: int, read: int, draw: np.random.Generator) -> bool:
    """Whether writing one slot changes another."""
    before = attached.slots[read].values()
    shape = attached.slots[written].values().shape
    attached.slots[written].write(draw.uniform(0.2, 1.0, shape))
    return not np.array_equal(before, attached.slots[read].values())
