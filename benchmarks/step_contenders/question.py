"""The hand-written network of examples/odd_number.py in the speed benchmark, with its mistakes mended."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from step_contenders.workload import XOR_RATE, Loop, Workload


def question(work: Workload) -> Loop:
    """Return the class of examples/odd_number.py with its slope and its sign mended."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples"))
    from odd_number import OddNetwork

    class Mended(OddNetwork):
        def slope(self, a: np.ndarray) -> np.ndarray:
            return a * (1 - a)

    network, (X, y) = Mended(list(work.shape)), work.data()
    network.weights = [W.copy() for W in work.network().layers]
    losses = [float(network.backpropagate(X, y, -XOR_RATE)) for _ in range(3)]

    def run(epochs: int) -> None:
        for _ in range(epochs):
            network.backpropagate(X, y, -XOR_RATE)

    return Loop(run, 1, losses)
