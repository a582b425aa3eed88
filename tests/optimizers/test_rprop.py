from __future__ import annotations

import numpy as np
import pytest

from fallline.errors import FalllineError
from fallline.optimizers import Outcome, Rprop

from .problems import Watch, assert_follows, assert_reaches_least_squares, linear


def rule(w, g, memory, t):
    """IRPROP⁻ of Igel & Hüsken (2000), table 3, for one weight."""
    step, before = memory.get("step", 0.02), memory.get("g", 0.0)
    if before * g > 0:
        step = min(step * 1.2, 0.3)
    elif before * g < 0:
        step = max(step * 0.5, 1e-4)
        g = 0.0
    memory["step"], memory["g"] = step, g
    return w - (step if g > 0 else -step if g < 0 else 0.0)


def test_each_step_follows_irprop_minus():
    assert_follows(Rprop(learning_rate=0.02, smallest=1e-4, largest=0.3), rule, steps=60)


def test_it_reaches_least_squares():
    assert_reaches_least_squares(Rprop(), 400, relative=1e-12)


@pytest.mark.parametrize(("dtype", "size"), [(np.float64, 1e100), (np.float64, 1e-200), (np.float32, 1e-30)])
def test_the_size_of_the_gradient_changes_nothing(dtype, size):
    """As of saturated units, whose gradients are that small."""
    optimizer = Rprop(learning_rate=0.01)
    signs = [1, 1, 1, -1, -1, 1, 1, -1]
    courses = []
    for scale in (1.0, size):
        w, course = np.zeros(1, dtype), []
        slots = optimizer.start(w)
        for t, sign in enumerate(signs, start=1):
            optimizer.update(w, np.array([sign * scale], dtype), slots, 0.01, t)
            course.append(float(w[0]))
        courses.append(course)
    assert courses[1] == courses[0]


def test_steps_stay_between_smallest_and_largest():
    optimizer = Rprop(learning_rate=0.01, smallest=0.005, largest=0.02)
    w = np.zeros(2)
    slots = optimizer.start(w)
    for t in range(1, 20):
        optimizer.update(w, np.array([1.0, (-1.0) ** t]), slots, 0.01, t)
    np.testing.assert_array_equal(slots[1], [0.02, 0.005])


def test_batches_are_refused():
    problem = linear()
    parameters = problem.start.copy()
    with pytest.raises(FalllineError) as refused:
        Rprop(batch_size=10).minimize(problem.objective, parameters, Watch(1))
    assert str(refused.value) == (
        "batch size 10: rprop compares the signs of successive gradients, so it needs all 40 rows at each step. "
        "Leave the batch size out, or use adam."
    )
    np.testing.assert_array_equal(parameters, problem.start)


@pytest.mark.parametrize("batch_size", [40, 41])
def test_a_batch_of_all_rows_is_no_batch(batch_size):
    problem = linear()
    left, right = problem.start.copy(), problem.start.copy()
    assert Rprop(batch_size=batch_size).minimize(problem.objective, left, Watch(10)) is Outcome.STOPPED
    Rprop().minimize(problem.objective, right, Watch(10))
    np.testing.assert_array_equal(left, right)
