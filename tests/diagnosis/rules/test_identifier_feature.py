"""Identifier: fires where a key was learnt by heart and is worthless in validation rows; a useful number is clear."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fallline import Network
from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Status
from fallline.diagnosis.rules import RULES
from fallline.diagnosis.rules.identifier_feature import is_identifier
from fallline.diagnosis.subject import descended
from fallline.optimizers import LBFGS
from fallline.training.stopping import Limits

RULE = RULES["identifier_feature"]


def examine(X, y, train=60):
    network = Network([X.shape[1], 8, 1], ["tanh", "identity"], loss="mean_squared_error", seed=0)
    held_out = (X[train:], y[train:])
    subject = descended(network, X[:train], y[:train], LBFGS(), limits=Limits(iterations=200), validation=held_out)
    return RULE.examine(Evidence(subject, Clock(10.0)))


def test_the_example_names_the_column_and_all_three_errors():
    finding = RULE.examine(Evidence(RULE.example(), Clock(20.0)))
    assert finding.fires
    assert finding.sentence.startswith(
        "'row' is a whole number of its own in each of the 60 rows, and the network learnt "
    )
    assert finding.numbers["validation_error_without"] < 0.5 * finding.numbers["validation_error"]
    assert finding.numbers["training_error"] < 0.5 * finding.numbers["training_error_permuted"]


def test_a_number_that_means_something_is_clear():
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.integers(0, 3, 120) - 1.0, (rng.permutation(120) - 59.5) / 35.0])
    finding = examine(X, X[:, 0] + np.sin(2.0 * X[:, 1]))
    assert finding.status is Status.CLEAR
    assert "it means something" in finding.sentence


def test_the_only_input_on_a_grid_is_clear():
    X = np.linspace(-1.0, 1.0, 120)[np.random.default_rng(0).permutation(120)][:, None]
    assert "no identifier" in examine(X, np.sin(3.0 * X)).sentence


def test_without_validation_rows_there_is_not_enough_data():
    subject = replace(RULE.example(), validation=None)
    assert RULE.examine(Evidence(subject, Clock(2.0))).status is Status.NOT_ENOUGH_DATA


def test_an_input_that_gives_the_target_away_is_told_but_no_alarm():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 2))
    finding = examine(X, 3.0 * X[:, 1] + 2.0)
    assert finding.status is Status.CLEAR
    assert "input 2 alone gives the target away" in finding.sentence


@pytest.mark.parametrize("digits", [2, 3, 4, 5])
def test_keys_are_found_after_scaling(digits):
    keys = np.random.default_rng(digits).choice(10**digits, 50, replace=False)
    assert is_identifier((keys - keys.mean()) / keys.std())
    assert not is_identifier(np.repeat(keys, 2) / 3.0)


def test_fractions_are_no_keys():
    rng = np.random.default_rng(0)
    assert not any(is_identifier(rng.normal(size=n)) for n in (40, 80, 500) for _ in range(30))
