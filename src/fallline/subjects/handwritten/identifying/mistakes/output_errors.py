"""What the output layer's delta starts from: the difference, or something in its place."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fallline.subjects.handwritten.identifying.mistakes.choice import Choice
from fallline.subjects.handwritten.identifying.quantities import Quantities


def output_errors(q: Quantities, squared: bool = False) -> Iterator[Choice]:
    """Return candidates for ∂E/∂ŷ (K, n, outputs), the right ones first; `squared` where that is the loss for sure."""
    a, y = q.a[-1], q.y
    e = a - y
    yield Choice(e)
    if q.form(q.depth).name == "sigmoid" and not squared:
        yield Choice(e / (a * (1.0 - a)), (), "the cross-entropy's derivative")
    if q.form(q.depth).name == "softmax" and not squared:
        yield Choice(-y / a, (), "the cross-entropy's derivative")
    yield Choice(e * e, ("error_squared",), "the squared difference (ŷ − y)²")
    yield Choice(np.abs(e), ("error_absolute",), "the absolute difference |ŷ − y|")
    if a.shape[2] == 1 and q.rows > 1:
        column = a - y.mean(axis=1, keepdims=True)
        yield Choice(column, ("broadcast_error",), "each output minus every row's target, (n, 1) − (n,)")
        row = a.mean(axis=1, keepdims=True) - y
        yield Choice(row, ("broadcast_error",), "every output minus each row's target, (n, 1) − (n,)")
