"""What is said of a descent while it goes, and how its network is drawn."""

import json

import numpy as np
import pytest

from fallline.engine import Architecture
from fallline.live.drawing import MOST_DRAWN, drawing
from fallline.live.metrics import Course, points_since
from fallline.live.signs import signs_of_course, signs_of_units
from fallline.network import Network

from .test_metrics import line

RNG = np.random.default_rng(0)


def course(tmp_path, errors, validation=None, step=100):
    lines = []
    for i, error in enumerate(errors):
        more = {} if validation is None else {"validation_error": float(validation[i])}
        lines.append(line(i, train_error=float(error), gradient_norm=1.0, steps=step * i, **more))
    (tmp_path / "m.jsonl").write_text("".join(lines))
    found = Course()
    for points in points_since(tmp_path / "m.jsonl", 0):
        found.take(points)
    return found


def signs(tmp_path, errors, validation=None, **more):
    return {each.code: each for each in signs_of_course(course(tmp_path, errors, validation, **more))}


FALLING = np.exp(-np.arange(400) / 60)
FLAT = np.maximum(FALLING, 0.2)


def test_a_descent_that_falls_shows_nothing(tmp_path):
    assert signs(tmp_path, FALLING) == {}
    assert signs(tmp_path, FALLING, FALLING * 1.1) == {}


def test_few_records_show_nothing(tmp_path):
    assert signs(tmp_path, np.full(30, 0.5)) == {}


def test_an_error_that_stays_is_a_plateau_from_where_on(tmp_path):
    sign = signs(tmp_path, FLAT)["plateau"]
    assert (sign.first, sign.last) == (200, 399)
    assert sign.sentence.startswith("From iteration 200 to 399 the error stays at 0.2: ")
    assert signs(tmp_path, FLAT, step=1) == {}  # as in training, too few steps are no plateau


def test_an_error_that_rises_is_told_with_both_numbers(tmp_path):
    errors = np.concatenate([FALLING[:100], np.linspace(FALLING[100], 2.0, 100)])
    sign = signs(tmp_path, errors)["rising"]
    assert "times the" in sign.sentence
    assert "learning rate that is too large" in sign.sentence
    assert sign.first == int(errors.argmin())


def test_a_validation_error_that_parts_is_told(tmp_path):
    up = np.concatenate([FALLING[:120] + 0.2, np.linspace(FALLING[120] + 0.2, 0.6, 280)])
    sign = signs(tmp_path, FALLING, up)["over_fitting"]
    assert 110 <= sign.first <= 140
    assert "while the training error went on falling" in sign.sentence


@pytest.mark.parametrize("seed", range(5))
def test_noise_on_a_flat_validation_error_is_no_parting(tmp_path, seed):
    noise = np.random.default_rng(seed).normal(scale=0.08, size=400)
    assert "over_fitting" not in signs(tmp_path, FALLING, (FLAT + 0.1) * np.exp(noise))


# the drawing


def network(shape, *activations):
    return Network(shape, activations, loss="mean_squared_error", seed=0)


def test_a_small_network_is_drawn_whole_with_its_weights():
    made = network([2, 3, 1], "tanh", "identity")
    drawn = drawing(made, None, ["a", "b"])
    assert drawn["inputs"] == {"units": 2, "drawn": [0, 1], "names": ["a", "b"]}
    assert np.allclose(drawn["layers"][0]["weights"], made.layers[0][:, :-1], rtol=1e-3)
    assert np.allclose(drawn["layers"][1]["bias"], made.layers[1][:, -1], rtol=1e-3)
    assert drawn["rows"] == 0
    assert drawn["layers"][0]["flat"] is None
    assert signs_of_units(drawn) == []


def test_of_a_wide_layer_some_units_are_drawn_and_all_are_counted():
    made = network([300, 200, 1], "tanh", "identity")
    made.layers[0][:] = 0.0
    made.layers[0][:150, -1] = 50.0
    drawn = drawing(made, RNG.normal(size=(30, 300)), [f"x{i}" for i in range(300)])
    hidden = drawn["layers"][0]
    assert len(hidden["drawn"]) == MOST_DRAWN == len(drawn["inputs"]["names"])
    assert (hidden["units"], hidden["saturated"]) == (200, 150)
    (sign,) = signs_of_units(drawn)
    assert sign.sentence == "150 of 200 units of layer 1 (tanh) are flat on nine rows in ten or more."
    json.dumps(drawn, allow_nan=False)


def test_dead_units_are_told_and_drawn():
    made = network([2, 4, 1], "relu", "identity")
    made.layers[0][:2, -1] = -100.0
    drawn = drawing(made, RNG.normal(size=(50, 2)), [])
    assert drawn["layers"][0]["dead_drawn"] == [True, True, False, False]
    assert drawn["layers"][0]["flat"][:2] == [1.0, 1.0]
    (sign,) = signs_of_units(drawn)
    assert sign.sentence == "2 of 4 units of layer 1 (relu) are 0 on each of the 50 rows looked at."


@pytest.mark.parametrize(
    ("output", "loss"), [("sigmoid", "binary_cross_entropy"), ("softmax", "categorical_cross_entropy")]
)
def test_an_output_with_a_cross_entropy_is_never_saturated(output, loss):
    made = Network([2, 3, 2], ["tanh", output], loss=loss, seed=0)
    made.layers[1][:] *= 1000.0
    drawn = drawing(made, RNG.normal(size=(50, 2)), [])
    assert drawn["layers"][1]["saturated"] == 0
    assert drawn["layers"][1]["flat"] == [0.0, 0.0]


def test_weights_that_overflowed_are_drawn_as_nothing():
    architecture = Architecture((2, 2, 1), ("tanh", "identity"), "mean_squared_error")
    parameters = np.full(architecture.parameter_count, np.inf)
    drawn = drawing(Network.from_parameters(architecture, parameters), RNG.normal(size=(9, 2)), [])
    assert drawn["layers"][0]["weights"] == [[None, None], [None, None]]
    json.dumps(drawn, allow_nan=False)
