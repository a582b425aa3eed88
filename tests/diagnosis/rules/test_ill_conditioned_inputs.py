"""Ill-conditioned inputs: fires where scaling alone helps the descent, and not where the rate or the optimizer does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fallline import Network
from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Status
from fallline.diagnosis.rules import RULES
from fallline.diagnosis.rules.ill_conditioned_inputs import condition_number
from fallline.diagnosis.subject import descended
from fallline.optimizers import LBFGS, GradientDescent
from fallline.training.stopping import Limits

RULE = RULES["ill_conditioned_inputs"]
rng = np.random.default_rng(0)
U = rng.uniform(-1.0, 1.0, (60, 2))
y = np.sin(2.0 * U.sum(axis=1))


def examine(X, optimizer, iterations=500):
    network = Network([2, 6, 1], ["tanh", "identity"], loss="mean_squared_error", seed=1)
    subject = descended(network, X, y, optimizer, limits=Limits(iterations=iterations), seed=1, compiled=False)
    return RULE.examine(Evidence(subject, Clock(6.0)))


def test_the_example_names_numbers_and_proof():
    finding = RULE.examine(Evidence(RULE.example(), Clock(20.0)))
    assert finding.fires
    assert finding.sentence.startswith(
        "The inputs with the bias column have the condition number 1.4e+06, where it would be 1.2 with inputs scaled "
        "(deviations from 0.56 of input 1 to 6.6e+02 of input 2, means up to 79); the iterations that gradient "
        "descent needs grow in proportion. In a trial with 300 steps from the same first weights, at the best of five "
        "rates for each, inputs scaled came to "
    )
    assert finding.numbers["error_scaled"] < 0.2 * finding.numbers["error_unchanged"]
    assert finding.remedies[0] == "scale_inputs"


def test_scaled_inputs_at_too_small_a_rate_are_clear():
    assert "well conditioned" in examine(U, GradientDescent(1e-4)).sentence


def test_a_rate_that_is_too_small_on_mildly_unscaled_inputs_is_not_laid_to_them():
    finding = examine(U * [1.0, 0.1], GradientDescent(1e-4))
    assert finding.status is Status.CLEAR
    assert "not what holds the error up" in finding.sentence


def test_methods_with_curvature_are_clear():
    assert "uses the curvature" in examine(U * [1.0, 1000.0], LBFGS(), 100).sentence


def test_an_unknown_optimizer_is_not_enough_data():
    subject = replace(RULE.example(), optimizer=None)
    assert RULE.examine(Evidence(subject, Clock(2.0))).status is Status.NOT_ENOUGH_DATA


def test_the_condition_number_is_that_of_the_moments_with_the_bias():
    bordered = np.column_stack([U, np.ones(60)])
    assert condition_number(U) == pytest.approx(np.linalg.cond(bordered.T @ bordered))
