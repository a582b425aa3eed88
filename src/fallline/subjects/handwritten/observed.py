"""The update that a user's step really makes: from given weights, on given rows, in the twin's coordinates.

Each probe writes random weights, makes the step three times from them on the same rows, and reads what changed.
Three equal changes: the step has no memory. u₃ − u₂ = μ (u₂ − u₁): momentum μ, and u₃ − μ u₂ is the update without it.
u₂ = u₃ but another u₁: what the step did for the probe before takes part in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.attached import Attached
from fallline.subjects.handwritten.memory import Memory, backwards, lasting, recall
from fallline.subjects.handwritten.twin import Twin, draw_values, write_values

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
        Pairs of slots of which writing one changes the other.
    data_changed
        Whether the step changed the rows or targets that it was given.
    failure
        What the step raised where it did; then there are no probes.
    """

    probes: tuple[Probe, ...]
    memory: Memory = Memory.NONE
    momentum: float = 0.0
    momentum_against: tuple[int, ...] = ()
    grown: tuple[tuple[int, tuple[int, ...], tuple[int, ...]], ...] = ()
    shared: tuple[tuple[int, int], ...] = ()
    data_changed: bool = False
    failure: str = ""
    given: int = 0  # rows of the user's own data; 0 where there is none

    @property
    def rows(self) -> int:
        """Number of rows of each probe."""
        return len(self.probes[0].X)


@dataclass
class _Watch:
    """Steps a network and notes what else happens."""

    attached: Attached
    twin: Twin
    grown: dict[int, tuple[tuple[int, ...], tuple[int, ...]]] = field(default_factory=dict)
    data_changed: bool = False
    data: tuple[Array, Array] = (np.empty(0), np.empty(0))  # as the last step left it

    def update(self, values: Sequence[Array], X: Array, y: Array) -> Array:
        """Return the change that one step makes from the slots' values."""
        start = write_values(self.attached, values)
        own_X, own_y = X.copy(), y.copy()
        with np.errstate(all="ignore"):
            self.attached.step(own_X, own_y)
        self.data_changed |= not (np.array_equal(own_X, X) and np.array_equal(own_y, y))
        self.data = own_X, own_y
        after = self.attached.parameters()
        for number, (old, new) in enumerate(zip(start, after, strict=True)):
            if new.shape != old.shape and new.size != old.size:
                self.grown[number] = (old.shape, new.shape)
                after[number] = _fold(new, old.shape)
            else:
                after[number] = new.reshape(old.shape)
        return self.twin.to_parameters(after) - self.twin.to_parameters(start)


def _fold(value: Array, shape: tuple[int, ...]) -> Array:
    """Return an array that broadcasting has grown as its old shape: NaN, since no one change is meant."""
    return np.full(shape, np.nan)


def observe(attached: Attached, twin: Twin, seed: int = 1, rows: int | None = None) -> Observed:
    """Return what the user's step does on random probes; slots are left as they were."""
    before = [slot.read() for slot in attached.slots]
    try:
        return _observed(attached, twin, np.random.default_rng(seed), rows)
    finally:
        for slot, value in zip(attached.slots, before, strict=True):
            slot.write(value)


def _observed(attached: Attached, twin: Twin, draw: np.random.Generator, rows: int | None) -> Observed:
    shared = _shared(attached, twin, draw)
    given = len(attached.X) if attached.X is not None else ROWS
    sizes = (
        [rows] if rows else [1, given] if attached.per_sample else list(dict.fromkeys([_unlike(twin, given), given]))
    )
    failure = ""
    for size in sizes:
        watch = _Watch(attached, twin)
        try:
            probes, memory, shares = _series(watch, draw, size)
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
            given=0 if attached.X is None else given,
        )
    return Observed((), shared=shared, failure=failure or "the step makes no difference that can be read")


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


def _series(watch: _Watch, draw: np.random.Generator, rows: int) -> tuple[list[Probe], Memory, Array]:
    count = PROBES if rows > 1 else SINGLE_ROW_PROBES
    made, starts, data = [], [], []
    for _ in range(count + 1):  # the first only brings the network's memory into a state that is known
        values = draw_values(watch.twin.shapes, draw)
        start = watch.twin.to_parameters(write_values(watch.attached, values))
        X, y = draw_rows(watch.twin, start, rows, draw)
        updates = [watch.update(values, X, y) for _ in range(3)]
        made.append(updates)
        starts.append((start, X, y))
        data.append(watch.data)
    memory, shares = recall(watch.twin, made[1:])
    if memory in (Memory.NONE, Memory.MOMENTUM):
        further = lasting(made[1:])
        probes = [
            Probe(*s, u[2] - shares * u[1] if further else u[2], u[2], u[0], *d)
            for s, u, d in zip(starts[1:], made[1:], data[1:], strict=True)
        ]
        return probes, memory, shares
    # the probe before counts, so the first stays in the list
    return [Probe(*s, u[2], u[2], u[0], *d) for s, u, d in zip(starts, made, data, strict=True)], memory, shares


def _shared(attached: Attached, twin: Twin, draw: np.random.Generator) -> tuple[tuple[int, int], ...]:
    """Return pairs of slots that share memory: what is written to the second is found in the first."""
    values = draw_values(twin.shapes, draw)
    now = write_values(attached, values)
    wrong = [number for number, (old, new) in enumerate(zip(values, now, strict=True)) if not np.array_equal(old, new)]
    return tuple(
        (first, second)
        for first in wrong
        for second in range(first + 1, len(values))
        if values[second].shape == now[first].shape and np.array_equal(values[second], now[first])
    )
