"""Line search: a step along a direction that meets the strong Wolfe conditions.

With φ(α) the value at w + α d, and φ′ its slope along d:

    φ(α) ≤ φ(0) + decrease · α · φ′(0)        the value falls enough, and
    |φ′(α)| ≤ curvature · |φ′(0)|             the slope is flatter.

After Moré & Thuente (1994), "Line search algorithms with guaranteed sufficient decrease": an interval that holds
such a step shrinks around the minimizers of cubics and parabolas through what was found at its ends.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

BACK = 0.1  # where between the best step and one without a value the next one lies
LEAST_FARTHER, MOST_FARTHER = 1.1, 4.0  # how far beyond a step the next may lie, in lengths of the last move
SHRINK = 0.66  # of its width, what an interval may keep after two steps; else it is halved


class Trial(NamedTuple):
    """What was found at a step along the line."""

    step: float
    value: float  # inf or nan where there is none
    slope: float
    at: Any = None  # what the caller wants to have back


def strong_wolfe(
    along: Callable[[float], Trial],
    start: Trial,
    first: float,
    *,
    decrease: float = 1e-4,
    curvature: float = 0.9,
    most: int = 30,
) -> Trial | None:
    """Return a step that meets both conditions; the lowest found where none does; None where none is lower.

    Parameters
    ----------
    along
        Evaluates a step. A value or slope that is not finite is a wall, from which the search steps back.
    start
        What is at step 0; its slope is negative.
    first
        The first step to try, above 0.
    decrease, curvature
        The constants of the two conditions, 0 < decrease < curvature < 1.
    most
        How many evaluations may be made.
    """
    fall = decrease * start.slope
    low, high, bracketed, minimizer_ahead = start, start, False, False
    step, wall = first, math.inf
    lower, upper = 0.0, first + MOST_FARTHER * first
    width = width_before = math.inf
    for _ in range(most):
        trial = along(step)
        if not (math.isfinite(trial.value) and math.isfinite(trial.slope)):
            if not bracketed:
                wall = step
            step = low.step + BACK * (step - low.step)
            lower, upper = (lower, upper) if bracketed else (step, 0.5 * (step + wall))
            continue
        enough = trial.value <= start.value + step * fall
        if enough and abs(trial.slope) <= -curvature * start.slope:
            return trial
        minimizer_ahead = minimizer_ahead or (enough and trial.slope >= 0.0)
        # until then the interval is that of φ(α) − α · fall, so that it holds a step that falls enough
        tilt = fall if not minimizer_ahead and not enough and trial.value <= low.value else 0.0
        step, low, high, bracketed = _narrowed(low, high, trial, bracketed, lower, upper, tilt)
        if bracketed:
            lower, upper = sorted((low.step, high.step))
            if upper - lower >= SHRINK * width_before or not lower < step < upper:
                step = lower + 0.5 * (upper - lower)
            width, width_before = upper - lower, width
            if not lower < step < upper:  # neighbours in floating point
                break
        else:
            moved = step - low.step
            lower, upper = step + LEAST_FARTHER * moved, step + MOST_FARTHER * moved
            if upper >= wall:
                lower, upper = step, 0.5 * (step + wall)
    return low if low.value < start.value else None


def _narrowed(
    low: Trial, high: Trial, trial: Trial, bracketed: bool, lower: float, upper: float, tilt: float
) -> tuple[float, Trial, Trial, bool]:
    """Return the next step, and the interval's ends (the lower one first) with the trial among them.

    The four cases of Moré & Thuente, section 4, on values less tilt · step; until a minimizer is bracketed
    the next step lies in [lower, upper].
    """
    best, new = _tilted(low, tilt), _tilted(trial, tilt)
    if new.value > best.value:  # a minimizer lies between
        cubic, parabola = _cubic(best, new), _parabola(best, new)
        near = abs(cubic - best.step) < abs(parabola - best.step)
        return (cubic if near else 0.5 * (cubic + parabola)), low, trial, True
    if (new.slope < 0.0) != (best.slope < 0.0):  # likewise, but the trial is the lower one
        cubic, secant = _cubic(best, new), _secant(best, new)
        return (cubic if abs(cubic - new.step) >= abs(secant - new.step) else secant), trial, low, True
    other = high if bracketed else low
    if abs(new.slope) <= abs(best.slope):  # the slope becomes flatter: the minimizer may lie beyond
        cubic, secant = _cubic(best, new), _secant(best, new)
        if not (cubic - new.step) * (new.step - best.step) > 0.0:  # the cubic falls for ever
            cubic = upper if new.step > best.step else lower
        if not bracketed:
            step = cubic if abs(cubic - new.step) > abs(secant - new.step) else secant
            return min(max(step, lower), upper), trial, other, False
        step = cubic if abs(cubic - new.step) < abs(secant - new.step) else secant
        limit = new.step + SHRINK * (high.step - new.step)
        return (min(step, limit) if new.step > best.step else max(step, limit)), trial, high, True
    if bracketed:
        return _cubic(_tilted(high, tilt), new), trial, high, True
    return (upper if new.step > best.step else lower), trial, other, False


def _tilted(trial: Trial, tilt: float) -> Trial:
    return Trial(trial.step, trial.value - tilt * trial.step, trial.slope - tilt) if tilt else trial


def _cubic(a: Trial, b: Trial) -> float:
    """Minimizer of the cubic with these values and slopes (Nocedal & Wright, eq. 3.59); nan where it has none."""
    d = a.slope + b.slope - 3.0 * (a.value - b.value) / (a.step - b.step)
    size = max(abs(d), abs(a.slope), abs(b.slope))
    square = (d / size) ** 2 - (a.slope / size) * (b.slope / size) if size else -1.0
    if square < 0.0:
        return math.nan
    root = math.copysign(size * math.sqrt(square), b.step - a.step)
    below = b.slope - a.slope + 2.0 * root
    return b.step - (b.step - a.step) * (b.slope + root - d) / below if below else math.nan


def _parabola(a: Trial, b: Trial) -> float:
    """Minimizer of the parabola with a's value and slope and b's value."""
    move = b.step - a.step
    return a.step + 0.5 * move * a.slope / (a.slope - (b.value - a.value) / move)


def _secant(a: Trial, b: Trial) -> float:
    """Where the line through both slopes is zero; inf where they are equal."""
    change = b.slope - a.slope
    return b.step - b.slope * (b.step - a.step) / change if change else math.inf
