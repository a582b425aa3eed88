"""What is computed: the sizes of the layers, their activations, the loss, and where each weight stands."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np

from fallline.engine.activations import ACTIVATIONS, Activation
from fallline.engine.arrays import Array
from fallline.engine.losses import LOSSES, Loss, Weighted
from fallline.errors import FalllineError

T = TypeVar("T")


@dataclass(frozen=True)
class Architecture:
    """A network without its weights.

    Layer i has `shape[i + 1]` units and the weights W of shape (units, inputs + 1) whose last column is the
    bias; one flat parameter vector holds all W in order, row by row.

    Parameters
    ----------
    shape
        Sizes of the input and of every layer, at least two numbers ≥ 1.
    activations
        One name for each layer (`len(shape) - 1`); "softmax" for the last only.
    loss
        The loss's name. A cross-entropy demands the output activation that it includes.
    weighted
        Whether the rows count differently: their targets then have one column more, the last, with each row's weight.
        Weights whose mean is 1 leave a loss that is a mean what it is.

    Raises
    ------
    FalllineError
        If a size, a name, or the pairing of loss and output activation cannot be.
    """

    shape: tuple[int, ...]
    activations: tuple[str, ...]
    loss: str
    weighted: bool = False

    def __post_init__(self) -> None:
        if len(self.shape) < 2 or any(not isinstance(size, int) or size < 1 for size in self.shape):
            raise FalllineError(
                f"shape {list(self.shape)}: expected at least two sizes of 1 or more, "
                "the first for the inputs and the last for the outputs, such as [2, 3, 1]."
            )
        if len(self.activations) != len(self.shape) - 1:
            raise FalllineError(
                f"activations: expected {len(self.shape) - 1} names, one for each layer of shape "
                f"{list(self.shape)}, got {len(self.activations)}."
            )
        for name in self.activations:
            lookup(ACTIVATIONS, name, "activation")
        if "softmax" in self.activations[:-1]:
            raise FalllineError("activation 'softmax': only the output layer can use it, not a hidden one.")
        included = lookup(LOSSES, self.loss, "loss").from_logits_of
        if included is not None and self.activations[-1] != included:
            raise FalllineError(
                f"loss '{self.loss}': it needs output activation '{included}', "
                f"got '{self.activations[-1]}'. Change the one or the other."
            )

    @property
    def inputs(self) -> int:
        """Number of input features."""
        return self.shape[0]

    @property
    def outputs(self) -> int:
        """Number of output units."""
        return self.shape[-1]

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """Where each layer's weights begin in the parameter vector; the last entry is its length."""
        sizes = [m * (n + 1) for n, m in zip(self.shape[:-1], self.shape[1:], strict=True)]
        return tuple(int(offset) for offset in np.cumsum([0, *sizes]))

    @property
    def targets(self) -> int:
        """Number of columns of y: one for each output, and the rows' weights where they have some."""
        return self.outputs + self.weighted

    @property
    def parameter_count(self) -> int:
        """Length of the parameter vector."""
        return self.offsets[-1]

    @cached_property
    def layer_activations(self) -> tuple[Activation, ...]:
        """The activation of each layer."""
        return tuple(ACTIVATIONS[name] for name in self.activations)

    @cached_property
    def loss_function(self) -> Loss:
        """The loss, which counts each row by its weight where rows have some."""
        loss = LOSSES[self.loss]
        return Weighted(loss) if self.weighted else loss

    def layers(self, parameters: Array) -> list[Array]:
        """Return the views W of shape (units, inputs + 1) into a parameter vector, bias in the last column."""
        return [
            parameters[start:stop].reshape(units, -1)
            for start, stop, units in zip(self.offsets, self.offsets[1:], self.shape[1:], strict=False)
        ]

    @cached_property
    def is_weight(self) -> Array:
        """1 for each weight and 0 for each bias, as a float64 vector over the parameters."""
        mask = np.ones(self.parameter_count)
        for W in self.layers(mask):
            W[:, -1] = 0.0
        return mask


def per_layer(activation: str | Sequence[str], layers: int) -> tuple[str, ...]:
    """Return one activation name for each layer: the names as given, or one name for all."""
    return (activation,) * layers if isinstance(activation, str) else tuple(activation)


def lookup(registry: dict[str, T], name: str, what: str) -> T:
    """Return what `registry` has under `name`, or raise a sentence with the nearest name.

    Raises
    ------
    FalllineError
        If there is no such name.
    """
    if name in registry:
        return registry[name]
    raise FalllineError(f"{what} '{name}': there is none of that name{nearest(name, registry)}.")


def nearest(name: str, names: Iterable[str]) -> str:
    """Return what to append to "there is none of that name": the nearest name, then all of them."""
    known = list(names)
    close = difflib.get_close_matches(name, known, n=1)
    return (f"; did you mean '{close[0]}'?" if close else ".") + f" There are {', '.join(known)}"
