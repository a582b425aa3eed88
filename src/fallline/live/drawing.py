"""A network as the page draws it: some units of each layer, the weights between them, and how the units stand."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from fallline.data import read_table
from fallline.diagnosis.measurements import Measurements
from fallline.diagnosis.rules.dead_units import dead
from fallline.diagnosis.rules.saturated_units import FLAT, saturated
from fallline.diagnosis.signals import relative_slopes
from fallline.diagnosis.subject import Subject
from fallline.engine import Array, Rows
from fallline.errors import FalllineError
from fallline.network import Network
from fallline.network.model import Model

MOST_DRAWN = 20  # units of a layer
MOST_ROWS = 256
MOST_PRODUCTS = 1 << 25  # parameters times rows
MOST_BYTES = 1 << 26  # of a table that is read again to look at the units of a finished run
DIGITS = 4


def drawing(network: Network, X: Array | None, names: list[str]) -> dict[str, Any]:
    """Return what is drawn of a network, in plain JSON types.

    Parameters
    ----------
    network
        With its weights.
    X
        Rows (n, inputs) on which the units are looked at; None leaves open how they stand.
    names
        Of the inputs.
    """
    slopes, dead_ones, flat_ones, rows = _units(network, X)
    drawn = [_some(size) for size in network.shape]
    layers = []
    for i, (W, activation) in enumerate(zip(network.layers, network.architecture.activations, strict=True)):
        chosen = drawn[i + 1]
        layers.append(
            {
                "activation": activation,
                "units": len(W),
                "drawn": chosen.tolist(),
                "weights": [_plain(row[drawn[i]]) for row in W[chosen]],
                "bias": _plain(W[chosen, -1]),
                "largest": _round(np.abs(W[:, :-1]).max()),
                "mean_size": _round(np.abs(W[:, :-1]).mean()),
                "flat": None if slopes is None else _plain((slopes[i] < FLAT).mean(axis=0)[chosen]),
                "dead": int(dead_ones[i].sum()),
                "saturated": int(flat_ones[i].sum()),
                "dead_drawn": dead_ones[i][chosen].tolist(),
                "saturated_drawn": flat_ones[i][chosen].tolist(),
            }
        )
    inputs = {"units": network.shape[0], "drawn": drawn[0].tolist(), "names": [names[i] for i in drawn[0] if names]}
    return {"rows": rows, "inputs": inputs, "layers": layers}


def finished_drawing(model: Path, source: str | None) -> dict[str, Any]:
    """Return the drawing of a finished run's model, its units looked at on rows of the table that it learned from.

    A table that is large, was in memory, or cannot be read again, leaves open how the units stand.
    """
    loaded = Model.load(model)
    X = None
    if source is not None and Path(source).is_file() and Path(source).stat().st_size <= MOST_BYTES:
        try:
            table = read_table(source)
            X = loaded.preparation.transform(table, loaded.network.parameters.dtype)
        except FalllineError:
            X = None
    return drawing(loaded.network, X, list(loaded.preparation.input_names))


def _units(network: Network, X: Array | None) -> tuple[list[Array] | None, list[Any], list[Any], int]:
    """Return the slopes (n, units), which units are dead and which saturated (units,), layer by layer."""
    if X is None or len(X) == 0:
        nothing = [np.zeros(units, dtype=bool) for units in network.shape[1:]]
        return None, nothing, nothing, 0
    most = int(min(MOST_ROWS, max(1, MOST_PRODUCTS // len(network.parameters))))
    rows = X[np.unique(np.linspace(0, len(X) - 1, min(most, len(X))).astype(np.int64))]
    targets = np.zeros((len(rows), network.shape[-1]))
    measured = Measurements(Subject(network, Rows(rows, targets)))
    with np.errstate(over="ignore", invalid="ignore"):
        slopes = [relative_slopes(measured, i) for i in range(len(network.layers) - 1)]
        if network.architecture.loss_function.from_logits_of:  # the gradient is a − y, and no slope comes in
            slopes.append(np.ones((len(rows), network.shape[-1])))
        else:
            slopes.append(relative_slopes(measured, len(network.layers) - 1))
        return slopes, dead(measured), saturated(measured), len(rows)


def _some(size: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return which of so many units are drawn: all, or evenly chosen ones, the same each time."""
    return np.unique(np.linspace(0, size - 1, min(size, MOST_DRAWN)).round().astype(np.int64))


def _plain(values: Array) -> list[float | None]:
    return [_round(value) for value in values.tolist()]


def _round(value: float) -> float | None:
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
