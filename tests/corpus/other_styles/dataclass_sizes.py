"""Tiny MLP with type hints."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import List, Tuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def sigmoid(x: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-x))


@dataclass
class Dense:
    n_in: int
    n_out: int
    W: Array = field(init=False)
    b: Array = field(init=False)

    def __post_init__(self) -> None:
        limit = np.sqrt(6.0 / (self.n_in + self.n_out))
        self.W = np.random.uniform(-limit, limit, (self.n_in, self.n_out))
        self.b = np.zeros(self.n_out)


@dataclass
class MLP:
    sizes: List[int]
    lr: float = 0.5
    layers: List[Dense] = field(default_factory=list)

    def __post_init__(self) -> None:
        for a, b in zip(self.sizes[:-1], self.sizes[1:]):
            self.layers.append(Dense(a, b))

    def forward(self, x: Array) -> Tuple[List[Array], Array]:
        acts: List[Array] = [x]
        for layer in self.layers:
            acts.append(sigmoid(acts[-1] @ layer.W + layer.b))
        return acts, acts[-1]

    def fit(self, X: Array, y: Array, epochs: int = 5000) -> List[float]:
        history: List[float] = []
        for _ in range(epochs):
            acts, out = self.forward(X)
            err = out - y
            history.append(float((err ** 2).mean()))
            delta = err * out * (1 - out)
            for i in reversed(range(len(self.layers))):
                layer = self.layers[i]
                grad_W = acts[i].T @ delta
                grad_b = delta.sum(axis=0)
                delta = (delta @ layer.W.T) * acts[i] * (1 - acts[i])
                layer.W -= self.lr * grad_W
                layer.b -= self.lr * grad_b
        return history


def main() -> None:
    np.random.seed(1)
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
    y = np.array([[0], [1], [1], [0]], dtype=float)
    net = MLP([2, 4, 1])
    losses = net.fit(X, y)
    print(f"first {losses[0]:.4f} last {losses[-1]:.4f}")


if __name__ == "__main__":
    main()
