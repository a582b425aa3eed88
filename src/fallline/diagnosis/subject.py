"""What is examined: a network where its descent stopped, the rows, and how it came there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from fallline.engine import Array, Rows
from fallline.errors import FalllineError
from fallline.network import Network
from fallline.optimizers import Optimizer
from fallline.training.descent import Descent, descend
from fallline.training.stopping import Limits


@dataclass(frozen=True)
class Update:
    """One step that a descent made: the weights before it and their change, each (parameters,)."""

    parameters: Array
    change: Array


@dataclass(frozen=True)
class Subject:
    """A network at the stop of its descent. What is not known is None, and rules that need it say so.

    Parameters
    ----------
    network
        With the weights at the stop.
    training, validation
        Rows in the network's units; validation rows took no part in the steps.
    first
        The network with the weights from which the descent began.
    optimizer, limits, l2
        How it went down, when it was to end, and the strength of the penalty ½ · l2 · Σ weights².
    descent
        Its history and stop reason.
    initialiser, seed
        Of the first weights, so that other ones can be drawn.
    features
        Names of the inputs; empty for "input 1" and so on.
    target_scale
        What a difference of 1 in each output is in the target's own unit; empty for 1.
    updates
        Steps as they were really made, where somebody recorded them.
    """

    network: Network
    training: Rows
    validation: Rows | None = None
    first: Network | None = None
    optimizer: Optimizer | None = None
    limits: Limits = field(default_factory=Limits)
    l2: float = 0.0
    descent: Descent | None = None
    initialiser: str | None = None
    seed: int = 0
    features: Sequence[str] = ()
    target_scale: Sequence[float] = ()
    updates: Sequence[Update] = ()

    def feature(self, index: int) -> str:
        """Return the name of an input, counted from 0, in words."""
        return f"'{self.features[index]}'" if self.features else f"input {index + 1}"

    def drawn(self, seed: int) -> Network:
        """Return the network with other first weights, drawn as the first ones were."""
        architecture = self.network.architecture
        return Network(
            architecture.shape,
            architecture.activations,
            loss=architecture.loss,
            initialiser=self.initialiser,
            seed=seed,
            dtype=self.network.parameters.dtype,
        )


def descended(
    network: Network,
    X: Array,
    y: Array,
    optimizer: Optimizer,
    *,
    limits: Limits | None = None,
    l2: float = 0.0,
    validation: tuple[Array, Array] | None = None,
    initialiser: str | None = None,
    seed: int = 0,
    compiled: bool | None = None,
) -> Subject:
    """Train a copy of a network on rows X (n, inputs) with targets y (n, outputs), and return it as a subject.

    Raises
    ------
    FalllineError
        If X or y does not fit the network.
    """
    rows, held_out = _rows(network, X, y), None if validation is None else _rows(network, *validation)
    copy = Network.from_parameters(network.architecture, network.parameters)
    limits = limits or Limits()
    descent = descend(copy, rows, optimizer, validation=held_out, l2=l2, limits=limits, compiled=compiled)
    return Subject(
        network=copy,
        training=rows,
        validation=held_out,
        first=Network.from_parameters(network.architecture, network.parameters),
        optimizer=optimizer,
        limits=limits,
        l2=l2,
        descent=descent,
        initialiser=initialiser,
        seed=seed,
    )


def with_parameters(subject: Subject, parameters: Array) -> Subject:
    """Return the subject with other weights (parameters,), and without what is true of the old ones only."""
    network = Network.from_parameters(subject.network.architecture, parameters)
    return replace(subject, network=network, descent=None, updates=())


def _rows(network: Network, X: Array, y: Array) -> Rows:
    dtype = network.parameters.dtype
    X, y = np.ascontiguousarray(X, dtype=dtype), np.ascontiguousarray(y, dtype=dtype)
    y = y.reshape(len(y), -1)
    expected = ((len(X), network.shape[0]), (len(X), network.shape[-1]))
    if (X.shape, y.shape) != expected or len(X) == 0:
        raise FalllineError(
            f"rows for {list(network.shape)}: expected X (n, {network.shape[0]}) and y (n, {network.shape[-1]}) with "
            f"n of 1 or more, got arrays of shapes {X.shape} and {y.shape}."
        )
    return Rows(X, y)
