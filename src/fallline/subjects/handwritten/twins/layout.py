"""Where a hand-written network keeps each layer's weights and biases, and the ways in which it could.

The twin's own coordinates are the engine's: layer i has W of shape (units, inputs + 1) with the bias in the last
column, and all W in order make one flat vector. A layout says which slot holds what of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

import numpy as np

from fallline.engine import Array

Shape = tuple[int, ...]


class BiasPlace(Enum):
    """Where a layer's bias is."""

    NONE = "no bias"
    SLOT = "an array of its own"
    LAST = "the last column or row of the weights"
    FIRST = "the first column or row of the weights"


@dataclass(frozen=True)
class LayerLayout:
    """One layer: its sizes, which slots hold it, and how."""

    inputs: int
    units: int
    weights: tuple[int, ...]  # numbers of the slots: one matrix, or one for each unit or weight, unit by unit
    units_first: bool  # (units, inputs) rather than (inputs, units)
    place: BiasPlace
    bias: tuple[int, ...] = ()  # numbers of its slots where it has its own

    @property
    def has_bias(self) -> bool:
        """Whether the layer has a bias at all."""
        return self.place is not BiasPlace.NONE

    def read(self, values: Sequence[Array]) -> Array:
        """Return W (units, inputs + 1), bias last, from the slots' values; 0 for a bias that is not there."""
        width = self.inputs + (self.place in (BiasPlace.LAST, BiasPlace.FIRST))
        flat = _joined(values, self.weights)
        matrix = flat.reshape(self.units, width) if self.units_first else flat.reshape(width, self.units).T
        if self.place is BiasPlace.LAST:
            return np.array(matrix)
        if self.place is BiasPlace.FIRST:
            return np.concatenate([matrix[:, 1:], matrix[:, :1]], axis=1)
        column = _joined(values, self.bias) if self.bias else np.zeros(self.units)
        return np.concatenate([matrix, column.reshape(self.units, 1)], axis=1)

    def write(self, W: Array, values: list[Array]) -> None:
        """Put W (units, inputs + 1) into the slots' values, in their own shapes."""
        if self.place is BiasPlace.LAST:
            matrix = W
        elif self.place is BiasPlace.FIRST:
            matrix = np.concatenate([W[:, -1:], W[:, :-1]], axis=1)
        else:
            matrix = W[:, :-1]
        _put(np.ravel(matrix if self.units_first else matrix.T), self.weights, values)
        if self.bias:
            _put(W[:, -1], self.bias, values)


def _joined(values: Sequence[Array], slots: Sequence[int]) -> Array:
    return np.concatenate([np.ravel(values[slot]) for slot in slots])


def _put(flat: Array, slots: Sequence[int], values: list[Array]) -> None:
    start = 0
    for slot in slots:
        stop = start + values[slot].size
        values[slot] = np.array(flat[start:stop]).reshape(values[slot].shape)
        start = stop


Chain = tuple[LayerLayout, ...]


def layouts(shapes: Sequence[Shape], inputs: int, outputs: int | None, slots: Sequence[int]) -> Iterator[Chain]:
    """Return chains of layers that use all of these slots, the likelier first.

    First those whose weights and biases stand in the layers' order and are all turned the same way, then one slot for
    each unit or weight, then any order.
    """
    for units_first in (False, True):
        yield from _chains(shapes, inputs, outputs, frozenset(slots), (), units_first, ordered=True)
    yield from by_unit(shapes, inputs, outputs, slots)
    yield from _chains(shapes, inputs, outputs, frozenset(slots), (), None, ordered=False)


def _chains(
    shapes: Sequence[Shape],
    width: int,
    outputs: int | None,
    left: frozenset[int],
    chain: Chain,
    turned: bool | None,
    ordered: bool,
) -> Iterator[Chain]:
    if not left:
        if outputs is None or width == outputs:
            yield chain
        return
    after = max((layer.weights[0] for layer in chain), default=-1) if ordered else -1
    after_bias = max((slot for layer in chain for slot in layer.bias), default=-1) if ordered else -1
    for slot in sorted(left):
        if slot < after:
            continue
        for units, units_first, place in _as_weights(shapes[slot], width):
            if turned is not None and units_first != turned and len(shapes[slot]) == 2:
                continue
            rest = left - {slot}
            biases: list[tuple[int, ...]] = [()]
            if place is BiasPlace.NONE:
                biases = [(bias,) for bias in sorted(rest) if bias > after_bias and _is_bias(shapes[bias], units)]
                biases = [*biases, ()]
            for bias in biases:
                layer = LayerLayout(width, units, (slot,), units_first, BiasPlace.SLOT if bias else place, bias)
                yield from _chains(shapes, units, outputs, rest - set(bias), (*chain, layer), turned, ordered)


def by_unit(shapes: Sequence[Shape], inputs: int, outputs: int | None, slots: Sequence[int]) -> Iterator[Chain]:
    """Return chains in which each unit has a slot of its own for its weights, or each weight has one."""
    if outputs is None or any(len(shapes[slot]) > 1 for slot in slots):
        return
    vectors, scalars = [slot for slot in slots if shapes[slot]], [slot for slot in slots if not shapes[slot]]
    if vectors:
        yield from _vectors(shapes, inputs, outputs, vectors, scalars, ())
        return
    for hidden in _widths(inputs, outputs, len(scalars)):
        yield from _scalars((inputs, *hidden, outputs), scalars)


def _vectors(
    shapes: Sequence[Shape], width: int, outputs: int, vectors: list[int], scalars: list[int], chain: Chain
) -> Iterator[Chain]:
    if not vectors:
        if width == outputs and not scalars:
            yield chain
        return
    for place, extra in ((BiasPlace.NONE, 0), (BiasPlace.LAST, 1), (BiasPlace.FIRST, 1)):
        for units in range(1, len(vectors) + 1):
            if shapes[vectors[units - 1]] != (width + extra,):
                break
            biases = [tuple(scalars[:units]), ()] if place is BiasPlace.NONE and len(scalars) >= units else [()]
            for bias in biases:
                layer = LayerLayout(width, units, tuple(vectors[:units]), True, BiasPlace.SLOT if bias else place, bias)
                yield from _vectors(shapes, units, outputs, vectors[units:], scalars[len(bias) :], (*chain, layer))


def _widths(inputs: int, outputs: int, count: int) -> Iterator[tuple[int, ...]]:
    """Return the hidden widths with which a network of that many numbers has a bias for every unit."""
    if outputs * (inputs + 1) == count:
        yield ()
    for hidden in range(1, count):
        rest = count - hidden * (inputs + 1)
        if rest > 0:
            yield from ((hidden, *more) for more in _widths(hidden, outputs, rest))


def _scalars(sizes: tuple[int, ...], slots: list[int]) -> Iterator[Chain]:
    """One slot for each weight: each layer's biases after its weights, after each unit's, or all at the end."""
    for biases_after in ("layer", "unit", "all"):
        chain: list[LayerLayout] = []
        at, weights = 0, sum(n * m for n, m in pairwise(sizes))
        last = weights
        for inputs, units in pairwise(sizes):
            size = inputs * units
            if biases_after == "layer":
                own, bias = slots[at : at + size], slots[at + size : at + size + units]
                at += size + units
            elif biases_after == "unit":
                part = slots[at : at + size + units]
                own = [slot for k, slot in enumerate(part) if (k + 1) % (inputs + 1)]
                bias = part[inputs :: inputs + 1]
                at += size + units
            else:
                own, bias = slots[at : at + size], slots[last : last + units]
                at, last = at + size, last + units
            chain.append(LayerLayout(inputs, units, tuple(own), True, BiasPlace.SLOT, tuple(bias)))
        yield tuple(chain)


def _is_bias(shape: Shape, units: int) -> bool:
    return shape in ((units,), (1, units), (units, 1)) or (units == 1 and shape == ())


def _as_weights(shape: Shape, width: int) -> list[tuple[int, bool, BiasPlace]]:
    """Return (units, units first, place of the bias) for each way to read an array as weights of `width` inputs."""
    found: list[tuple[int, bool, BiasPlace]] = []
    size = int(np.prod(shape, dtype=np.int64))
    if len(shape) == 2:
        for place, extra in ((BiasPlace.NONE, 0), (BiasPlace.LAST, 1), (BiasPlace.FIRST, 1)):
            if shape[1] == width + extra:
                found.append((shape[0], True, place))
            if shape[0] == width + extra:
                found.append((shape[1], False, place))
    elif len(shape) == 1:
        found += [
            (1, True, place)
            for place, extra in ((BiasPlace.NONE, 0), (BiasPlace.LAST, 1), (BiasPlace.FIRST, 1))
            if size == width + extra
        ]
        if width == 1 and size > 1:
            found.append((size, True, BiasPlace.NONE))
    elif shape == () and width == 1:
        found.append((1, True, BiasPlace.NONE))
    return found
