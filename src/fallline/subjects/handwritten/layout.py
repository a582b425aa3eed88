"""Where a hand-written network keeps each layer's weights and biases, and the ways in which it could.

The twin's own coordinates are the engine's: layer i has W of shape (units, inputs + 1) with the bias in the last
column, and all W in order make one flat vector. A layout says which slot holds what of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

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
    weights: int  # number of the slot
    units_first: bool  # (units, inputs) rather than (inputs, units)
    place: BiasPlace
    bias: int | None = None  # number of its slot where it has one

    @property
    def has_bias(self) -> bool:
        """Whether the layer has a bias at all."""
        return self.place is not BiasPlace.NONE

    def read(self, values: Sequence[Array]) -> Array:
        """Return W (units, inputs + 1), bias last, from the slots' values; 0 for a bias that is not there."""
        extra = self.place in (BiasPlace.LAST, BiasPlace.FIRST)
        width = self.inputs + extra
        value = values[self.weights]
        matrix = value.reshape(self.units, width) if self.units_first else value.reshape(width, self.units).T
        if self.place is BiasPlace.LAST:
            return np.array(matrix)
        if self.place is BiasPlace.FIRST:
            return np.concatenate([matrix[:, 1:], matrix[:, :1]], axis=1)
        column = np.zeros((self.units, 1)) if self.bias is None else values[self.bias].reshape(self.units, 1)
        return np.concatenate([matrix, column], axis=1)

    def write(self, W: Array, values: list[Array]) -> None:
        """Put W (units, inputs + 1) into the slots' values, in their own shapes."""
        if self.place is BiasPlace.LAST:
            matrix = W
        elif self.place is BiasPlace.FIRST:
            matrix = np.concatenate([W[:, -1:], W[:, :-1]], axis=1)
        else:
            matrix = W[:, :-1]
        shaped = matrix if self.units_first else matrix.T
        values[self.weights] = np.ascontiguousarray(shaped).reshape(values[self.weights].shape)
        if self.bias is not None:
            values[self.bias] = W[:, -1].reshape(values[self.bias].shape).copy()


def layouts(
    shapes: Sequence[Shape], inputs: int, outputs: int | None, slots: Sequence[int]
) -> Iterator[tuple[LayerLayout, ...]]:
    """Return all chains of layers that use these slots, the likelier first: in the slots' order, biases used."""
    yield from _chains(shapes, inputs, outputs, frozenset(slots), ())


def _chains(
    shapes: Sequence[Shape], width: int, outputs: int | None, left: frozenset[int], chain: tuple[LayerLayout, ...]
) -> Iterator[tuple[LayerLayout, ...]]:
    if not left:
        if outputs is None or width == outputs:
            yield chain
        return
    for slot in sorted(left):
        for units, units_first, place in _as_weights(shapes[slot], width):
            rest = left - {slot}
            if place is not BiasPlace.NONE:
                layer = LayerLayout(width, units, slot, units_first, place)
                yield from _chains(shapes, units, outputs, rest, (*chain, layer))
                continue
            for bias in sorted(rest):
                if _is_bias(shapes[bias], units):
                    layer = LayerLayout(width, units, slot, units_first, BiasPlace.SLOT, bias)
                    yield from _chains(shapes, units, outputs, rest - {bias}, (*chain, layer))
            layer = LayerLayout(width, units, slot, units_first, BiasPlace.NONE)
            yield from _chains(shapes, units, outputs, rest, (*chain, layer))


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
