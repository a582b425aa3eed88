import re

import numpy as np

from fallline.diagnosis.finding import Status
from fallline.diagnosis.rules import RULES
from fallline.diagnosis.subject import descended
from fallline.network import Network
from fallline.optimizers import GradientDescent
from fallline.training.stopping import Limits

from .landscape import X, evidence, finished

RULE = RULES["local_minimum"]


def test_the_example_is_a_local_minimum() -> None:
    finding = RULE.examine(evidence(RULE.example()))
    assert finding.status is Status.FIRES
    assert re.fullmatch(
        r"This is a local minimum: a second-order descent from the stop ends at 0\.5709, where no eigenvalue of the "
        r"Hessian is negative \(lowest 1\.7e-06, residual \S+, largest 3\.04\), and 4 descents after nudges of 2% came "
        r"to 0\.5709 or more\. Other first weights \(seed \d+\) lead to 0\.2761 with the same shape\.",
        finding.sentence,
    )
    assert finding.numbers["finite"]
    assert abs(finding.share - (0.5709 - 0.2761) / 0.5709) < 1e-3


def test_a_finished_run_is_clear() -> None:
    assert RULE.examine(evidence(finished())).sentence.startswith("Nothing to look for: ")


def test_a_run_that_second_order_descent_takes_on_is_clear() -> None:
    network = Network([1, 4, 1], ["tanh", "identity"], loss="mean_squared_error", seed=1)
    subject = descended(network, X, np.sin(3.0 * X), GradientDescent(0.05), limits=Limits(iterations=50))
    finding = RULE.examine(evidence(subject))
    assert finding.status is Status.CLEAR
    assert finding.sentence.startswith("A second-order descent from the stop goes lower, from ")


def test_a_saddle_point_is_no_local_minimum() -> None:
    assert not RULE.examine(evidence(RULES["saddle_point"].example())).fires
