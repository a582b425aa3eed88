"""Standardised inputs: the same function with other first weights, and a floor that does not mind the inputs' units."""

from __future__ import annotations

import numpy as np
import pytest

from fallline import Network
from fallline.diagnosis.budget.floor import search_floor
from fallline.diagnosis.budget.standardised import Standardised
from fallline.diagnosis.clock import Clock
from fallline.diagnosis.subject import Subject
from fallline.engine import Rows, reference

rng = np.random.default_rng(0)
X = np.column_stack([1e3 * rng.normal(size=40) + 5e3, 1e-2 * rng.normal(size=40), np.full(40, 2024.0), np.zeros(40)])


def test_weights_go_there_and_back_with_the_same_outputs():
    network = Network([4, 5, 2], ["tanh", "identity"], initialiser="lecun", seed=0)
    scale = Standardised.of(X)
    there = scale.weights_for(network.architecture, network.parameters)
    outputs = network.run(X)
    assert reference.run(network.architecture, there, scale.inputs(X)) == pytest.approx(outputs, rel=1e-9)
    assert scale.weights_from(network.architecture, there) == pytest.approx(network.parameters, rel=1e-9, abs=1e-9)


def test_columns_have_mean_0_and_deviation_1_and_constants_are_of_size_1():
    Z = Standardised.of(X).inputs(X)
    assert Z[:, :2].mean(axis=0) == pytest.approx(0.0, abs=1e-9)
    assert Z[:, :2].std(axis=0) == pytest.approx(1.0)
    assert Z[0, 2:].tolist() == [1.0, 0.0]


def test_the_floor_is_found_whatever_the_inputs_units():
    u = np.linspace(-1.0, 1.0, 30)[:, None]
    rows = Rows(1e4 * u + 3e4, np.sin(2.0 * u))
    network = Network([1, 4, 1], ["tanh", "identity"], loss="mean_squared_error", seed=0)
    error = network.error(rows.X, rows.y)
    floor = search_floor(Subject(network, rows), rows, network.parameters, error, 0.0, Clock(2.0))
    assert floor.error < 1e-5
    assert reference.loss(network.architecture, floor.parameters, rows.X, rows.y) == floor.error
