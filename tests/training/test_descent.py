"""Whole descents: each stop reason is reached, and what is reported is true of the weights that are kept."""

from __future__ import annotations

import math
import os
import signal
import threading
import time

import numpy as np
import pytest

from fallline import Network
from fallline.engine import Rows
from fallline.optimizers import LBFGS, Adam, GradientDescent
from fallline.training.descent import descend
from fallline.training.interrupt import Interrupt
from fallline.training.stopping import Limits, StopReason

from .problems import XOR, least_squares, noisy, small

OPTIMIZERS = {
    "lbfgs": LBFGS(),
    "full batch": GradientDescent(0.05),
    "mini-batches": Adam(0.01, batch_size=16, seed=3),
}
each_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
LONG = Limits(plateau=False)


def run(optimizer, rows=None, network=None, **options):
    """Return the descent and its network, on 60 noisy rows if none are given."""
    network = network or small()
    return descend(network, rows or noisy(), optimizer, **options), network


def without_seconds(history):
    return [repr(record._replace(seconds=0.0)) for record in history.records]


@each_optimizer
@pytest.mark.parametrize("validation", [None, noisy(30, seed=9)], ids=["no validation", "validation"])
def test_the_errors_reported_are_exactly_those_of_the_weights_that_are_kept(optimizer, validation):
    rows = noisy()
    descent, network = run(optimizer, rows, validation=validation, l2=0.01, limits=Limits(iterations=12))
    assert descent.train_error == network.error(rows.X, rows.y)
    if validation is None:
        assert math.isnan(descent.validation_error)
        assert np.isnan(descent.history.column("validation_error")).all()
    else:
        assert descent.validation_error == network.error(validation.X, validation.y)


def test_errors_over_several_blocks_are_those_over_all_rows(monkeypatch):
    monkeypatch.setattr("fallline.engine.objective.block_length", lambda widest: 7)
    rows = noisy()
    descent, network = run(LBFGS(), rows, validation=noisy(30, seed=9), limits=Limits(iterations=5))
    assert descent.train_error == pytest.approx(network.error(rows.X, rows.y), rel=1e-13)


@pytest.mark.parametrize("name", ["lbfgs", "mini-batches"])
def test_every_record_has_the_validation_error_of_its_own_iteration(name):
    held_out = noisy(30, seed=9)
    history = run(OPTIMIZERS[name], validation=held_out, limits=Limits(iterations=6))[0].history
    assert history.column("iteration").tolist() == list(range(7))
    for k, record in enumerate(history.records):
        again, network = run(OPTIMIZERS[name], limits=Limits(iterations=k))
        assert record.validation_error == network.error(held_out.X, held_out.y)
        if name == "lbfgs":
            assert record.train_error == again.train_error


def test_a_full_batch_record_has_both_errors_of_the_weights_before_its_step():
    held_out = noisy(30, seed=9)
    history = run(GradientDescent(0.05), validation=held_out, limits=Limits(iterations=6))[0].history
    for k, record in enumerate(history.records[1:]):
        before, network = run(GradientDescent(0.05), limits=Limits(iterations=k))
        assert record.train_error == before.train_error
        assert record.validation_error == network.error(held_out.X, held_out.y)


@each_optimizer
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_seeded_runs_are_bit_identical(optimizer, dtype):
    def once():
        rows = noisy(dtype=dtype)
        held_out = noisy(20, seed=9, dtype=dtype)
        return run(optimizer, rows, small(dtype=dtype), validation=held_out, limits=Limits(iterations=15))

    (first, one), (second, two) = once(), once()
    assert one.parameters.dtype == dtype
    assert one.parameters.tobytes() == two.parameters.tobytes()
    assert without_seconds(first.history) == without_seconds(second.history)
    assert first.train_error == second.train_error


def test_another_seed_of_the_batches_gives_other_weights():
    networks = [run(Adam(0.01, batch_size=16, seed=seed), limits=Limits(iterations=3))[1] for seed in (1, 2)]
    assert networks[0].parameters.tobytes() != networks[1].parameters.tobytes()


@each_optimizer
def test_it_stops_at_the_iteration_limit_and_records_every_iteration(optimizer):
    seen = []
    descent, _ = run(optimizer, limits=Limits(iterations=7), observe=seen.append)
    assert descent.stop_reason is StopReason.ITERATION_LIMIT
    assert descent.iterations == descent.kept_iteration == 7
    assert seen == descent.history.records
    assert [record.iteration for record in seen] == list(range(8))
    assert descent.steps == seen[-1].steps
    assert seen[0].steps == 0


def test_an_epoch_of_mini_batches_makes_as_many_steps_as_there_are_batches():
    descent, _ = run(OPTIMIZERS["mini-batches"], limits=Limits(iterations=3))
    assert descent.history.column("steps").tolist() == [0, 4, 8, 12]


@each_optimizer
def test_no_iterations_leave_the_weights_as_they_were(optimizer):
    descent, network = run(optimizer, limits=Limits(iterations=0))
    assert network.parameters.tobytes() == small().parameters.tobytes()
    assert (descent.stop_reason, descent.iterations, descent.steps) == (StopReason.ITERATION_LIMIT, 0, 0)
    assert len(descent.history) == 1


@each_optimizer
def test_it_stops_where_the_target_error_is_first_reached(optimizer):
    rows = noisy()
    descent, network = run(optimizer, rows, limits=Limits(target_error=0.3))
    errors = descent.history.column("train_error")
    assert descent.stop_reason is StopReason.TARGET_REACHED
    assert errors[-1] <= 0.3 < errors[:-1].min()
    assert network.error(rows.X, rows.y) == descent.train_error <= 0.3
    assert descent.detail == ""
    if optimizer is not OPTIMIZERS["mini-batches"]:
        assert descent.train_error == errors[-1]  # of the very weights, not of a step beyond them


def test_a_target_that_mini_batches_reach_is_reached_by_the_weights_that_are_kept():
    for seed in range(8):
        descent, _ = run(Adam(0.1, batch_size=4, seed=seed), limits=Limits(iterations=500, target_error=0.11))
        if descent.stop_reason is StopReason.TARGET_REACHED:
            assert descent.train_error <= 0.11


def test_a_target_that_is_reached_at_the_start_takes_no_step():
    descent, network = run(LBFGS(), limits=Limits(target_error=1e6))
    assert (descent.stop_reason, descent.iterations) == (StopReason.TARGET_REACHED, 0)
    assert network.parameters.tobytes() == small().parameters.tobytes()


@each_optimizer
def test_it_stops_at_the_time_limit(optimizer):
    descent, _ = run(optimizer, noisy(2000), small((3, 64, 1)), limits=Limits(seconds=0.2, plateau=False))
    assert descent.stop_reason is StopReason.TIME_LIMIT
    assert 0.2 <= descent.seconds < 5.0
    assert descent.history.column("seconds")[-1] <= descent.seconds


@each_optimizer
def test_no_time_at_all_leaves_the_weights_as_they_were(optimizer):
    descent, network = run(optimizer, limits=Limits(seconds=0))
    assert (descent.stop_reason, descent.iterations) == (StopReason.TIME_LIMIT, 0)
    assert network.parameters.tobytes() == small().parameters.tobytes()


def at_its_floor(loss="mean_squared_error"):
    """A linear network with the weights of least squares, which are the floor of the squared error."""
    return Network.from_parameters(Network([3, 1], "identity", loss=loss).architecture, least_squares(noisy()))


def test_mini_batches_around_the_floor_end_on_a_plateau():
    floor = at_its_floor().error(noisy().X, noisy().y)
    descent, _ = run(GradientDescent(0.02, batch_size=6), network=at_its_floor())
    assert descent.stop_reason is StopReason.PLATEAU
    assert 500 <= descent.iterations < 2000
    assert floor < descent.train_error < 1.05 * floor
    assert f"error {0.1 * floor:.1g}"[:-1] in descent.detail


def test_all_rows_around_a_floor_without_a_slope_end_on_a_plateau():
    descent, _ = run(GradientDescent(0.01), network=at_its_floor("mean_absolute_error"))
    assert descent.stop_reason is StopReason.PLATEAU
    assert descent.iterations >= 5000
    assert descent.train_error < descent.history.records[0].train_error


def test_without_the_plateau_test_it_goes_on_to_the_limit():
    limits = Limits(iterations=6000, plateau=False)
    descent, _ = run(GradientDescent(0.01), network=at_its_floor("mean_absolute_error"), limits=limits)
    assert descent.stop_reason is StopReason.ITERATION_LIMIT


def test_the_iteration_limit_says_how_far_the_target_is_away():
    network = Network([2, 3, 1], "sigmoid", seed=0)
    descent = descend(network, XOR, GradientDescent(0.5), limits=Limits(iterations=4000, target_error=1e-9))
    assert descent.stop_reason is StopReason.ITERATION_LIMIT
    assert descent.detail.startswith("at this rate, error 1e-09 is ")
    assert descent.detail.endswith(" iterations away")


@pytest.mark.parametrize("name", ["lbfgs", "mini-batches"])
def test_early_stopping_restores_the_weights_of_the_kept_iteration_bit_for_bit(name):
    rows, held_out = noisy(20, noise=1.0), noisy(40, noise=1.0, seed=0)
    stopped, network = run(OPTIMIZERS[name], rows, validation=held_out, limits=Limits(patience=15))
    errors = stopped.history.column("validation_error")
    assert stopped.stop_reason is StopReason.EARLY_STOPPING
    assert stopped.kept_iteration == int(errors.argmin()) == stopped.iterations - 15
    assert stopped.validation_error == errors.min() < errors[-1]
    assert stopped.detail == f"the lowest came at iteration {stopped.kept_iteration:,}"
    _, again = run(OPTIMIZERS[name], rows, validation=held_out, limits=Limits(iterations=stopped.kept_iteration))
    assert network.parameters.tobytes() == again.parameters.tobytes()


def test_a_run_that_ends_otherwise_keeps_the_best_weights_too_while_patience_lasts():
    rows, held_out = noisy(20, noise=1.0), noisy(40, noise=1.0, seed=0)
    stopped, network = run(LBFGS(), rows, validation=held_out, limits=Limits(iterations=40, patience=1000))
    assert stopped.stop_reason is StopReason.ITERATION_LIMIT
    assert network.error(held_out.X, held_out.y) == stopped.history.column("validation_error").min()


def test_patience_without_validation_rows_waits_for_nothing():
    descent, _ = run(LBFGS(), validation=Rows(np.empty((0, 3)), np.empty((0, 1))), limits=Limits(30, patience=1))
    assert descent.stop_reason is StopReason.ITERATION_LIMIT
    assert math.isnan(descent.validation_error)


@pytest.mark.parametrize("l2", [0.0, 0.4])
def test_a_linear_network_converges_to_ridge_regression(l2):
    rows = noisy()
    descent, network = run(LBFGS(gradient_tolerance=1e-9), rows, small((3, 1)), l2=l2)
    assert descent.stop_reason is StopReason.CONVERGED
    np.testing.assert_allclose(network.parameters, least_squares(rows, ridge=0.5 * l2 * len(rows)), rtol=1e-7)


def test_a_gradient_of_zero_ends_gradient_descent_as_converged():
    network = small()
    X = noisy().X
    descent = descend(network, Rows(X, network.run(X)), GradientDescent(0.1))
    assert (descent.stop_reason, descent.iterations, descent.train_error) == (StopReason.CONVERGED, 1, 0.0)


def test_where_rounding_hides_the_slope_no_step_descends():
    rows = noisy()
    descent, network = run(LBFGS(gradient_tolerance=0.0), rows, small((3, 2, 1)), limits=Limits(plateau=False))
    assert descent.stop_reason is StopReason.NO_DESCENT
    assert descent.train_error == network.error(rows.X, rows.y)
    assert 0 < descent.history.column("gradient_norm")[-1] < 1e-5


def test_a_slope_that_is_left_is_not_called_converged():
    descent, _ = run(LBFGS(gradient_tolerance=1e-7), noisy(dtype="float32"), small((3, 5, 1), dtype="float32", seed=0))
    assert descent.history.column("gradient_norm")[-1] > 1e-3
    assert descent.stop_reason is StopReason.NO_DESCENT


def steep():
    """Rows on which the error falls at first, until the steep second direction has grown to outweigh the first."""
    X = np.array([[1.0, 0.0], [0.0, 5.0]])
    return Rows(X, np.array([[1.0], [1e-9]])), Network.from_parameters(
        Network([2, 1], "identity").architecture, np.zeros(3)
    )


def test_an_overflow_gives_back_the_best_weights_before_it():
    rows, network = steep()
    descent = descend(network, rows, GradientDescent(0.1))
    errors = descent.history.column("train_error")
    assert descent.stop_reason is StopReason.NOT_FINITE
    assert descent.detail == f"in iteration {descent.iterations + 1:,}"
    assert np.isfinite(network.parameters).all()
    assert 2 < descent.kept_iteration < descent.iterations
    assert descent.kept_iteration == errors.argmin() - 1  # a record has the error before its step
    assert descent.train_error == errors.min() < errors[0]
    rows, again = steep()
    descend(again, rows, GradientDescent(0.1), limits=Limits(iterations=descent.kept_iteration))
    assert network.parameters.tobytes() == again.parameters.tobytes()


@pytest.mark.parametrize("batch_size", [None, 8], ids=["full batch", "mini-batches"])
@pytest.mark.parametrize("validation", [None, noisy(30, seed=9)], ids=["no validation", "validation"])
def test_a_huge_learning_rate_leaves_finite_weights(batch_size, validation):
    network = Network([3, 8, 8, 1], ["identity"] * 3, loss="mean_squared_error", seed=0)
    rows = noisy()
    before = network.error(rows.X, rows.y)
    descent, _ = run(GradientDescent(1e4, batch_size=batch_size), rows, network, validation=validation)
    assert descent.stop_reason is StopReason.NOT_FINITE
    assert np.isfinite(network.parameters).all()
    assert descent.train_error == network.error(rows.X, rows.y) <= before


def test_weights_that_overflow_from_the_start_are_given_back():
    network = small()
    network.parameters[:] = 1e200
    descent, _ = run(LBFGS(), network=network)
    assert (descent.stop_reason, descent.detail) == (StopReason.NOT_FINITE, "in iteration 1")
    assert (network.parameters == 1e200).all()


@pytest.fixture
def handler():
    """Let a stray Ctrl-C do no harm, and tell whether this handler is in place."""
    strays = []
    previous = signal.signal(signal.SIGINT, lambda *_: strays.append(time.perf_counter()))
    ours = signal.getsignal(signal.SIGINT)
    yield lambda: signal.getsignal(signal.SIGINT) is ours and not strays
    signal.signal(signal.SIGINT, previous)


class CtrlC:
    """Observes a run, and presses Ctrl-C a while after its first record."""

    def __init__(self, after=0.15):
        self.after = after
        self.pressed = math.nan

    def __call__(self, record):
        if record.iteration == 0:
            threading.Timer(self.after, self._press).start()

    def _press(self):
        self.pressed = time.perf_counter()
        os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("optimizer", [LBFGS(gradient_tolerance=0.0), GradientDescent(0.01)], ids=["lbfgs", "full"])
def test_ctrl_c_stops_at_once_and_keeps_what_was_reached(optimizer, handler):
    rows, key = noisy(2000), CtrlC()
    descent, network = run(optimizer, rows, small((3, 32, 1)), limits=LONG, observe=key)
    assert time.perf_counter() - key.pressed < 5.0
    assert descent.stop_reason is StopReason.INTERRUPTED
    assert handler()
    assert descent.history.records[-1].iteration == descent.iterations > 0
    assert descent.train_error == network.error(rows.X, rows.y) < descent.history.records[0].train_error
    _, again = run(optimizer, rows, small((3, 32, 1)), limits=Limits(iterations=descent.iterations, plateau=False))
    assert network.parameters.tobytes() == again.parameters.tobytes()


def test_ctrl_c_stops_in_the_middle_of_an_epoch_and_keeps_its_steps(handler):
    rows, key = noisy(200_000), CtrlC()
    descent, network = run(GradientDescent(0.01, batch_size=1), rows, limits=LONG, observe=key)
    assert time.perf_counter() - key.pressed < 5.0
    assert (descent.stop_reason, descent.iterations) == (StopReason.INTERRUPTED, 0)
    assert handler()
    assert len(descent.history) == 1
    assert descent.train_error == pytest.approx(network.error(rows.X, rows.y), rel=1e-12)
    assert descent.train_error < 0.7 * descent.history.records[0].train_error


def test_a_second_ctrl_c_raises_and_leaves_the_network_and_the_handler_as_they_were(handler):
    network = small()

    def twice(record):
        if record.iteration == 3:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run(GradientDescent(0.01), network=network, observe=twice)
    assert handler()
    assert network.parameters.tobytes() == small().parameters.tobytes()


def test_a_wish_to_stop_that_was_there_before_ends_the_descent_before_its_first_step():
    wish = Interrupt()
    wish.wished = True
    descent, network = run(LBFGS(), interrupt=wish)
    assert (descent.stop_reason, descent.iterations) == (StopReason.INTERRUPTED, 0)
    assert network.parameters.tobytes() == small().parameters.tobytes()


def test_a_descent_in_a_thread_is_the_same_and_touches_no_signal_handler(handler):
    found = []
    touched = []
    thread = threading.Thread(
        target=lambda: found.append(
            run(LBFGS(), limits=Limits(iterations=10), observe=lambda _: touched.append(not handler()))[1]
        )
    )
    thread.start()
    thread.join()
    assert found[0].parameters.tobytes() == run(LBFGS(), limits=Limits(iterations=10))[1].parameters.tobytes()
    assert not any(touched)
    assert handler()
