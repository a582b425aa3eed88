"""What a network computes on several probes at once: every array has the probes as its first axis.

K probes of n rows each. Layers are numbered from 1; index 0 of `a` and `z` is the input X.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.twins.activation_forms import Form
from fallline.subjects.handwritten.twins.twin import Twin


@dataclass(frozen=True)
class Quantities:
    """Forward quantities: W (K, units, inputs) and b (K, units) by layer − 1; z and a (K, n, units) by layer."""

    twin: Twin
    W: list[Array]
    b: list[Array]
    z: list[Array]
    a: list[Array]
    y: Array

    @property
    def depth(self) -> int:
        """Number of layers."""
        return len(self.W)

    @property
    def rows(self) -> int:
        """Number of rows n of each probe."""
        return int(self.y.shape[1])

    def form(self, layer: int) -> Form:
        """The activation of a layer, from 1."""
        return self.twin.forms[layer - 1]

    def full(self, layer: int) -> Array:
        """[W | b] of a layer, (K, units, inputs + 1)."""
        return np.concatenate([self.W[layer - 1], self.b[layer - 1][:, :, None]], axis=2)


def compute(twin: Twin, parameters: Sequence[Array], X: Sequence[Array], y: Sequence[Array]) -> Quantities:
    """Return the quantities of K probes: parameter vectors, rows (n, inputs) and targets (n, outputs)."""
    stacked = [np.stack(matrices) for matrices in zip(*(twin.matrices(p) for p in parameters), strict=True)]
    a = [np.stack(X)]
    z = [a[0]]
    for W, form in zip(stacked, twin.forms, strict=True):
        z.append(a[-1] @ W[:, :, :-1].transpose(0, 2, 1) + W[:, None, :, -1])
        a.append(form.value(z[-1]))
    return Quantities(twin, [W[:, :, :-1] for W in stacked], [W[:, :, -1] for W in stacked], z, a, np.stack(y))


def split(twin: Twin, vectors: Sequence[Array]) -> tuple[list[Array], list[Array]]:
    """Return weights' parts (K, units, inputs) and biases' parts (K, units) of parameter vectors, by layer − 1."""
    stacked = [np.stack(matrices) for matrices in zip(*(twin.matrices(v) for v in vectors), strict=True)]
    return [W[:, :, :-1] for W in stacked], [W[:, :, -1] for W in stacked]
