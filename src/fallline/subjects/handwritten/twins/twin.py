"""The project's own network that computes what a hand-written one computes: found by trying, proven by its outputs."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fallline.engine import Architecture, Array, reference
from fallline.subjects.handwritten.attached import Attached
from fallline.subjects.handwritten.twins.activation_forms import COMMON, HIDDEN, OUTPUT, RARE, Form
from fallline.subjects.handwritten.twins.layout import LayerLayout, layouts

AGREEMENT = 1e-10  # of the twin's outputs with the user's, relative to their size
PROBE_ROWS, MOST_PROBE_ROWS = 8, 200
CHAINS = 200  # ways to put the slots in order that are tried
MIXED_CHAINS, MIXED = 8, 250  # of them with activations that differ from hidden layer to layer, and such combinations


@dataclass(frozen=True)
class Twin:
    """A network of the project's own with the same outputs.

    Its parameters are one flat vector as everywhere: W (units, inputs + 1) of each layer in order, bias last. A bias
    that the user's network does not have is 0 and `exists` is False there.

    Parameters
    ----------
    layers
        Where each layer's parameters are in the user's network.
    forms
        Each layer's activation.
    shapes
        The shapes of all slots.
    difference
        The largest difference from the user's outputs on the probe rows, relative to their size; NaN where the
        user's network has no forward pass to call.
    """

    layers: tuple[LayerLayout, ...]
    forms: tuple[Form, ...]
    shapes: tuple[tuple[int, ...], ...]
    difference: float

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the input and of every layer."""
        return (self.layers[0].inputs, *(layer.units for layer in self.layers))

    @property
    def representable(self) -> bool:
        """Whether the engine can compute this network."""
        return all(form.in_engine for form in self.forms) and all(form.elementwise for form in self.forms[:-1])

    @property
    def softmax_over_wrong_axis(self) -> bool:
        """Whether its softmax is normalised over the rows, alone or too."""
        return self.forms[-1].over != -1

    def architecture(self, loss: str) -> Architecture:
        """Return the engine's architecture with this loss; only where `representable`."""
        return Architecture(self.shape, tuple(form.name for form in self.forms), loss)

    @cached_property
    def exists(self) -> Array:
        """True for each parameter that the user's network has."""
        return np.concatenate(
            [
                np.concatenate(
                    [np.ones((layer.units, layer.inputs), bool), np.full((layer.units, 1), layer.has_bias)], axis=1
                ).ravel()
                for layer in self.layers
            ]
        )

    def matrices(self, parameters: Array) -> list[Array]:
        """Return the views W (units, inputs + 1) into a parameter vector."""
        found, start = [], 0
        for layer in self.layers:
            stop = start + layer.units * (layer.inputs + 1)
            found.append(parameters[start:stop].reshape(layer.units, layer.inputs + 1))
            start = stop
        return found

    def to_parameters(self, values: Sequence[Array]) -> Array:
        """Return the parameter vector of the slots' values."""
        return np.concatenate([layer.read(values).ravel() for layer in self.layers])

    def to_slots(self, parameters: Array, values: Sequence[Array]) -> list[Array]:
        """Return the slots' values for a parameter vector; slots that hold no parameter keep theirs."""
        result = [np.array(value) for value in values]
        for layer, W in zip(self.layers, self.matrices(parameters), strict=True):
            layer.write(W, result)
        return result

    def run(self, parameters: Array, X: Array) -> Array:
        """Return the outputs (rows, outputs)."""
        if self.representable:
            return reference.run(self.architecture("half_squared_error"), parameters, X)
        a = X
        for W, form in zip(self.matrices(parameters), self.forms, strict=True):
            a = form.value(a @ W[:, :-1].T + W[:, -1])
        return a


def find_twin(attached: Attached, seed: int = 0) -> Twin | None:
    """Return the network that reproduces the user's outputs to 1e-10 on random rows and weights, None if none does.

    The slots are left as they were.
    """
    if attached.run is None:
        return None
    before = [slot.read() for slot in attached.slots]
    try:
        # code may hold its number of rows, or work for no other
        given = [] if attached.X is None else [min(len(attached.X), MOST_PROBE_ROWS)]
        for rows in dict.fromkeys([PROBE_ROWS, *given]):
            found = _found(attached, np.random.default_rng(seed), rows)
            if found is not None:
                return found
        return None
    finally:
        for slot, value in zip(attached.slots, before, strict=True):
            slot.write(value)


def write_values(attached: Attached, values: Sequence[Array]) -> list[Array]:
    """Put values into the slots and return what is then in them (other than asked for where slots share memory)."""
    for slot, value in zip(attached.slots, values, strict=True):
        slot.write(value.copy())
    return attached.parameters()


def draw_values(shapes: Iterable[tuple[int, ...]], draw: np.random.Generator) -> list[Array]:
    """Return random values for slots, away from 0 so that nothing is hidden by symmetry."""
    return [draw.uniform(0.2, 1.0, shape) * draw.choice([-1.0, 1.0], shape) for shape in shapes]


def _found(attached: Attached, draw: np.random.Generator, rows: int) -> Twin | None:
    shapes = tuple(value.shape for value in attached.parameters())
    for inputs in _input_counts(attached, shapes):
        X = draw.uniform(-1.5, 1.5, (rows, inputs))
        values = write_values(attached, draw_values(shapes, draw))
        y = _outputs(attached, X)
        if y is None:
            continue
        for slots in _used(attached, shapes, values, X, y):
            chains = list(itertools.islice(layouts(shapes, inputs, y.shape[1], slots), CHAINS))
            for twin in _matching(chains, shapes, values, X, y):
                if _confirmed(attached, twin, draw, rows):
                    return twin
    return None


def _input_counts(attached: Attached, shapes: Sequence[tuple[int, ...]]) -> list[int]:
    if attached.X is not None:
        return [attached.X.shape[1]]
    return sorted({side - extra for shape in shapes for side in shape for extra in (0, 1) if side > extra})


def _outputs(attached: Attached, X: Array) -> Array | None:
    assert attached.run is not None
    try:
        with np.errstate(all="ignore"):
            y = np.asarray(attached.run(X.copy()), dtype=np.float64)
    except Exception:  # the user's code may raise anything on rows that do not fit it
        return None
    return y.reshape(len(X), -1) if y.size and y.size % len(X) == 0 and np.isfinite(y).all() else None


def _used(
    attached: Attached, shapes: Sequence[tuple[int, ...]], values: list[Array], X: Array, y: Array
) -> Iterator[list[int]]:
    """All slots; and, should they not do, those that the outputs depend on."""
    everything = list(range(len(shapes)))
    yield everything
    felt = []
    for number in everything:
        write_values(attached, [value + 0.3 * (k == number) for k, value in enumerate(values)])
        other = _outputs(attached, X)
        if other is None or other.shape != y.shape or not np.array_equal(other, y):
            felt.append(number)
    write_values(attached, values)
    if felt != everything:
        yield felt


def _matching(
    chains: Sequence[tuple[LayerLayout, ...]],
    shapes: tuple[tuple[int, ...], ...],
    values: Sequence[Array],
    X: Array,
    y: Array,
) -> Iterator[Twin]:
    size = max(float(np.abs(y).max()), 1e-300)
    mixed = HIDDEN[:6]
    for hidden, output, uniform in ((COMMON, OUTPUT, True), (RARE, OUTPUT, True), (mixed, OUTPUT[:9], False)):
        for chain in chains if uniform else chains[:MIXED_CHAINS]:
            matrices = [layer.read(values) for layer in chain]
            depth = len(chain) - 1
            for forms in _combinations(hidden, depth, uniform):
                a = X
                with np.errstate(all="ignore"):
                    for W, form in zip(matrices[:-1], forms, strict=True):
                        a = form.value(a @ W[:, :-1].T + W[:, -1])
                    z = a @ matrices[-1][:, :-1].T + matrices[-1][:, -1]
                    for last in output:
                        difference = float(np.abs(last.value(z) - y).max()) / size
                        if difference <= AGREEMENT:
                            yield Twin(chain, (*forms, last), shapes, difference)


def _combinations(forms: Sequence[Form], depth: int, uniform: bool) -> Iterator[tuple[Form, ...]]:
    if depth == 0:
        yield ()
    elif uniform:
        yield from ((form,) * depth for form in forms)
    elif len(forms) ** depth <= MIXED:
        yield from (combination for combination in itertools.product(forms, repeat=depth) if len(set(combination)) > 1)


def _confirmed(attached: Attached, twin: Twin, draw: np.random.Generator, rows: int) -> bool:
    """Whether other rows and other weights agree too, and the last layer's weights with the other sign.

    That turns the sign of its pre-activations: outputs that are all positive do not tell relu from the identity.
    """
    X = draw.uniform(-2.0, 2.0, (rows, twin.shape[0]))
    values = draw_values(twin.shapes, draw)
    parameters = twin.to_parameters(values)
    twin.matrices(parameters)[-1][...] *= -1.0
    return all(_agrees(attached, twin, each, X) for each in (values, twin.to_slots(parameters, values)))


def _agrees(attached: Attached, twin: Twin, values: Sequence[Array], X: Array) -> bool:
    values = write_values(attached, values)
    y = _outputs(attached, X)
    if y is None or y.shape[1] != twin.shape[-1]:
        return False
    own = twin.run(twin.to_parameters(values), X)
    return bool(np.abs(own - y).max() <= AGREEMENT * max(1e-300, float(np.abs(y).max())))
