"""A network as people write it, in any of their styles, with mistakes planted on demand; and how it is attached."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from fallline.subjects.handwritten.attached import Attached, Slot, Style

VALUES: dict[str, Callable[[Any], Any]] = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "identity": lambda z: z,
    "leaky": lambda z: np.where(z > 0, z, 0.1 * z),
    "reversed": lambda z: 1 / (1 + np.exp(z)),
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(axis=1, keepdims=True),
}
SLOPES: dict[str, Callable[[Any], Any]] = {
    "sigmoid": lambda z: VALUES["sigmoid"](z) * (1 - VALUES["sigmoid"](z)),
    "tanh": lambda z: 1 - np.tanh(z) ** 2,
    "relu": lambda z: (z > 0) * 1.0,
    "leaky": lambda z: np.where(z > 0, 1, 0.1),
    "identity": np.ones_like,
    "reversed": lambda z: -VALUES["sigmoid"](z) * (1 - VALUES["sigmoid"](z)),
}
FORMULAS: dict[str, Callable[[Any], Any]] = {"sigmoid": lambda a: a * (1 - a), "tanh": lambda a: 1 - a**2}

Plant = Mapping[str, Sequence[int]]


class Written:
    """The network: `bias` is "slot", "row", "column", "last", "first" or "none"; `plant` maps a code to its layers."""

    def __init__(
        self,
        shape: Sequence[int],
        hidden: str = "sigmoid",
        output: str = "sigmoid",
        bias: str = "last",
        units_first: bool = True,
        rate: float = 0.3,
        mean: bool = False,
        cross_entropy: bool = False,
        momentum: float = 0.0,
        plant: Plant | None = None,
    ) -> None:
        draw = np.random.default_rng(5)
        self.shape, self.bias, self.units_first, self.rate = shape, bias, units_first, rate
        self.activations = [hidden] * (len(shape) - 2) + [output]
        self.mean, self.cross_entropy, self.momentum, self.plant = mean, cross_entropy, momentum, plant or {}
        self.W, self.b = [], []
        for n, m in itertools.pairwise(shape):
            extra = bias in ("last", "first")
            W = draw.normal(size=(m, n + extra))
            self.W.append(W if units_first else W.T.copy())
            if bias in ("slot", "row", "column"):
                self.b.append(draw.normal(size={"slot": (m,), "row": (1, m), "column": (m, 1)}[bias]))
        self.velocity: list[Any] = [0.0] * len(self.W)
        self.bias_velocity: list[Any] = [0.0] * len(self.W)
        self.stale: list[Any] | None = None

    def has(self, code: str, layer: int) -> bool:
        return layer in self.plant.get(code, ())

    def parts(self, i: int) -> tuple[Any, Any]:
        """Weights (units, inputs) and bias (units,) of layer i."""
        W = self.W[i] if self.units_first else self.W[i].T
        if self.bias == "last":
            return W[:, :-1], W[:, -1]
        if self.bias == "first":
            return W[:, 1:], W[:, 0]
        return W, self.b[i].ravel() if self.b else np.zeros(len(W))

    def passes(self, X: Any) -> tuple[list[Any], list[Any]]:
        z, a = [X], [X]
        for i, name in enumerate(self.activations):
            W, b = self.parts(i)
            z.append(a[-1] @ W.T + b)
            a.append(VALUES[name](z[-1]))
        return z, a

    def run(self, X: Any) -> Any:
        return self.passes(X)[1][-1]

    def slope(self, layer: int, z: list[Any], a: list[Any]) -> Any:
        name = self.activations[layer - 1]
        f = SLOPES.get(name, np.ones_like)
        if self.has("derivative_of_activation", layer):
            return f(a[layer])
        if self.has("derivative_of_pre_activation", layer):
            return FORMULAS[name](z[layer])
        if self.has("derivative_of_input", layer):
            return f(a[layer - 1])
        if self.has("derivative_missing", layer):
            return 1.0
        if self.has("derivative_of_wrong_function", layer):
            return FORMULAS["tanh" if name == "sigmoid" else "sigmoid"](a[layer])
        if self.has("derivative_of_wrong_layer", layer):
            return f(z[layer + 1 if layer + 1 < len(z) else layer - 1])
        if self.has("derivative_cubed", layer):  # a mistake that nobody has a name for
            return f(z[layer]) ** 3 + 0.1
        if name == "softmax" or (layer == len(self.W) and self.cross_entropy):
            return 1.0
        return f(z[layer])

    def step(self, X: Any, y: Any) -> None:
        z, a = self.passes(X)
        earlier, self.stale = self.stale or a, a
        n, last = len(X), len(self.W)
        e = a[-1] - y
        back = e**2 if "error_squared" in self.plant else np.abs(e) if "error_absolute" in self.plant else e
        below = error = back
        gradients: list[Any] = [None] * last
        for layer in range(last, 0, -1):
            delta = back * self.slope(layer, z, a) * (-1 if self.has("sign_alternating", layer) else 1)
            x = z[layer - 1] if self.has("pre_activation_for_activation", layer) else a[layer - 1]
            x = earlier[layer - 1] if self.has("stale_activations", layer) else x
            W, b = self.parts(layer - 1)
            rows = slice(None)
            rows = slice(n - 1, n) if self.has("last_row_only", layer) else rows
            rows = slice(0, 1) if self.has("first_row_only", layer) else rows
            gW, gb = delta[rows].T @ x[rows], delta[rows].sum(axis=0)
            if self.has("weight_for_input", layer):
                gW, gb = (
                    delta.sum(axis=0)[:, None] * W,
                    delta.sum(axis=0) * (b if self.bias in ("last", "first") else 1),
                )
            if self.has("bias_wrong_sum", layer):
                gb = delta.mean(axis=0)
            if self.has("bias_not_updated", layer):
                gb = 0.0 * gb
            scale = (1 / n if self.mean else 1) * (1 / n if self.has("mean_for_sum_in_one_layer", layer) else 1)
            scale *= -1 if self.has("sign_reversed", layer) else 1
            rate = self.rate**2 if self.has("rate_twice", layer) else self.rate
            rate = 1 / self.rate if self.has("rate_divided", layer) else rate
            gradients[layer - 1] = (gW * scale * rate, gb * scale * rate)
            upper = W.copy()
            if self.has("weights_after_update", layer - 1):
                upper = W - gradients[layer - 1][0]
            if self.has("transposed_weights", layer - 1):
                upper = W.T
            if self.has("wrong_layer_weights", layer - 1):
                upper = self.parts(layer - 2)[0]
            if self.has("bias_propagated", layer - 1):
                upper = np.column_stack([b, W])[:, :-1] if self.bias == "last" else np.column_stack([W, b])[:, 1:]
            below = error if self.has("output_error_for_hidden", layer - 1) else delta
            back = below @ upper
        if "layers_out_of_order" in self.plant:
            i, j = (layer - 1 for layer in self.plant["layers_out_of_order"])
            gradients[i], gradients[j] = gradients[j], gradients[i]
        for i, (gW, gb) in enumerate(gradients):
            if not self.has("update_lost", i + 1):
                self.write(i, gW, gb)

    def write(self, i: int, gW: Any, gb: Any) -> None:
        gW = self.velocity[i] = gW + self.momentum * self.velocity[i]
        gb = self.bias_velocity[i] = gb + self.momentum * self.bias_velocity[i]
        if self.bias == "last":
            gW = np.column_stack([gW, gb])
        if self.bias == "first":
            gW = np.column_stack([gb, gW])
        new = self.W[i] - (gW if self.units_first else gW.T)
        self.W[i] = new.astype(int).astype(float) if self.has("integer_weights", i + 1) else new
        if self.b:
            self.b[i] = self.b[i] - gb.reshape(self.b[i].shape)


def attach(net: Written, per_sample: bool = False) -> Attached:
    """Return the network attached, with or without a step that takes one row at a time."""

    def slot(values: list[Any], name: str, i: int) -> Slot:
        return Slot(f"{name}[{i}]", lambda: values[i], lambda value: values.__setitem__(i, value))

    def step(X: Any, y: Any) -> None:
        for k in range(len(X)) if per_sample else ():
            net.step(X[k : k + 1], y[k : k + 1])
        if not per_sample:
            net.step(X, y)

    slots = [slot(net.W, "W", i) for i in range(len(net.W))] + [slot(net.b, "b", i) for i in range(len(net.b))]
    X, y = np.zeros((6, net.shape[0])), np.zeros((6, net.shape[-1]))
    return Attached(Style.OBJECT, slots, net.run, step, per_sample, net.rate, "rate", {}, X=X, y=y)
