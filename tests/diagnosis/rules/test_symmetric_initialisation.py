import re
from dataclasses import replace

import numpy as np
import pytest

from fallline.diagnosis.finding import Status
from fallline.diagnosis.rules import RULES
from fallline.diagnosis.subject import descended
from fallline.network import Network
from fallline.optimizers import Adam, GradientDescent
from fallline.training.stopping import Limits

from .landscape import X, evidence, finished

RULE = RULES["symmetric_initialisation"]


def test_the_example_began_symmetric() -> None:
    finding = RULE.examine(evidence(RULE.example()))
    assert finding.status is Status.FIRES
    assert re.fullmatch(
        r"Units 1, 2 and 3 of layer 1 began with the same weights, so the equal units got the same gradient "
        r"\(difference \S+ of its size\) and are equal still: the network is worth a \[2, 1, 1\] one\. A second-order "
        r"descent that keeps them equal ends at 0\.3333; other weights of this shape come to \S+\.",
        finding.sentence,
    )
    assert finding.numbers["gradient_difference"] < 1e-12


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_zero_weights_are_named(activation: str) -> None:
    network = Network([1, 5, 1], [activation, "identity"], loss="mean_squared_error", seed=0)
    network.parameters[:] = 0.0
    subject = descended(network, X, np.sin(4.0 * X), Adam(0.01), limits=Limits(iterations=300))
    finding = RULE.examine(evidence(subject))
    assert finding.fires
    assert finding.sentence.startswith("All first weights were zero, ")


def test_unknown_first_weights_are_not_enough() -> None:
    finding = RULE.examine(evidence(replace(RULE.example(), first=None)))
    assert (finding.status, finding.sentence) == (Status.NOT_ENOUGH_DATA, "The first weights are not known.")


def test_random_first_weights_are_clear() -> None:
    assert RULE.examine(evidence(finished())).sentence == "The first weights differ from unit to unit."


def test_equal_units_that_have_parted_are_clear() -> None:
    subject = RULE.example()
    subject.network.parameters[:] += np.random.default_rng(0).standard_normal(len(subject.network.parameters))
    finding = RULE.examine(evidence(subject))
    assert finding.sentence == "Units 1, 2 and 3 of layer 1 began with equal weights, but the descent has parted them."


def test_equal_units_on_data_that_one_unit_fits_are_clear() -> None:
    network = Network([1, 3, 1], ["tanh", "identity"], loss="mean_squared_error", seed=0)
    network.parameters[:] = 0.3
    subject = descended(network, X, np.tanh(X), GradientDescent(0.2), limits=Limits(iterations=3_000))
    finding = RULE.examine(evidence(subject))
    assert finding.status is Status.CLEAR
    assert "are equal still, but " in finding.sentence
