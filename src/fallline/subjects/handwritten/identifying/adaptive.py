"""Steps that divide each number's gradient by its own size: Adam, RMSprop, Adagrad, Rprop."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fallline.engine import Array

ADAPTIVE = (
    "it divides each gradient by its own size, as Adam, RMSprop and Adagrad do, so its first update shows signs alone; "
    "put plain gradient descent in its place (W -= rate * gradient), and it can be compared"
)
_EQUAL = 1e-3  # relative: ε beside a gradient's size makes them differ a little


def is_adaptive(updates: Sequence[Sequence[Array]]) -> bool:
    """Whether the first updates after a start, of each parameter array, have one size everywhere, whatever the weights.

    Without a history the running means of g and g² are shares of g and g² themselves, so that what is left of
    m / (√v + ε) is g's sign times one number (Kingma and Ba 2015, algorithm 1).
    """
    sizes = []
    for arrays in updates:
        several = 0
        for change in arrays:
            moved = np.abs(change[change != 0])
            if not np.isfinite(moved).all():
                return False
            if moved.size < 2:
                continue
            if moved.max() > (1.0 + _EQUAL) * moved.min():
                return False
            sizes.append(float(moved.max()))
            several += 1
        if not several:
            return False
    whole = all(size == round(size) for size in sizes)  # weights that are cut to whole numbers
    return bool(sizes) and not whole and max(sizes) <= (1.0 + _EQUAL) * min(sizes)
