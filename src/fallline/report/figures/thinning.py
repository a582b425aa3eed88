"""Long courses in few points: of each stretch the lowest and the highest, so that no spike is lost."""

from __future__ import annotations

import numpy as np

from fallline.engine import Array
from fallline.engine.arrays import Index

MOST_POINTS = 5_000  # of a figure


def thinned(values: Array, most: int = MOST_POINTS) -> Index:
    """Return the places (kept,) of at most that many of the values (n,), in order.

    The course is cut into stretches of equal length; of each the lowest and the highest value are kept, and the first
    and the last of all. Where nothing has to go, nothing goes; values that are not finite go first.

    Parameters
    ----------
    values
        One entry a point, in the order in which they are drawn.
    most
        4 or more.
    """
    places = np.flatnonzero(np.isfinite(values))
    if len(places) <= most:
        return places
    stretches = np.array_split(places, (most - 2) // 2)
    lowest = [part[np.argmin(values[part])] for part in stretches]
    highest = [part[np.argmax(values[part])] for part in stretches]
    return np.unique(np.concatenate([places[:1], lowest, highest, places[-1:]]))
