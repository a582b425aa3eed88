import importlib.util
import itertools
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fallline.engine import reference
from fallline.subjects.handwritten.attached import Attached, Slot, Style
from fallline.subjects.handwritten.identifying.comparison import CROSS_ENTROPY, SQUARED, exact_gradient
from fallline.subjects.handwritten.identifying.examine import examine
from fallline.subjects.handwritten.identifying.identification import Identification
from fallline.subjects.handwritten.identifying.quantities import compute
from fallline.subjects.handwritten.twins.twin import find_twin

from .written import Written, attach

BIASES = ("slot", "row", "column", "last", "first", "none")
Found = list[tuple[str, tuple[int, ...]]]

SINGLES: dict[str, tuple[int, ...]] = {
    "derivative_of_activation": (1, 2),
    "derivative_of_pre_activation": (2,),
    "derivative_of_input": (2,),
    "derivative_missing": (1,),
    "derivative_of_wrong_function": (2,),
    "sign_reversed": (1, 2, 3),
    "error_squared": (1, 2, 3),
    "error_absolute": (1, 2, 3),
    "weights_after_update": (2,),
    "bias_propagated": (2,),
    "transposed_weights": (1,),
    "wrong_layer_weights": (1,),
    "output_error_for_hidden": (2,),
    "layers_out_of_order": (1, 2),
    "pre_activation_for_activation": (3,),
    "mean_for_sum_in_one_layer": (2,),
    "last_row_only": (2,),
    "first_row_only": (1, 2, 3),
    "rate_twice": (2,),
    "rate_divided": (3,),
    "integer_weights": (2,),
    "stale_activations": (3,),
    "weight_for_input": (2,),
    "update_lost": (2,),
    "bias_not_updated": (2,),
    "bias_wrong_sum": (1, 2),
}
COUPLED = (
    "derivative_of_activation",
    "sign_reversed",
    "output_error_for_hidden",
    "last_row_only",
    "bias_not_updated",
    "error_squared",
    "weights_after_update",
    "pre_activation_for_activation",
    "update_lost",
)
NO_SIGN = ("sign_reversed", "error_squared")  # a square has no sign of its own
PAIRS = [pair for pair in itertools.combinations(COUPLED, 2) if pair != NO_SIGN]


def identified(net: Written, per_sample: bool = False) -> Identification:
    found = examine(attach(net, per_sample)).identification
    assert found is not None
    return found


def names(found: Identification) -> Found:
    return sorted((mistake.code, mistake.layers) for mistake in found.mistakes)


@pytest.mark.parametrize(("bias", "per_sample"), list(itertools.product(BIASES, (False, True))))
@pytest.mark.parametrize(("hidden", "output"), [("sigmoid", "sigmoid"), ("tanh", "identity"), ("relu", "softmax")])
def test_a_healthy_step_is_healthy_in_every_style(bias: str, per_sample: bool, hidden: str, output: str) -> None:
    for shape in ([3, 3], [2, 3, 2], [2, 4, 3, 2]):
        for mean in (False, True):
            found = identified(Written(shape, hidden, output, bias, units_first=mean, mean=mean), per_sample)
            assert found.healthy, found.sentence
            assert "the rate 0.3" in found.factor_text


def test_a_delta_without_the_derivative_is_right_for_the_cross_entropy() -> None:
    found = identified(Written([2, 3, 1], cross_entropy=True))
    assert found.healthy
    assert found.loss == CROSS_ENTROPY
    told = examine(attach(Written([2, 3, 1], cross_entropy=True)), loss=SQUARED).identification
    assert told is not None
    assert names(told) == [("derivative_missing", (2,))]


@pytest.mark.parametrize("code", SINGLES)
def test_each_mistake_is_found_exactly(code: str) -> None:
    bias = "slot" if code.startswith("bias_") and code != "bias_propagated" else "last"
    net = Written(
        [3, 3, 3, 2], "tanh" if code == "derivative_missing" else "sigmoid", "tanh", bias, plant={code: SINGLES[code]}
    )
    start = time.perf_counter()
    found = identified(net)
    assert time.perf_counter() - start < 10.0
    assert names(found) == [(code, SINGLES[code])], found.sentence
    assert not found.unexplained


@pytest.mark.parametrize("code", sorted(set(SINGLES) - {"stale_activations", "last_row_only", "first_row_only"}))
def test_each_mistake_is_found_row_by_row(code: str) -> None:
    if code in ("mean_for_sum_in_one_layer", "bias_wrong_sum"):
        pytest.skip("a mean over one row is the sum")
    bias = "column" if code == "bias_not_updated" else "first"
    found = identified(Written([3, 3, 3, 2], "sigmoid", "tanh", bias, plant={code: SINGLES[code]}), per_sample=True)
    assert names(found) == [(code, SINGLES[code])], found.sentence


def test_nine_of_ten_pairs_are_found_and_no_wrong_name_is_certain() -> None:
    right = 0
    for pair in PAIRS:
        plant = {code: SINGLES[code] for code in pair}
        found = identified(Written([3, 3, 3, 2], "sigmoid", "tanh", "slot", plant=plant))
        right += {code for code, _ in names(found)} == set(pair)
    assert right >= 0.9 * len(PAIRS)


@pytest.mark.parametrize("layer", [1, 2, 3])
@pytest.mark.parametrize("per_sample", [False, True])
def test_what_has_no_name_is_told_as_a_difference(layer: int, per_sample: bool) -> None:
    net = Written([2, 4, 3, 2], "sigmoid", "tanh", "slot", plant={"derivative_cubed": (layer,)})
    found = identified(net, per_sample)
    assert found.unexplained == tuple(range(1, layer + 1))  # those that the delta reaches
    assert found.mistakes == ()
    assert not found.healthy
    told = "The step differs from back-propagation, and no known mistake makes the difference: "
    assert found.sentence.startswith(told)
    assert all(found.differences[k - 1].relative > 0.01 for k in found.unexplained)


@pytest.mark.parametrize("share", [0.9, -0.5])
def test_momentum_is_set_apart_and_its_sign_told(share: float) -> None:
    found = identified(Written([2, 3, 2], "tanh", "tanh", "last", momentum=share))
    assert names(found) == ([] if share > 0 else [("momentum_sign", (1, 2))])
    assert found.unexplained == ()
    assert f"{share:.6g}" in found.notes[0]


def test_two_rates_tell_the_square_of_the_rate_from_a_half() -> None:
    def written(rate: float) -> Attached:
        return attach(Written([2, 3, 2], "tanh", "tanh", rate=rate, plant={"rate_twice": (1, 2)}))

    one = examine(written(0.5)).identification
    two = examine(replace(written(0.5), with_rate=written)).identification
    assert one is not None
    assert two is not None
    assert one.healthy  # 0.25 is 0.5 · ½
    assert names(two) == [("rate_twice", (1, 2))]


def test_the_questions_network_makes_its_two_mistakes() -> None:
    path = Path(__file__).parents[3] / "examples" / "odd_number.py"
    spec = importlib.util.spec_from_file_location("odd_number", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    net = module.OddNetwork([2, 3, 1], seed=1)

    def slot(i: int) -> Slot:
        return Slot(f"self.weights[{i}]", lambda: net.weights[i], lambda value: net.weights.__setitem__(i, value))

    def step(X: Any, y: Any) -> Any:
        return net.backpropagate(X, y, 0.5)

    attached = Attached(Style.OBJECT, [slot(0), slot(1)], net.run, step, False, 0.5, "learning_rate", {})
    found = examine(attached).identification
    assert found is not None
    assert names(found) == [("derivative_of_activation", (1, 2)), ("sign_alternating", (1,))]
    assert found.mistakes[0].code == "derivative_of_activation"
    assert found.mistakes[0].certain
    # that one layer's update climbs by itself makes the same updates
    assert [(m.code, m.layers) for m in found.alternatives[0]][1:] == [("sign_reversed", (1,))]


@pytest.mark.parametrize(("output", "loss"), [("tanh", SQUARED), ("softmax", SQUARED), ("sigmoid", CROSS_ENTROPY)])
def test_the_exact_gradient_is_the_engines(output: str, loss: str) -> None:
    twin = find_twin(attach(Written([2, 3, 2], "tanh", output)))
    assert twin is not None
    draw = np.random.default_rng(3)
    parameters, X, y = draw.normal(size=len(twin.exists)), draw.normal(size=(5, 2)), np.eye(2)[draw.integers(0, 2, 5)]
    W, b = exact_gradient(compute(twin, [parameters], [X], [y]), loss)
    own = np.concatenate([np.column_stack([w[0], v[0]]).ravel() for w, v in zip(W, b, strict=True)])
    name = "half_squared_error" if loss == SQUARED else "binary_cross_entropy"
    engine = reference.loss_and_gradient(twin.architecture(name), parameters, X, y)[1]
    scale = 1.0 if loss == SQUARED else y.size
    np.testing.assert_allclose(own, scale * engine, rtol=1e-12, atol=1e-14)
