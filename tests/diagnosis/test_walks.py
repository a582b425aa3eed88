import numpy as np

from fallline.diagnosis.walks import along, gradient_steps, value
from fallline.engine import Objective, Rows
from fallline.network import Network

X = np.linspace(-1.0, 1.0, 9)[:, None]
NETWORK = Network([1, 2, 1], ["tanh", "identity"], seed=0)
OBJECTIVE = Objective(NETWORK.architecture, Rows(X, X**2), l2=0.1)


def test_values_along_a_line_include_the_penalty() -> None:
    direction = np.ones(len(NETWORK.parameters))
    there = NETWORK.parameters + 0.5 * direction
    expected = OBJECTIVE.error(there) + OBJECTIVE.penalty(there)
    np.testing.assert_allclose(along(OBJECTIVE, NETWORK.parameters, direction, np.array([0.5])), [expected])


def test_gradient_steps_never_rise_whatever_the_rate() -> None:
    start = value(OBJECTIVE, NETWORK.parameters)
    for rate in (1e-3, 1.0, 1e3):
        lower, weights, steps = gradient_steps(OBJECTIVE, NETWORK.parameters, rate, 50, lambda: False)
        assert lower < start
        assert lower == value(OBJECTIVE, weights)
        assert steps == 50


def test_gradient_steps_end_when_the_time_is_over() -> None:
    assert gradient_steps(OBJECTIVE, NETWORK.parameters, 0.1, 50, lambda: True)[2] == 1


def test_an_overflow_is_infinite() -> None:
    assert value(OBJECTIVE, np.full(len(NETWORK.parameters), 1e200)) == np.inf
