"""Experiments with the weights: steps along a line, and a few careful steps of gradient descent."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fallline.engine import Array, Objective


def value(objective: Objective, parameters: Array) -> float:
    """Return the loss with the penalty; infinite where it overflows."""
    with np.errstate(over="ignore", invalid="ignore"):
        found = objective.error(parameters) + objective.penalty(parameters)
    return found if np.isfinite(found) else np.inf


def along(objective: Objective, parameters: Array, direction: Array, lengths: Array) -> Array:
    """Return the values at parameters + length · direction, (lengths,)."""
    return np.array([value(objective, parameters + s * direction) for s in lengths])


def gradient_steps(
    objective: Objective, parameters: Array, rate: float, steps: int, over: Callable[[], bool]
) -> tuple[float, Array, int]:
    """Make steps of gradient descent, the rate halved where one does not lower the value.

    Returns
    -------
    The value and the weights at the end, and how many gradients were taken.
    """
    here, (_, gradient) = value(objective, parameters), objective.error_and_gradient(parameters)
    for step in range(1, steps + 1):
        tried = parameters - rate * gradient
        there = value(objective, tried)
        if there < here:
            parameters, here = tried, there
            gradient = objective.error_and_gradient(parameters)[1]
        else:
            rate *= 0.5
        if over():
            return here, parameters, step
    return here, parameters, steps
