"""The budget in units that a person thinks in: the target's own, bits, and errors in count."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from fallline.diagnosis.measurements import Measurements
from fallline.engine import Array, Index, reference

SQUARED = {"mean_squared_error": 1.0, "half_squared_error": 2.0}


@dataclass(frozen=True)
class Units:
    """How the loss's unit goes over into another, and rows answered wrongly.

    Of a squared error a part p is given as the root √(2p/n…) of the mean square that it makes, in the target's unit:
    roots do not add up, their squares do. Of an absolute error it is p times the scale; of a cross-entropy, bits.
    """

    name: str | None  # of the other unit; None where there is none
    factor: float  # of a part before the root
    root: bool
    wrong: int | None  # rows for which the network answers another class than the target's; None without classes
    wrong_at_floor: int | None
    wrong_by_noise: int | None  # that any function answers wrongly, since identical rows differ
    rows: int

    def of(self, part: float) -> float | None:
        """Return a part of the error in the other unit."""
        if self.name is None:
            return None
        value = self.factor * max(0.0, part)
        return math.sqrt(value) if self.root else value

    def to_dict(self, parts: dict[str, float]) -> dict[str, Any]:
        """Return the parts in plain JSON types."""
        return {
            "unit": self.name,
            "parts": None if self.name is None else {name: self.of(part) for name, part in parts.items()},
            "root_of_mean_square": self.root,
            "rows": self.rows,
            "wrong": self.wrong,
            "wrong_at_floor": self.wrong_at_floor,
            "wrong_by_noise": self.wrong_by_noise,
        }


def units(measured: Measurements, floor: Array, replicates: Index) -> Units:
    """Return the units of a subject, whose best weights are `floor` (parameters,)."""
    name, root, factor = None, False, 1.0
    loss, (n, outputs) = measured.architecture.loss_function, measured.y.shape
    scales = set(measured.subject.target_scale) or {1.0}
    if loss.name in SQUARED and len(scales) == 1:
        name, root = "root mean square in the target's unit", True
        factor = SQUARED[loss.name] / (loss.scale(n, outputs) * n * outputs) * scales.pop() ** 2
    elif loss.name == "mean_absolute_error" and len(scales) == 1:
        name, factor = "mean absolute error in the target's unit", scales.pop()
    elif loss.from_logits_of is not None:
        name, factor = "bits", 1.0 / math.log(2.0)
    classes = _classes(measured)
    if classes is None:
        return Units(name, factor, root, None, None, None, n)
    at_floor = _chosen(reference.run(measured.architecture, floor, measured.X))
    pairs, counts = np.unique(np.stack([replicates, classes]), axis=1, return_counts=True)
    most = np.zeros(int(replicates.max()) + 1, np.int64)
    np.maximum.at(most, pairs[0], counts)
    wrong = int(np.sum(_chosen(measured.outputs) != classes))
    return Units(name, factor, root, wrong, int(np.sum(at_floor != classes)), n - int(most.sum()), n)


def _classes(measured: Measurements) -> Index | None:
    """Return the class of each row, where targets are classes: 0 or 1 in one output, or one-hot."""
    y = measured.y
    if measured.architecture.activations[-1] not in ("sigmoid", "softmax") or not np.isin(y, (0.0, 1.0)).all():
        return None
    if y.shape[1] > 1 and not (y.sum(axis=1) == 1.0).all():
        return None
    return _chosen(y)


def _chosen(outputs: Array) -> Index:
    """Return the class that each row of outputs (n, outputs) stands for."""
    if outputs.shape[1] == 1:
        return np.asarray(outputs[:, 0] > 0.5, dtype=np.int64)
    return np.asarray(np.argmax(outputs, axis=1), dtype=np.int64)
