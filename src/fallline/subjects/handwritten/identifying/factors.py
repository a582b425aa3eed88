"""What the positive factor of an update is made of, and which layers have another sign or another factor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

SAME = 1e-6  # relative difference up to which two factors are one


@dataclass(frozen=True)
class Sizes:
    """Numbers that a factor can be made of."""

    rows: int
    shape: tuple[int, ...]
    rate: float | None
    given: int = 0  # rows of the user's own data, which may be written into the code; 0 for none


def same(first: float, second: float) -> bool:
    """Whether two factors are equal."""
    return abs(first - second) <= SAME * max(abs(first), abs(second))


def multiples(sizes: Sizes) -> Iterator[tuple[float, str]]:
    """Return the factors that a healthy step may have besides the rate, and how they are written."""
    outputs, n = sizes.shape[-1], sizes.rows
    by_rows = [(1.0, ""), *((1.0 / rows, " / n") for rows in {n, sizes.given} if rows > 1)]
    by_outputs = [(1.0, ""), *([(1.0 / outputs, " / outputs")] if outputs > 1 else [])]
    for number, first in ((1.0, ""), (2.0, " · 2"), (0.5, " · ½")):
        for a, second in by_rows:
            for b, third in by_outputs:
                yield number * a * b, first + second + third


def explained(factor: float, sizes: Sizes, base: float, name: str) -> str | None:
    """Return the factor as the base times a healthy multiple, in words; None where it is not."""
    for multiple, text in multiples(sizes):
        if same(factor, base * multiple):
            return f"{name}{text}"
    return None


def climbing(factors: Mapping[int, float]) -> tuple[int, ...]:
    """Return the layers that climb."""
    return tuple(sorted(layer for layer, factor in factors.items() if factor < 0.0))


def alternates(factors: Mapping[int, float]) -> bool:
    """Whether every second layer climbs, as when a minus sign enters once per layer."""
    layers = sorted(factors)
    return len(layers) > 1 and all(factors[low] * factors[high] < 0.0 for low, high in pairwise(layers))


def usual(factors: Mapping[int, float], sizes: Sizes) -> float:
    """Return the factor (its size) that most layers have; of two as frequent, one that the rate explains."""
    values = [abs(factor) for factor in factors.values()]

    def rank(value: float) -> tuple[int, int, int]:
        count = sum(same(value, other) for other in values)
        told = sizes.rate is not None and explained(value, sizes, sizes.rate, "") is not None
        return count, int(told), values.index(value)

    return max(values, key=rank)


def rate_power(factor: float, sizes: Sizes) -> int | None:
    """Return the power of the rate in a factor: 1 as it should be, 2 or −1; None where that cannot be told."""
    if sizes.rate is None or same(sizes.rate, 1.0):
        return None
    fitting = [power for power in (1, 2, -1, 0) if explained(factor, sizes, sizes.rate**power, "") is not None]
    return fitting[0] if fitting else None


def powers(first: Mapping[int, float], second: Mapping[int, float], rates: Sequence[float]) -> dict[int, int]:
    """Return the power of the rate in each layer's factor, from factors at two rates."""
    ratio = float(np.log(rates[1] / rates[0]))
    found: dict[int, int] = {}
    for layer, factor in first.items():
        other = second.get(layer, 0.0)
        if factor * other > 0.0:
            power = float(np.log(other / factor)) / ratio
            if abs(power - round(power)) < 1e-4:
                found[layer] = round(power)
    return found
