from dataclasses import replace

import numpy as np
import pytest

from fallline.diagnosis.clock import Clock
from fallline.diagnosis.subject import descended
from fallline.diagnosis.trials import REMEDIES, Start
from fallline.diagnosis.trials.arm import Affine, Arm, Bench
from fallline.engine import Objective
from fallline.network import Network
from fallline.optimizers import BFGS, LBFGS, Adam, AdamW, Cosine, GradientDescent, LevenbergMarquardt
from fallline.training.stopping import Limits

from .subjects import evidence, linear, saddle, xor

CODES = {
    *("scale_inputs", "scale_targets", "higher_rate", "lower_rate", "second_order", "other_initialisation"),
    *("more_units", "other_activation", "other_loss", "negative_curvature", "restart", "longer_run"),
    *("higher_precision", "larger_batch", "weaker_penalty", "stronger_penalty"),
}


def small(activation="tanh", output="identity", loss="mean_squared_error", optimizer=None, **more):
    """A run of ten iterations on six rows of two inputs."""
    X = np.array([[0.0, 10.0], [1.0, 20.0], [2.0, 15.0], [3.0, 12.0], [4.0, 18.0], [5.0, 11.0]])
    y = more.pop("y", np.array([[0.0], [1.0], [0.0], [1.0], [1.0], [0.0]]))
    network = Network([2, 3, 1], [activation, output], loss=loss, seed=0, dtype=more.pop("dtype", "float64"))
    limits = Limits(iterations=10, plateau=False)
    return descended(network, X, y, optimizer or GradientDescent(0.01), limits=limits, **more)


def control(subject):
    return Arm(subject.network, subject.training, subject.optimizer, subject.l2)


def changed(code, subject, work=100.0, seed=1):
    return REMEDIES[code].change(evidence(subject), control(subject), work, seed)


def why_not(code, subject):
    return REMEDIES[code].applies(evidence(subject))


def test_all_remedies_are_there_under_their_codes():
    assert set(REMEDIES) == CODES
    assert all(remedy.code == code for code, remedy in REMEDIES.items())


@pytest.mark.parametrize("code", sorted(CODES))
def test_texts_are_sentences(code):
    remedy = REMEDIES[code]
    assert remedy.title[0].isupper()
    assert not remedy.title.endswith(".")
    assert remedy.explanation.endswith(".")
    assert remedy.words[0].islower()


@pytest.mark.parametrize("code", sorted(CODES))
def test_what_goes_on_from_the_stop_keeps_its_weights_there(code):
    """Only a restart and a step along the curvature leave them; what changes their meaning begins at first weights."""
    subject = small(optimizer=Adam(0.01, batch_size=2), l2=0.01, validation=(np.ones((2, 2)), np.ones((2, 1))))
    if REMEDIES[code].start is Start.STOP and code not in ("restart", "negative_curvature", "other_loss"):
        arm = changed(code, subject)
        assert np.array_equal(arm.network.parameters, subject.network.parameters)


def test_errors_of_scaled_rows_are_those_of_the_original_ones():
    """Weights that undo the scaling give the same outputs, so the same error in the subject's own unit."""
    subject = linear(GradientDescent(0.001), iterations=5)
    rows, W = subject.training, subject.network.layers[0]
    inputs = Affine(np.array([0.5, 0.1]), np.array([1.0, -2.0]))
    targets = Affine(np.array([3.0]), np.array([0.7]))
    scaled = subject.network.layers[0].copy()
    scaled[:, :-1] = 3.0 * W[:, :-1] / inputs.scale
    scaled[:, -1] = 3.0 * (W[:, -1] - W[:, :-1] @ (inputs.shift / inputs.scale)) + 0.7
    network = Network.from_parameters(subject.network.architecture, scaled.ravel())
    arm = Arm(network, rows, subject.optimizer, inputs=inputs, targets=targets)
    error = Objective(subject.network.architecture, rows).error(subject.network.parameters)
    assert arm.error(network, rows, "mean_squared_error") == pytest.approx(error, rel=1e-12)
    assert Bench(network.architecture, rows, rows, compiled=False).run(arm, 0.0, Clock()).error == pytest.approx(error)


def test_scaled_inputs_have_mean_0_and_deviation_1():
    X = changed("scale_inputs", small()).rows().X
    assert np.allclose(X.mean(axis=0), 0.0)
    assert np.allclose(X.std(axis=0), 1.0)
    assert why_not("scale_inputs", small()) is None


def test_scaling_the_inputs_keeps_the_rate_as_far_from_the_edge():
    arm = changed("scale_inputs", linear(GradientDescent(0.001)))
    X = arm.rows().X
    ones = np.column_stack([X, np.ones(len(X))])
    after = 2.0 * np.linalg.eigvalsh(ones.T @ ones / len(X))[-1]
    original = np.column_stack([arm.training.X, np.ones(len(X))])
    before = 2.0 * np.linalg.eigvalsh(original.T @ original / len(X))[-1]
    assert arm.optimizer.learning_rate * after == pytest.approx(0.001 * before, rel=0.1)
    assert 0.0 < arm.spent <= 0.4 * 100.0
    too_little = changed("scale_inputs", linear(GradientDescent(0.001)), work=20.0)
    assert (too_little.optimizer.learning_rate, too_little.spent) == (0.001, 0.0)


def test_scaled_targets_of_a_linear_output_have_mean_0_and_deviation_1():
    y = changed("scale_targets", small(y=np.arange(6.0)[:, None] * 50.0)).rows().y
    assert np.allclose([y.mean(), y.std()], [0.0, 1.0])


def test_targets_out_of_the_range_of_a_sigmoid_come_into_it():
    y = changed("scale_targets", small(output="sigmoid", y=np.arange(6.0)[:, None])).rows().y
    assert np.allclose([y.min(), y.max()], [0.1, 0.9])


def test_higher_rate_is_the_inverse_of_the_curvature():
    subject = linear(GradientDescent(0.001), sizes=(1.0, 1.0))
    highest = evidence(subject).spectrum.highest.value
    assert changed("higher_rate", subject).optimizer.learning_rate == pytest.approx(1.0 / highest)


def test_a_rate_beyond_the_inverse_curvature_is_raised_to_just_below_the_edge():
    highest = evidence(linear(GradientDescent(0.001), sizes=(1.0, 1.0))).spectrum.highest.value
    subject = linear(GradientDescent(1.2 / highest), sizes=(1.0, 1.0))
    assert changed("higher_rate", subject).optimizer.learning_rate == pytest.approx(1.9 / highest)
    at_the_edge = linear(GradientDescent(1.85 / highest), sizes=(1.0, 1.0))
    assert "is near 2/λmax" in why_not("higher_rate", at_the_edge)


def test_the_curvature_of_a_batch_is_that_of_its_rows_where_the_loss_is_a_sum():
    whole = small(loss="half_squared_error")
    batches = replace(whole, optimizer=GradientDescent(0.01, batch_size=2))
    rates = [changed("higher_rate", subject).optimizer.learning_rate for subject in (whole, batches)]
    assert rates[1] == pytest.approx(3.0 * rates[0])


def test_rates_of_adaptive_optimizers_change_tenfold_and_schedules_with_them():
    assert changed("higher_rate", small(optimizer=Adam(0.01))).optimizer.learning_rate == pytest.approx(0.1)
    assert changed("lower_rate", small(optimizer=Adam(0.01))).optimizer.learning_rate == pytest.approx(0.001)
    scheduled = changed("higher_rate", small(optimizer=Adam(Cosine(0.01, 20, 0.001)))).optimizer
    assert scheduled.learning_rate == Cosine(0.1, 20, 0.01)


def test_lower_rate_is_half_and_below_the_edge():
    highest = evidence(linear(GradientDescent(0.001), sizes=(1.0, 1.0))).spectrum.highest.value
    subject = linear(GradientDescent(0.001), sizes=(1.0, 1.0))
    assert changed("lower_rate", subject).optimizer.learning_rate == 0.0005
    over = replace(subject, optimizer=GradientDescent(4.0 / highest), descent=None)
    assert changed("lower_rate", over).optimizer.learning_rate == pytest.approx(1.0 / highest)


def test_rates_are_none_of_lbfgs():
    for code in ("higher_rate", "lower_rate"):
        assert why_not(code, small(optimizer=LBFGS())) == "the optimizer has no learning rate"


def test_second_order_is_what_the_work_allows():
    assert isinstance(changed("second_order", small(), work=1000.0).optimizer, LevenbergMarquardt)
    assert isinstance(changed("second_order", small(), work=10.0).optimizer, LBFGS)
    assert why_not("second_order", small(optimizer=BFGS())) == "the optimizer is a second-order method already"


def test_other_initialisation_is_another_one():
    first = changed("other_initialisation", small()).network
    assert np.array_equal(
        first.parameters, Network([2, 3, 1], ["tanh", "identity"], initialiser="nguyen_widrow", seed=1).parameters
    )
    assert changed("other_initialisation", saddle()).note == "the one that suits each activation"
    unknown = replace(small(), first=None)
    assert why_not("other_initialisation", unknown) == "the first weights of the run are not known"


def test_more_units_are_twice_as_many_and_four_more_at_least():
    assert changed("more_units", small()).network.shape == (2, 7, 1)
    assert changed("more_units", linear(GradientDescent(0.001), iterations=5)).network.shape == (2, 4, 1)


def test_other_activations():
    assert changed("other_activation", small("relu")).network.architecture.activations == ("leaky_relu", "identity")
    assert changed("other_activation", small("sigmoid")).network.architecture.activations == ("tanh", "identity")
    outside = small("tanh", "sigmoid", y=np.arange(6.0)[:, None])
    assert changed("other_activation", outside).network.architecture.activations == ("tanh", "identity")


def test_other_loss_is_the_cross_entropy_with_the_rate_of_a_mean():
    subject = xor(0, iterations=10)
    arm = changed("other_loss", subject)
    assert arm.network.architecture.loss == "binary_cross_entropy"
    assert arm.optimizer.learning_rate == 4 * 0.5  # the run's loss is a sum over four rows
    assert why_not("other_loss", subject) is None
    assert why_not("other_loss", small()) == "the output activation identity gives no probabilities"
    odd = small(output="sigmoid", y=np.full((6, 1), 0.3))
    assert why_not("other_loss", odd) == "the targets are no classes of 0 and 1"


def test_negative_curvature_needs_some():
    assert why_not("negative_curvature", saddle()) is None
    assert "is not below zero" in why_not("negative_curvature", linear(GradientDescent(0.001), iterations=5))


def test_step_along_negative_curvature_lowers_the_error_and_counts_as_work():
    subject = saddle()
    arm = changed("negative_curvature", subject)
    objective = Objective(subject.network.architecture, subject.training)
    assert objective.error(arm.network.parameters) < 0.5 * objective.error(subject.network.parameters)
    assert arm.spent == pytest.approx(7 * 8 / 3 + 26 / 3)


def test_restart_draws_other_weights():
    arm = changed("restart", small(), seed=4)
    assert np.array_equal(arm.network.parameters, small().drawn(4).parameters)


def test_higher_precision_is_float64():
    assert changed("higher_precision", small(dtype="float32")).rows().X.dtype == np.float64
    assert why_not("higher_precision", small()) == "it computes in float64 already"


def test_larger_batches():
    assert changed("larger_batch", small(optimizer=Adam(0.01, batch_size=2))).optimizer.batch_size == 6
    assert why_not("larger_batch", small()) == "each step takes all rows already"


def test_weaker_and_stronger_penalties():
    held_out = (np.ones((2, 2)), np.ones((2, 1)))
    assert changed("weaker_penalty", small(l2=0.5)).l2 == pytest.approx(0.05)
    assert changed("weaker_penalty", small(optimizer=AdamW(0.01))).optimizer.weight_decay == pytest.approx(0.001)
    assert why_not("weaker_penalty", small()) == "there is no penalty"
    assert changed("stronger_penalty", small(l2=0.5, validation=held_out)).l2 == pytest.approx(5.0)
    first = small(validation=held_out)
    strength = changed("stronger_penalty", first).l2
    penalised = Objective(first.network.architecture, first.training, strength).penalty(first.network.parameters)
    assert penalised == pytest.approx(0.1 * evidence(first).constant_error)
    assert why_not("stronger_penalty", small()) == "there are no validation rows to judge it by"
