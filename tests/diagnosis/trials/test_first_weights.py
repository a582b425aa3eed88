import math
from dataclasses import replace

import numpy as np
import pytest

from fallline.diagnosis.clock import Clock
from fallline.diagnosis.trials import REMEDIES
from fallline.diagnosis.trials.arm import Bench
from fallline.diagnosis.trials.first_weights import ALIKE, Beginnings, are_drawn
from fallline.diagnosis.trials.rates import Later, going_on
from fallline.engine import Objective
from fallline.network import Network
from fallline.optimizers import Adam, Cosine, GradientDescent, OnPlateau

from .subjects import evidence, linear, saddle, xor


def beginnings(subject, seconds=0.0):
    known = evidence(subject)
    bench = Bench(known.architecture, known.rows, None, compiled=False)
    return Beginnings(known, subject.optimizer, bench, compiled=False, seconds=seconds)


def test_drawn_weights_look_drawn():
    assert all(are_drawn(xor(seed, iterations=1)) for seed in range(20))
    assert are_drawn(replace(xor(0, iterations=1), seed=99))


@pytest.mark.parametrize("special", ["zeros", "twins", "mirrored", "huge"])
def test_special_weights_do_not(special):
    subject = xor(0, iterations=1)
    first = Network.from_parameters(subject.first.architecture, subject.first.parameters)
    if special == "zeros":
        first.parameters[:] = 0.0
    elif special == "huge":
        first.parameters[:] *= 50.0
    else:
        first.layers[0][1] = first.layers[0][0] * (1.0 if special == "twins" else -1.0)
    assert not are_drawn(replace(subject, first=first))


def test_pairs_from_the_stop_begin_at_stops_alike():
    subject = xor(0, iterations=50)
    starts = beginnings(subject)
    pairs = starts.pairs(REMEDIES["lower_rate"], 5, Clock())
    arms = [starts.control(REMEDIES["lower_rate"], pair).arm for pair in range(pairs)]
    assert pairs > 1
    assert np.array_equal(arms[0].network.parameters, subject.network.parameters)
    errors = [Objective(arm.network.architecture, arm.training).error(arm.network.parameters) for arm in arms]
    assert len(set(errors)) == pairs
    assert all(abs(math.log(error / errors[0])) <= math.log(ALIKE) for error in errors)


def test_without_time_to_lead_others_there_is_one_pair():
    assert beginnings(xor(0, iterations=50), seconds=100.0).pairs(REMEDIES["lower_rate"], 5, Clock(1.0)) == 1


def test_what_is_about_these_weights_has_one_pair_from_them():
    subject = saddle()
    starts = beginnings(subject)
    remedy = REMEDIES["negative_curvature"]
    assert starts.pairs(remedy, 5, Clock()) == 1
    assert np.array_equal(starts.control(remedy, 0).arm.network.parameters, subject.network.parameters)


def test_special_first_weights_are_those_of_every_control():
    subject = saddle()
    starts = beginnings(subject)
    remedy = REMEDIES["other_initialisation"]
    assert starts.pairs(remedy, 5, Clock()) == 5
    assert {starts.control(remedy, pair).key for pair in range(5)} == {("first", 0, 0)}
    assert np.array_equal(starts.control(remedy, 3).arm.network.parameters, subject.first.parameters)
    assert starts.pairs(REMEDIES["scale_inputs"], 5, Clock()) == 1  # the same again would show nothing


def test_drawn_first_weights_are_the_runs_own_and_then_others():
    subject = xor(0, iterations=5)
    starts = beginnings(subject)
    arms = [starts.control(REMEDIES["scale_inputs"], pair).arm for pair in range(5)]
    assert np.array_equal(arms[0].network.parameters, subject.first.parameters)
    assert len({tuple(arm.network.parameters) for arm in arms}) == 5


def test_on_batches_only_their_order_differs():
    subject = linear(GradientDescent(0.01, batch_size=8), iterations=3)
    starts = beginnings(subject)
    arms = [starts.control(REMEDIES["larger_batch"], pair).arm for pair in range(5)]
    assert len({arm.optimizer.seed for arm in arms}) == 5
    assert all(np.array_equal(arm.network.parameters, subject.network.parameters) for arm in arms)


def test_a_schedule_goes_on_where_it_stood():
    schedule = Cosine(0.1, 50, 0.01)
    later = going_on(Adam(schedule), 20, 0.07).learning_rate
    assert later == Later(schedule, 20)
    course = later.course()
    assert course.rates(1, 10, math.nan) == pytest.approx([schedule.rate(i, math.nan) for i in range(21, 31)])
    assert course.rate(1, math.nan) == schedule.rate(21, math.nan)
    assert going_on(Adam(OnPlateau(0.1)), 20, 0.025).learning_rate == OnPlateau(0.025)
    assert going_on(Adam(0.1), 20, 0.1) == Adam(0.1)
