"""What can be seen of a descent while it goes: signs, each in a sentence with its numbers, and none of them proven.

The verdict at the end examines, experiments and proves; these are what the curves and the units show by then.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from fallline.live.metrics import Course
from fallline.training.plateau import LEAST_STEPS, MEDIAN_ERROR, NORMAL_MAD, distance, trend

LEAST_RECORDS = 40  # before which nothing is said of a curve
RISEN = 1.5  # times its lowest, from which on the error rises
PARTS = 20  # of the way, each represented by its median, so that noise parts nothing
CERTAIN = 4.0  # standard errors: the lowest of so many medians is two below the others by chance
PARTED = 1.05  # times its lowest, from which on the validation error parts from the training error
MOST_OF_A_LAYER = 0.5  # of the units, flat on nearly all rows, from which on it is worth a word


class Sign(NamedTuple):
    """One thing that shows."""

    code: str
    title: str
    sentence: str
    first: int | None = None  # the iterations that it is about, where it is about some
    last: int | None = None
    remedies: tuple[str, ...] = ()  # worth trying, the likeliest first

    def to_dict(self) -> dict[str, Any]:
        """Return it in plain JSON types."""
        return self._asdict()


def signs_of_course(course: Course) -> list[Sign]:
    """Return what the curves show."""
    if len(course) < LEAST_RECORDS:
        return []
    iterations, errors = course.column("iteration"), course.column("train_error")
    candidates = (
        _plateau(course, iterations, errors),
        _rising(iterations, errors),
        _parting(course, iterations, errors),
    )
    return [each for each in candidates if each is not None]


def signs_of_units(drawing: dict[str, Any]) -> list[Sign]:
    """Return what the units show: a drawing as `fallline.live.drawing` makes it."""
    found = []
    rows = drawing["rows"]
    for number, layer in enumerate(drawing["layers"], start=1):
        units, name = layer["units"], layer["activation"]
        if layer["dead"]:
            words = (
                f"{_of(layer['dead'], units)} of layer {number} ({name}) are 0 on each of the {rows} rows looked at."
            )
            tried = ("other_initialisation", "other_activation", "restart")
            found.append(Sign("dead_units", "Dead units", words, remedies=tried))
        if layer["saturated"] >= MOST_OF_A_LAYER * units and layer["saturated"]:
            words = f"{_of(layer['saturated'], units)} of layer {number} ({name}) are flat on nine rows in ten or more."
            tried = ("other_initialisation", "scale_inputs", "other_activation")
            found.append(Sign("saturated_units", "Saturated units", words, remedies=tried))
    return found


def _plateau(course: Course, iterations: np.ndarray[Any, Any], errors: np.ndarray[Any, Any]) -> Sign | None:
    """Return the plateau that training itself would stop at, by the same test."""
    if course.column("steps")[-1] < LEAST_STEPS:
        return None
    found = trend(iterations, errors, course.column("gradient_norm"))
    if found is None or not found.flat:
        return None
    first, last = int(iterations[len(iterations) // 2]), int(iterations[-1])
    stays = f"From iteration {first:,} to {last:,} the error stays at {found.error:.4g}"
    words = f"{stays}: {distance(found, 0.1 * found.error)}."
    return Sign("plateau", "A plateau", words, first, last, ("second_order", "higher_rate", "restart"))


def _rising(iterations: np.ndarray[Any, Any], errors: np.ndarray[Any, Any]) -> Sign | None:
    at = int(np.nanargmin(errors)) if np.isfinite(errors).any() else len(errors) - 1
    late = float(np.median(errors[-len(errors) // 10 :]))
    if not late > RISEN * errors[at] > 0.0:
        return None
    words = f"The error is {late:.4g} now, {late / errors[at]:.3g} times the {errors[at]:.4g} of iteration "
    words += f"{int(iterations[at]):,}. A learning rate that is too large does that."
    return Sign("rising", "The error rises", words, int(iterations[at]), int(iterations[-1]), ("lower_rate",))


def _parting(course: Course, iterations: np.ndarray[Any, Any], errors: np.ndarray[Any, Any]) -> Sign | None:
    validation = course.column("validation_error")
    if not np.isfinite(validation).all():
        return None
    parts = [int(part[len(part) // 2]) for part in np.array_split(np.arange(len(validation)), PARTS)]
    smooth = [float(np.median(part)) for part in np.array_split(validation, PARTS)]
    lowest = int(np.argmin(smooth))
    at, late = parts[lowest], smooth[-1]
    apart = late - smooth[lowest]
    if not (late > PARTED * smooth[lowest] and apart > CERTAIN * _scatter(validation) and errors[-1] < errors[at]):
        return None
    words = f"The validation error was lowest about iteration {int(iterations[at]):,}, {smooth[lowest]:.4g}, and is "
    words += f"{late:.4g} now, while the training error went on falling from {errors[at]:.4g} to {errors[-1]:.4g}."
    about = int(iterations[at]), int(iterations[-1])
    return Sign("over_fitting", "Training and validation part", words, *about, ("stronger_penalty",))


def _scatter(values: np.ndarray[Any, Any]) -> float:
    """Return the standard error of the difference of two parts' medians, from what neighbours differ by."""
    deviation = NORMAL_MAD * float(np.median(np.abs(np.diff(values)))) / math.sqrt(2.0)
    return MEDIAN_ERROR * deviation * math.sqrt(2.0 * PARTS / len(values))


def _of(count: int, units: int) -> str:
    return f"All {units} units" if count == units else f"{count} of {units} units"
