"""A finish goes on in float64 from where a descent ended, keeps the network's dtype, and says what both cost."""

from __future__ import annotations

import numpy as np
import pytest

from fallline.engine import Rows
from fallline.optimizers import LBFGS, Adam
from fallline.training.descent import descend
from fallline.training.finish import finish
from fallline.training.interrupt import Interrupt
from fallline.training.stopping import Limits, StopReason

from .problems import noisy, small

EPOCHS = Adam(0.01, batch_size=16, seed=3)
FIRST = Limits(iterations=20, plateau=False)


def finished(dtype="float32", first_limits=FIRST, l2=0.01, **options):
    """Return the network, its first descent and weights, both as one, and the rows."""
    rows, network = noisy(dtype=dtype), small(dtype=dtype)
    validation = options.get("validation")
    first = descend(network, rows, EPOCHS, l2=l2, limits=first_limits, validation=validation)
    before = network.parameters.copy()
    return network, first, before, finish(network, first, rows, LBFGS(), l2=l2, **options), rows


def in_float64(rows):
    return Rows(rows.X.astype(np.float64), rows.y.astype(np.float64))


def test_it_ends_where_a_descent_in_float64_from_the_same_weights_ends():
    network, first, before, both, rows = finished()
    exact = small(dtype="float64")
    exact.parameters[:] = before
    alone = descend(exact, in_float64(rows), LBFGS(), l2=0.01)
    assert network.parameters.dtype == np.float32
    assert network.parameters.tobytes() == exact.parameters.astype(np.float32).tobytes()
    assert both.stop_reason is alone.stop_reason is StopReason.CONVERGED
    assert both.iterations == both.kept_iteration == 20 + alone.iterations
    assert both.steps == first.steps + alone.steps
    assert both.train_error < first.train_error
    assert both.seconds > first.seconds


def test_the_switch_stands_in_the_history_with_the_records_after_it():
    _, first, _, both, _ = finished()
    switch, numbers = both.history.switch, both.history.column("iteration")
    assert (switch.iteration, switch.kept_iteration) == (20, 20)
    assert (switch.optimizer, switch.dtype) == ("lbfgs", "float64")
    assert switch.reason == StopReason.ITERATION_LIMIT.text
    assert numbers.tolist() == list(range(both.iterations + 1))
    assert both.history.records[:21] == first.history.records
    assert both.history.records[21].train_error < both.history.records[20].train_error
    for name in ("steps", "seconds"):
        assert (np.diff(both.history.column(name)) >= 0).all()
    assert first.history.switch is None


def test_what_the_rounding_costs_is_the_difference_of_the_errors_and_is_said():
    network, _, before, both, rows = finished()
    exact = small(dtype="float64")
    exact.parameters[:] = before
    alone = descend(exact, in_float64(rows), LBFGS(), l2=0.01)
    rounded = small(dtype="float64")
    rounded.parameters[:] = network.parameters
    assert both.train_error == rounded.error(*in_float64(rows).block(0, len(rows)))
    assert both.history.switch.rounding == both.train_error - alone.train_error != 0.0
    cost = f"rounded to float32, the weights lose {both.history.switch.rounding:.3g} of the training error"
    assert both.detail == cost


def test_in_float64_nothing_is_rounded():
    network, _, _, both, rows = finished("float64")
    assert both.history.switch.rounding == 0.0
    assert both.detail == ""
    assert both.train_error == network.error(rows.X, rows.y)


def test_the_observer_sees_the_records_of_the_finish_as_they_stand_in_the_history():
    seen = []
    _, _, _, both, _ = finished(observe=seen.append)
    assert seen == both.history.records[21:]


def test_early_stopping_holds_for_the_finish_too_and_never_raises_the_validation_error():
    held_out = noisy(30, seed=9, dtype="float32")
    limits = Limits(iterations=200, patience=10, plateau=False)
    _, first, _, both, _ = finished(
        first_limits=limits, l2=0.0, validation=held_out, limits=Limits(patience=10, plateau=False)
    )
    assert both.validation_error <= first.validation_error * (1 + 1e-6)
    assert both.stop_reason is StopReason.EARLY_STOPPING
    kept = both.history.column("iteration") == both.kept_iteration
    assert both.history.column("validation_error")[kept] == pytest.approx(both.validation_error, rel=1e-6)


@pytest.mark.parametrize("reason", ["target", "interrupt"])
def test_nothing_is_done_where_nothing_is_left_to_do_or_the_wish_is_to_stop(reason):
    rows, network = noisy(), small()
    interrupt = Interrupt()
    interrupt.wished = reason == "interrupt"
    limits = Limits(target_error=0.3 if reason == "target" else None)
    first = descend(network, rows, EPOCHS, limits=limits, interrupt=interrupt)
    before = network.parameters.tobytes()
    assert finish(network, first, rows, LBFGS(), interrupt=interrupt) is first
    assert network.parameters.tobytes() == before


def test_without_time_the_weights_stay():
    network, first, before, both, _ = finished(limits=Limits(seconds=0.0))
    assert both.stop_reason is StopReason.TIME_LIMIT
    assert network.parameters.tobytes() == before.tobytes()
    assert both.iterations == both.kept_iteration == first.iterations
