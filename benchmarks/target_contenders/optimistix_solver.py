"""Optimistix: Levenberg–Marquardt in JAX, float64, the whole descent one compiled loop."""

from __future__ import annotations

import time
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optimistix

from problems import Problem
from target_contenders.solver import Goal, Solver

jax.config.update("jax_enable_x64", True)
ACTIVATIONS = {"tanh": jnp.tanh, "sigmoid": jax.nn.sigmoid, "identity": lambda z: z}
FIRST_STEPS = 5  # that tell how many fit into the time


class OptimistixLM(Solver):
    """`optimistix.LevenbergMarquardt` with its QR; the loop ends where the next point has the target's error.

    It cannot look at a clock, so it is told how many steps the time allows, by the time of the first few.
    """

    name = "Optimistix LM"

    def __init__(self, problem: Problem) -> None:
        X, y = (jnp.asarray(each) for each in problem.table)
        architecture, scale = problem.architecture, problem.scale
        solver = optimistix.LevenbergMarquardt(rtol=0.0, atol=0.0)
        shapes = [W.shape for W in architecture.layers(np.zeros(architecture.parameter_count))]

        def residuals(w: Any, _: Any = None) -> tuple[Any, None]:
            a = X
            parts = zip(shapes, architecture.offsets, architecture.activations, strict=False)
            for (units, inputs), offset, name in parts:
                W = w[offset : offset + units * inputs].reshape(units, inputs)
                a = ACTIVATIONS[name](a @ W[:, :-1].T + W[:, -1])
            return (a - y).ravel(), None

        def error(w: Any) -> Any:
            return scale * jnp.sum(jnp.square(residuals(w)[0]))

        def descend(w: Any, target: float, most: int) -> tuple[Any, Any, Any]:
            structure = jax.eval_shape(lambda: residuals(w)[0])
            tags: frozenset[object] = frozenset()
            state = solver.init(residuals, w, None, {}, structure, None, tags)
            arrays, rest = eqx.partition(state, eqx.is_array)

            def goes_on(carry: Any) -> Any:
                _, _, value, steps = carry
                return ~(value <= target) & (steps < most)

            def step(carry: Any) -> Any:
                w, arrays, _, steps = carry
                w, state, _ = solver.step(residuals, w, None, {}, eqx.combine(arrays, rest), tags)
                return w, eqx.filter(state, eqx.is_array), error(state.y_eval), steps + 1

            _, arrays, value, steps = jax.lax.while_loop(goes_on, step, (w, arrays, error(w), 0))
            return arrays.y_eval, value, steps

        self._descend, self._error = jax.jit(descend), jax.jit(error)
        first = problem.start(0)
        jax.block_until_ready(self._descend(first, -1.0, 1))
        started = time.perf_counter()
        jax.block_until_ready(self._descend(first, -1.0, FIRST_STEPS))
        self._seconds = (time.perf_counter() - started) / FIRST_STEPS

    def error(self, parameters: np.ndarray) -> float:
        return float(self._error(parameters))

    def descend(self, parameters: np.ndarray, goal: Goal) -> None:
        w, value, _ = self._descend(parameters, goal.target, max(1, int(goal.limit / self._seconds)))
        goal.note(float(value), lambda: np.array(w))
