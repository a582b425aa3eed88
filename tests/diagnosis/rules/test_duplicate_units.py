import re
from dataclasses import replace

import numpy as np
import pytest

from fallline.diagnosis.finding import Status
from fallline.diagnosis.rules import RULES
from fallline.diagnosis.subject import descended
from fallline.network import Network
from fallline.optimizers import LBFGS
from fallline.training.stopping import Limits

from .landscape import X, evidence, finished

RULE = RULES["duplicate_units"]


def test_the_example_has_twins_that_hold_the_error_up() -> None:
    finding = RULE.examine(evidence(RULE.example()))
    assert finding.status is Status.FIRES
    assert re.fullmatch(
        r"Units 1 and 2 of layer 1 have the same weights on both sides and get the same gradient \(difference \S+ of "
        r"its size\), so they stay equal and act as one: the network is worth a \[1, 2, 1\] one\. 4 descents that keep "
        r"them equal came to \S+ at best; other weights of this shape come to 0\.0125\d*\.",
        finding.sentence,
    )
    assert finding.numbers["groups"] == [{"layer": 1, "units": [1, 2]}]
    assert finding.share > 0.5


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_mirrored_twins_count_as_twins_do(sign: float) -> None:
    network = Network([1, 2, 1], ["tanh", "identity"], loss="mean_squared_error", seed=0)
    hidden, output = network.layers
    hidden[1], output[:, 1] = sign * hidden[0], sign * output[:, 0]
    subject = descended(network, X, np.sin(4.0 * X), LBFGS(), limits=Limits(iterations=300))
    assert RULE.examine(evidence(replace(subject, first=None))).fires


def test_twins_in_a_network_with_units_to_spare_are_clear() -> None:
    network = Network([1, 6, 1], ["tanh", "identity"], loss="mean_squared_error", seed=0)
    hidden, output = network.layers
    hidden[1], output[:, 1] = hidden[0], output[:, 0]
    subject = descended(network, X, np.sin(3.0 * X), LBFGS(), limits=Limits(iterations=2_000))
    finding = RULE.examine(evidence(subject))
    assert finding.status is Status.CLEAR
    assert finding.sentence.startswith("Units 1 and 2 of layer 1 are equal, but ")


def test_units_drawn_at_random_are_clear() -> None:
    assert RULE.examine(evidence(finished())).sentence == "No two hidden units have equal weights on both sides."


def test_without_hidden_units_there_are_none() -> None:
    subject = descended(Network([1, 1], "identity", seed=0), X, X, LBFGS())
    assert RULE.examine(evidence(subject)).sentence == "There are no hidden units."
