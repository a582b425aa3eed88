"""JAX in the speed benchmark: one jitted scan over an epoch."""

from __future__ import annotations

from typing import Any

import numpy as np

from step_contenders.workload import RATE, XOR_RATE, Loop, Workload

UNROLLED_STEPS = 1000  # in one of the scans over all rows, where they are short


def jax_scan(work: Workload, steps: int = 1) -> Loop:
    """Return JAX's loop: an epoch, or that many steps on all rows, is one jitted scan with its state donated."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", work.dtype == "float64")
    layers = [(jnp.array(W[:, :-1].T), jnp.array(W[:, -1])) for W in work.network().layers]
    X, y = (jnp.array(array) for array in work.data())
    act = {"sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh, "relu": jax.nn.relu, "identity": lambda z: z}
    leaves = jax.tree_util.tree_map

    def error(weights: Any, x: Any, target: Any) -> Any:
        for W, b in weights[:-1]:
            x = act[work.hidden](x @ W + b)
        z = x @ weights[-1][0] + weights[-1][1]
        if work.output == "softmax":
            return -jnp.mean(jnp.sum(target * jax.nn.log_softmax(z), axis=1))
        squares = jnp.square(act[work.output](z) - target)
        return 0.5 * jnp.sum(squares) if work.loss == "half_squared_error" else jnp.mean(squares)

    def step(state: Any, x: Any, target: Any) -> Any:
        weights, mean, square, t = state
        loss, gradient = jax.value_and_grad(error)(weights, x, target)
        if work.rule != "adam":
            return (leaves(lambda w, g: w - XOR_RATE * g, weights, gradient), mean, square, t), loss
        t = t + 1
        mean = leaves(lambda m, g: 0.9 * m + 0.1 * g, mean, gradient)
        square = leaves(lambda s, g: 0.999 * s + 0.001 * g * g, square, gradient)
        rate, scale = RATE / (1 - 0.9**t), 1 / (1 - 0.999**t)
        weights = leaves(lambda w, m, s: w - rate * m / (jnp.sqrt(s * scale) + 1e-8), weights, mean, square)
        return (weights, mean, square, t), loss

    def start() -> Any:
        if work.rule != "adam":
            return leaves(jnp.copy, layers), (), (), ()
        return leaves(jnp.copy, layers), *(leaves(jnp.zeros_like, layers) for _ in "ms"), jnp.zeros((), X.dtype)

    def on_all_rows(state: Any, X: Any, y: Any, _order: Any) -> Any:
        return jax.lax.scan(lambda s, _: step(s, X, y), state, None, length=steps)[0]

    def in_batches(state: Any, X: Any, y: Any, order: Any) -> Any:
        whole = work.rows // work.step_rows
        split = whole * work.step_rows
        state, _ = jax.lax.scan(lambda s, i: step(s, X[i], y[i]), state, order[:split].reshape(whole, -1))
        return step(state, X[order[split:]], y[order[split:]])[0] if split < work.rows else state

    one, losses, state = jax.jit(step), [], start()
    for _ in range(3):
        state, loss = one(state, X[: work.step_rows], y[: work.step_rows])
        losses.append(float(loss))
    epoch = jax.jit(on_all_rows if work.batch is None else in_batches, donate_argnums=0)
    held, rng = [start()], np.random.default_rng(0)

    def run(epochs: int) -> None:
        for _ in range(epochs):
            order = None if work.batch is None else rng.permutation(work.rows).astype(np.int32)
            held[0] = epoch(held[0], X, y, order)
        jax.block_until_ready(held[0])

    return Loop(run, steps if work.batch is None else work.steps, losses)
