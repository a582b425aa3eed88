"""Weights as source code, exact to the last bit."""

from __future__ import annotations

from collections.abc import Iterable

from fallline.errors import FalllineError
from fallline.network.model import Model

MOST_PARAMETERS = 100_000  # two megabytes of digits
_A_LINE = 4


def require_small(model: Model, form: str) -> None:
    """Raise `FalllineError` if the network is too large to be written out in digits."""
    count = model.network.architecture.parameter_count
    if count > MOST_PARAMETERS:
        raise FalllineError(
            f"--to {form}: the network has {count:,} parameters, and {MOST_PARAMETERS:,} are the most that are written "
            "out as source code. Pass --to onnx."
        )


def digits(values: Iterable[float], indent: int) -> str:
    """Return the shortest decimals that give these numbers back, with commas, some to a line."""
    texts = [repr(float(value)) for value in values]
    lines = (", ".join(texts[k : k + _A_LINE]) for k in range(0, len(texts), _A_LINE))
    return ",\n".join(" " * indent + line for line in lines)
