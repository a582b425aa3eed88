"""Whether an error has stopped falling, and how far away a lower one is at the present rate.

The last half of the run is cut into three parts and each is represented by its median, so that spikes do not
count. The fall from the first part to the last is held against the error itself, which makes the test free of
the error's scale, and against the scatter of the medians, which makes it free of noise. A run whose gradient
grows is leaving a saddle and is not at its end (Saad & Solla 1995 on such plateaus), however flat its error.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fallline.engine import Array

LEAST_RECORDS = 120  # fewer say nothing: 20 in each part of the last half
LEAST_STEPS = 5000  # on all rows or on batches; before that, a flat stretch is no end
SMALL_FALL = 1e-3  # share of the error that must fall within the last half of a run
GROWING_GRADIENT = 1.02
NORMAL_MAD = 1.4826  # standard deviation of a normal distribution, over its median absolute deviation
CERTAIN = 3.0  # standard errors
MEDIAN_ERROR = 1.2533  # standard error of a median, over that of a mean


class Trend(NamedTuple):
    """The course of the error at the end of a run."""

    error: float  # median of the last part
    fall: float  # per iteration; below 0 where the error rises
    uncertainty: float  # of the fall per iteration, three standard errors
    flat: bool  # whether this is a plateau


def trend(iterations: Array, errors: Array, gradient_norms: Array) -> Trend | None:
    """Return the trend of the errors (records,) over their iterations, or None while there are too few.

    Parameters
    ----------
    iterations, errors, gradient_norms
        One entry a record, (records,); a gradient norm may be nan.
    """
    if len(errors) < LEAST_RECORDS:
        return None
    window = slice(len(errors) // 2, None)
    parts = np.array_split(errors[window], 3)
    first, middle, last = (float(np.median(part)) for part in parts)
    places = [float(np.mean(part)) for part in np.array_split(iterations[window], 3)]
    scatter = math.hypot(_median_error(parts[0]), _median_error(parts[2]))
    fall = first - last
    flat = fall <= max(SMALL_FALL * abs(last), CERTAIN * scatter)
    speeding_up = middle - last > max(first - middle, 0.0) + CERTAIN * scatter and middle > last
    norms = [np.median(part) for part in np.array_split(gradient_norms[window], 3)]
    leaving_saddle = norms[0] < norms[1] < norms[2] and norms[2] > GROWING_GRADIENT * norms[0] and fall > 0
    span = places[2] - places[1]
    return Trend(
        last, (middle - last) / span, CERTAIN * scatter / span, bool(flat and not speeding_up and not leaving_saddle)
    )


def share_left(iterations: Array, errors: Array) -> float:
    """Return what share of the error (records,) is likely to be left when the iterations have doubled.

    The error is taken to fall as a power of the iterations, as it did over the last half: within a doubling it then
    loses the same share each time. 1 where it does not fall, or where there are too few records to tell.
    """
    window = slice(len(errors) // 2, None)
    parts, places = np.array_split(errors[window], 3), np.array_split(iterations[window], 3)
    if len(parts[-1]) == 0:
        return 1.0
    first, last = float(np.median(parts[0])), float(np.median(parts[2]))
    if not 0.0 < last < first < math.inf:
        return 1.0
    doublings = math.log2(float(np.mean(places[2]) / np.mean(places[0])))
    return float((last / first) ** (1.0 / doublings))


def distance(trend: Trend, target: float) -> str:
    """Return in words how many iterations the target error is away at the present rate."""
    if trend.fall > trend.uncertainty and trend.fall > 0:
        return f"at this rate, error {target:.3g} is {_count((trend.error - target) / trend.fall)} iterations away"
    fastest = trend.fall + trend.uncertainty
    if fastest > 0:
        least = (trend.error - target) / fastest
        return f"the fall is lost in the noise; error {target:.3g} is at least {_count(least)} iterations away"
    return f"the error does not fall any more, so error {target:.3g} is out of reach this way"


def _count(number: float) -> str:
    if number < 1e6:
        return f"{math.ceil(number):,}"
    mantissa, exponent = f"{number:.1e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def _median_error(values: Array) -> float:
    """Standard error of the median, from the differences of neighbours, so that a trend does not count as noise."""
    differences = np.diff(values)
    deviation = NORMAL_MAD * float(np.median(np.abs(differences - np.median(differences)))) / math.sqrt(2.0)
    return MEDIAN_ERROR * deviation / math.sqrt(len(values))
