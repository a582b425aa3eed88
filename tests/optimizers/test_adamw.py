from __future__ import annotations

import math

import numpy as np

from fallline.optimizers import Adam, AdamW, Constant, Cosine

from .problems import Watch, assert_follows, assert_reaches_least_squares, linear


def rule(w, g, memory, t):
    """Loshchilov & Hutter (2019), algorithm 2 with the learning rate as α and schedule both: w ← w − η(… + λ w)."""
    memory["m"] = 0.8 * memory.get("m", 0.0) + (1 - 0.8) * g
    memory["v"] = 0.95 * memory.get("v", 0.0) + (1 - 0.95) * g**2
    m_hat, v_hat = memory["m"] / (1 - 0.8**t), memory["v"] / (1 - 0.95**t)
    return w - 0.03 * (m_hat / (math.sqrt(v_hat) + 1e-3) + 0.5 * w)


def test_each_step_follows_algorithm_2():
    assert_follows(AdamW(learning_rate=0.03, beta1=0.8, beta2=0.95, epsilon=1e-3, weight_decay=0.5), rule)


def test_without_decay_it_is_adam():
    problem = linear()
    left, right = problem.start.copy(), problem.start.copy()
    AdamW(learning_rate=0.03, weight_decay=0.0).minimize(problem.objective, left, Watch(20))
    Adam(learning_rate=0.03).minimize(problem.objective, right, Watch(20))
    np.testing.assert_array_equal(left, right)


def test_weights_decay_by_the_rate_where_the_gradient_is_zero():
    w, slots = np.array([4.0, -2.0]), [np.zeros(2), np.zeros(2)]
    AdamW(learning_rate=Constant(0.1), weight_decay=0.5).update(w, np.zeros(2), slots, 0.1, 1)
    np.testing.assert_allclose(w, [4.0 * 0.95, -2.0 * 0.95], rtol=1e-15)


def test_without_decay_it_reaches_least_squares_while_the_rate_falls():
    assert_reaches_least_squares(AdamW(learning_rate=Cosine(0.1, 1000), weight_decay=0.0), 1000, relative=1e-9)
