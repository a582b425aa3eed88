import re

import numpy as np
import pytest

from fallline.diagnosis.finding import Status
from fallline.diagnosis.rules import RULES
from fallline.diagnosis.subject import descended
from fallline.network import Network
from fallline.optimizers import GradientDescent
from fallline.training.stopping import Limits

from .landscape import X, evidence, finished

RULE = RULES["flat_region"]


def test_the_example_is_flat() -> None:
    finding = RULE.examine(evidence(RULE.example()))
    assert finding.status is Status.FIRES
    assert finding.share > 0.99
    assert re.fullmatch(
        r"The error hardly depends on the hidden layers' weights here: a step that changes a unit's input by 1 changes "
        r"the error by at most 0\.00026 of the 0\.1622 that a lower error would gain \(slope 2e-06, curvature 0\.02 of "
        r"it\); it falls no nearer than \S+ such steps away, as far as was tried\. Other weights of this shape come to "
        r"\S+\.",
        finding.sentence,
    )


@pytest.mark.parametrize("unit", [1.0, 1000.0])
def test_an_output_saturated_on_the_wrong_side_is_flat_in_any_unit_of_the_inputs(unit: float) -> None:
    network = Network([1, 3, 1], ["tanh", "sigmoid"], loss="mean_squared_error", seed=0)
    network.layers[0][:, :-1] /= unit
    network.layers[1][:, -1] = 25.0
    subject = descended(network, unit * X, X > 0.0, GradientDescent(0.1), limits=Limits(iterations=50))
    assert RULE.examine(evidence(subject)).fires


@pytest.mark.parametrize("code", ["saddle_point", "local_minimum"])
def test_saddle_points_and_minima_are_not_flat(code: str) -> None:
    finding = RULE.examine(evidence(RULES[code].example()))
    assert finding.sentence == "The error has curvature at the stop."


def test_a_finished_run_is_clear() -> None:
    assert RULE.examine(evidence(finished())).sentence.startswith("Nothing to look for: ")


def test_a_run_that_has_just_begun_has_slope() -> None:
    network = Network([1, 4, 1], ["tanh", "identity"], loss="mean_squared_error", seed=1)
    subject = descended(network, X, np.sin(3.0 * X), GradientDescent(0.05), limits=Limits(iterations=5))
    assert RULE.examine(evidence(subject)).sentence == "The error has slope at the stop."
