"""The update rules of the first-order optimizers, each as its `update` in `fallline.optimizers`.

Each kernel changes w[start:stop] and its slots `one` and `two` by one step with the gradient g; `settings` are
the rule's numbers in the order in which its class lists them after the learning rate.
"""

from __future__ import annotations

from fallline.engine.arrays import Array
from fallline.engine.compiled.jit import kernel
from fallline.engine.compiled.lane_functions import square_root, where
from fallline.engine.compiled.lanes import load, store, width


@kernel
def _gradient_descent(
    settings: Array, w: Array, g: Array, one: Array, two: Array, start: int, stop: int, rate: float, step: int
) -> None:
    for i in range(start, stop, width(w)):
        store(w, i, load(w, i) - rate * load(g, i))


@kernel
def _momentum(
    settings: Array, w: Array, g: Array, one: Array, two: Array, start: int, stop: int, rate: float, step: int
) -> None:
    momentum = settings[0]
    for i in range(start, stop, width(w)):
        velocity = momentum * load(one, i) + load(g, i)
        store(one, i, velocity)
        store(w, i, load(w, i) - rate * velocity)


@kernel
def _nesterov(
    settings: Array, w: Array, g: Array, one: Array, two: Array, start: int, stop: int, rate: float, step: int
) -> None:
    momentum = settings[0]
    for i in range(start, stop, width(w)):
        velocity = momentum * load(one, i) + load(g, i)
        store(one, i, velocity)
        store(w, i, load(w, i) - rate * (load(g, i) + momentum * velocity))


@kernel
def _rmsprop(
    settings: Array, w: Array, g: Array, one: Array, two: Array, start: int, stop: int, rate: float, step: int
) -> None:
    decay, epsilon = settings[0], settings[1]
    for i in range(start, stop, width(w)):
        slope = load(g, i)
        square = decay * load(one, i) + (1.0 - decay) * (slope * slope)
        store(one, i, square)
        store(w, i, load(w, i) - rate * slope / (square_root(square) + epsilon))


@kernel
def _adam(
    settings: Array, w: Array, g: Array, one: Array, two: Array, start: int, stop: int, rate: float, step: int
) -> None:
    """Adam, and AdamW where settings[3], the decay of the weights, is above 0."""
    beta1, beta2, epsilon = settings[0], settings[1], settings[2]
    kept = 1.0 - rate * settings[3]
    eta, correction = rate / (1.0 - beta1**step), 1.0 / (1.0 - beta2**step)
    for i in range(start, stop, width(w)):
        slope = load(g, i)
        mean = beta1 * load(one, i) + (1.0 - beta1) * slope
        square = beta2 * load(two, i) + (1.0 - beta2) * (slope * slope)
        store(one, i, mean)
        store(two, i, square)
        store(w, i, kept * load(w, i) - eta * mean / (square_root(square * correction) + epsilon))


@kernel
def _rprop(
    settings: Array, w: Array, g: Array, one: Array, two: Array, start: int, stop: int, rate: float, step: int
) -> None:
    """iRPROP⁻; the steps hold the learning rate before the first."""
    grow, shrink, smallest, largest = settings[0], settings[1], settings[2], settings[3]
    for i in range(start, stop, width(w)):
        slope = load(g, i)
        agreement = load(one, i) * slope
        size = load(two, i)
        size = where(agreement > 0.0, size * grow, where(agreement < 0.0, size * shrink, size))
        size = where(size < smallest, smallest, where(size > largest, largest, size))
        slope = where(agreement < 0.0, 0.0, slope)
        store(two, i, size)
        store(one, i, slope)
        store(w, i, load(w, i) - where(slope > 0.0, size, where(slope < 0.0, 0.0 - size, 0.0)))


RULE_KERNELS = {
    "gradient_descent": _gradient_descent,
    "momentum": _momentum,
    "nesterov": _nesterov,
    "rmsprop": _rmsprop,
    "adam": _adam,
    "adamw": _adam,
    "rprop": _rprop,
}
