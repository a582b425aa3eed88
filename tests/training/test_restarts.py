"""Many starts end where single descents end, on any number of cores; the hopeless are given up, the best is kept."""

from __future__ import annotations

import math
import signal
import threading
import time
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from fallline import FalllineError, Network
from fallline.engine import Rows
from fallline.optimizers import LBFGS, Adam, GradientDescent, LevenbergMarquardt
from fallline.training import restarts as module
from fallline.training.descent import Standing, descend
from fallline.training.interrupt import Interrupt
from fallline.training.restarts import behind, descend_with_restarts, seeds_of
from fallline.training.spread import Minimum
from fallline.training.stopping import Limits, StopReason

from .problems import XOR, noisy, small

WAYS = {
    "lbfgs": LBFGS(),
    "full batch": Adam(0.02),
    "mini-batches": Adam(0.01, batch_size=16, seed=3),
}
each_way = pytest.mark.parametrize("optimizer", WAYS.values(), ids=WAYS.keys())
SHORT = Limits(iterations=40, plateau=False)


def first_weights(seed):
    return small(seed=seed)


def restarted(optimizer, rows=None, initial=first_weights, **options):
    options = {"starts": 6, "limits": SHORT} | options
    return descend_with_restarts(initial, noisy() if rows is None else rows, optimizer, **options)


def everything(found):
    records = [repr(record._replace(seconds=0.0)) for record in found.descent.history.records]
    return found.network.parameters.tobytes(), repr(found.minima), found.seed, found.spread, records


@each_way
@pytest.mark.parametrize("culling", [True, False])
def test_one_core_and_two_give_the_same_bits(optimizer, culling):
    rows = Rows(*noisy(n=1500).block(0, 1500))
    found = [restarted(optimizer, rows, compiled=True, cores=cores, culling=culling) for cores in (1, 2, 2)]
    assert everything(found[0]) == everything(found[1]) == everything(found[2])


def test_two_starts_descend_at_the_same_time_where_the_engine_is_compiled_and_one_where_it_is_not(monkeypatch):
    at_work, most, lock = 0, 0, threading.Lock()

    def counted(self, until, made=module._Start.round):
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        made(self, until)
        with lock:
            at_work -= 1

    monkeypatch.setattr(module._Start, "round", counted)
    restarted(GradientDescent(0.01), noisy(2000), compiled=True, cores=2)
    assert most == 2
    most = 0
    restarted(GradientDescent(0.01), compiled=False, cores=2)
    assert most == 1


@each_way
def test_each_start_uses_one_thread_for_its_own_work(optimizer, monkeypatch):
    def never(*arguments):
        raise AssertionError("this start would share its step out")

    monkeypatch.setattr("fallline.engine.compiled.first_order.parts_for", never)
    monkeypatch.setattr("fallline.optimizers.compiled.parts_for", never)
    restarted(optimizer, compiled=True, cores=2)
    with pytest.raises(AssertionError, match="would share"):
        descend(small(), noisy(), optimizer, compiled=True)


@each_way
@pytest.mark.parametrize("compiled", [True, False])
def test_without_culling_every_start_ends_where_a_descent_of_its_seed_ends(optimizer, compiled):
    rows, l2 = noisy(), 0.01
    found = restarted(optimizer, rows, l2=l2, compiled=compiled, culling=False, seed=7)
    values = []
    for minimum in found.minima:
        network = first_weights(minimum.seed)
        descent = descend(network, rows, optimizer, l2=l2, limits=SHORT, compiled=compiled, threads=1)
        weights = np.concatenate([W[:, :-1].ravel() for W in network.layers])
        values.append(descent.train_error + 0.5 * l2 * np.sum(weights**2))
        assert (minimum.train_error, minimum.iterations) == (descent.train_error, descent.iterations)
        assert minimum.value == pytest.approx(values[-1], rel=1e-12)
        if minimum.seed == found.seed:
            assert found.network.parameters.tobytes() == network.parameters.tobytes()
            records = [record._replace(seconds=0.0) for record in descent.history.records]
            assert repr([record._replace(seconds=0.0) for record in found.descent.history.records]) == repr(records)
    assert [minimum.seed for minimum in found.minima] == seeds_of(7, 6)
    assert found.seed == found.minima[int(np.argmin(values))].seed


def test_the_first_seed_is_the_run_s_own_and_more_starts_only_add_seeds():
    assert seeds_of(5, 1) == [5]
    assert seeds_of(5, 9)[:4] == seeds_of(5, 4)
    assert len({*seeds_of(5, 50), *seeds_of(6, 50)}) == 100


def test_early_stopping_keeps_the_start_with_the_lowest_validation_error():
    limits = Limits(iterations=60, patience=5, plateau=False)
    held_out = noisy(40, seed=9)
    found = restarted(WAYS["mini-batches"], noisy(20), validation=held_out, limits=limits, culling=False)
    errors = [minimum.validation_error for minimum in found.minima]
    assert found.descent.validation_error == min(errors) == found.network.error(held_out.X, held_out.y)
    assert min(errors) != errors[int(np.argmin([minimum.train_error for minimum in found.minima]))]


def test_culling_saves_iterations_and_keeps_a_start_to_its_end():
    limits = Limits(iterations=320, plateau=False)
    found = restarted(Adam(0.02), starts=12, limits=limits, compiled=False)
    given_up = [each for each in found.minima if each.stop_reason is StopReason.GIVEN_UP]
    assert len(given_up) == found.spread.given_up > 0
    assert all(each.iterations in (40, 80, 160) for each in given_up)
    assert found.descent.iterations == 320
    ended = [each for each in found.minima if each not in given_up]
    assert len(ended) >= module.SURVIVORS
    assert all(each.iterations == 320 for each in ended)
    assert found.descent.train_error == min(each.train_error for each in ended)


def test_the_best_at_the_moment_is_never_given_up(monkeypatch):
    decisions = []

    def noted(running, over):
        gone = behind(running, over)
        decisions.append((running, over, gone))
        return gone

    monkeypatch.setattr(module, "behind", noted)
    for seed in range(3):
        restarted(Adam(0.05), starts=12, limits=Limits(iterations=100, plateau=False), seed=seed, compiled=False)
    assert sum(len(gone) for *_, gone in decisions) > 10
    for running, _, gone in decisions:
        if running:
            assert min(running, key=lambda i: running[i].value) not in gone


@pytest.mark.parametrize("seed", range(20))
def test_the_worse_half_goes_but_for_those_that_would_be_ahead_of_all(seed):
    rng = np.random.default_rng(seed)
    values = rng.permutation(np.arange(1.0, 13.0))
    running = {i: Standing(value, value) for i, value in enumerate(values)}
    assert behind(running, []) == sorted(i for i in running if values[i] > 6)
    late = int(np.flatnonzero(values == 11)[0])
    assert late not in behind(running | {late: Standing(11.0, 0.9)}, [])
    assert late in behind(running | {late: Standing(11.0, 1.0)}, [])
    assert behind({i: running[i] for i in range(module.SURVIVORS)}, []) == []
    assert behind(running, [0.1] * 12) == sorted(running)  # those that are over were better, all of them


def test_a_target_that_one_start_reaches_ends_the_others_with_the_round():
    found = restarted(LBFGS(), XOR, xor_network, starts=8, limits=Limits(target_error=1e-3), culling=False)
    assert found.descent.stop_reason is StopReason.TARGET_REACHED
    assert found.descent.train_error <= 1e-3
    reasons = {each.stop_reason for each in found.minima}
    assert reasons <= {StopReason.TARGET_REACHED, StopReason.GIVEN_UP, StopReason.CONVERGED, StopReason.NO_DESCENT}
    assert max(each.iterations for each in found.minima) <= 125
    assert found.spread.sentence == "The target is reached, so no other start is needed."


def xor_network(seed):
    return Network([2, 2, 1], ["tanh", "sigmoid"], seed=seed)


def test_restarts_find_what_single_starts_of_xor_miss():
    alone = []
    for seed in range(12):
        network = xor_network(seed)
        alone.append(descend(network, XOR, LBFGS(), compiled=False).train_error)
    missed = sum(error > 0.1 for error in alone)
    assert 2 <= missed <= 10
    for seed in range(12):
        found = restarted(LBFGS(), XOR, xor_network, starts=10, seed=seed, limits=None, compiled=False)
        assert found.descent.train_error < 1e-6


def test_a_start_that_overflows_does_not_spoil_the_rest():
    def initial(seed):
        network = first_weights(seed)
        if seed in seeds_of(0, 6)[:3]:
            network.parameters *= 1e200
        return network

    found = restarted(GradientDescent(0.05), initial=initial, compiled=False)
    assert [each.stop_reason is StopReason.NOT_FINITE for each in found.minima] == [True] * 3 + [False] * 3
    assert all(math.isnan(each.train_error) and each.value == math.inf for each in found.minima[:3])
    assert found.seed in seeds_of(0, 6)[3:]
    assert np.isfinite(found.network.parameters).all()
    assert found.descent.stop_reason is StopReason.ITERATION_LIMIT


def test_where_all_starts_overflow_one_is_kept_and_says_so():
    found = restarted(GradientDescent(1e12), limits=Limits(iterations=400, plateau=False), compiled=False, starts=3)
    assert found.descent.stop_reason is StopReason.NOT_FINITE
    assert np.isfinite(found.network.parameters).all()
    assert "no start reached a minimum" in found.spread.sentence.lower()


@pytest.mark.parametrize("compiled", [True, False])
def test_a_wish_to_stop_ends_all_at_once_and_keeps_the_best(compiled):
    rows = noisy(2000)
    restarted(GradientDescent(0.01), rows, compiled=compiled, starts=1)  # what is compiled is compiled now
    interrupt = Interrupt()
    wished = []

    def wish():
        interrupt.wished = True
        wished.append(time.perf_counter())

    timer = threading.Timer(0.4, wish)
    timer.start()
    limits = Limits(plateau=False)
    found = restarted(GradientDescent(0.01), rows, compiled=compiled, limits=limits, interrupt=interrupt, starts=8)
    assert time.perf_counter() - wished[0] < 5.0
    assert found.descent.stop_reason is StopReason.INTERRUPTED
    live = [each for each in found.minima if each.stop_reason is StopReason.INTERRUPTED]
    assert found.descent.train_error == min(each.train_error for each in live)
    assert found.descent.iterations > 0
    assert not [each for each in threading.enumerate() if "_descend" in each.name]


def test_ctrl_c_is_heard_and_the_handler_put_back():
    handler = signal.getsignal(signal.SIGINT)
    timer = threading.Timer(0.3, lambda: signal.raise_signal(signal.SIGINT))
    timer.start()
    found = restarted(GradientDescent(0.01), noisy(500), compiled=True, limits=Limits(plateau=False))
    assert found.descent.stop_reason is StopReason.INTERRUPTED
    assert signal.getsignal(signal.SIGINT) is handler


def test_a_problem_in_one_start_ends_all_and_comes_out(monkeypatch):
    made = module.descend

    def fails(network, *arguments, pace, **options):
        if pace.seed == seeds_of(0, 6)[3]:
            raise MemoryError("no room")
        return made(network, *arguments, pace=pace, **options)

    monkeypatch.setattr(module, "descend", fails)
    with pytest.raises(MemoryError, match="no room"):
        restarted(GradientDescent(0.01), limits=Limits(plateau=False), compiled=False)
    assert not [each for each in threading.enumerate() if "_descend" in each.name]


@pytest.mark.parametrize("seconds", [0.0, 0.5])
def test_the_time_limit_is_that_of_all_together(seconds):
    started = time.perf_counter()
    found = restarted(GradientDescent(0.01), limits=Limits(seconds=seconds, plateau=False), compiled=False)
    assert time.perf_counter() - started < seconds + 5.0
    assert found.descent.stop_reason is StopReason.TIME_LIMIT
    assert len(found.minima) == found.spread.starts == (1 if seconds == 0.0 else 6)


def test_every_start_ends_at_the_same_moment_whenever_it_began(monkeypatch):
    ends, made = [], module.descend

    def slow(*arguments, limits, **options):
        ends.append(time.perf_counter() + limits.seconds)
        time.sleep(0.4)
        return made(*arguments, limits=limits, **options)

    monkeypatch.setattr(module, "descend", slow)
    restarted(GradientDescent(0.01), limits=Limits(iterations=4, seconds=50.0), compiled=False)
    assert len(ends) == 6
    assert max(ends) - min(ends) < 0.3


def test_one_that_was_given_up_is_kept_before_one_that_overflowed_and_after_one_that_went_to_its_end():
    def minimum(value, reason):
        return Minimum(0, value, math.nan, value, 1, reason)

    ended, given_up = minimum(0.5, StopReason.CONVERGED), minimum(0.4, StopReason.GIVEN_UP)
    overflowed = minimum(math.inf, StopReason.NOT_FINITE)
    assert sorted([overflowed, given_up, ended], key=module.rank) == [ended, given_up, overflowed]


@each_way
def test_more_starts_do_not_need_more_copies_of_the_rows(optimizer):
    rows = noisy(20_000, inputs=10)
    optimizer = replace(optimizer, batch_size=10_000) if optimizer is WAYS["mini-batches"] else optimizer
    peaks = []
    for starts in (1, 2, 8):
        tracemalloc.start()
        limits = Limits(iterations=6)  # so that all wait at the end of the first round
        restarted(
            optimizer, rows, lambda seed: small((10, 4, 1), seed=seed), limits=limits, starts=starts, compiled=True
        )
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] - peaks[1] < 0.5 * 6 * rows.X.nbytes  # orders and buffers, and no copy each
    assert rows.packed is None


def test_no_start_is_refused():
    with pytest.raises(FalllineError) as refused:
        restarted(LBFGS(), starts=0)
    assert str(refused.value) == "restarts 0: expected a number of starts, 1 or more."


def test_how_far_they_are_is_told(monkeypatch):
    monkeypatch.setattr(module, "TELL_SECONDS", 0.01)
    lines = []
    restarted(GradientDescent(0.01), limits=Limits(seconds=0.7, plateau=False), compiled=False, tell=lines.append)
    assert all(line.startswith("6 starts, ") for line in lines)
    assert "lowest error 0." in lines[-1]


def test_where_starts_reach_the_target_the_one_with_the_fewest_iterations_is_kept():
    def minimum(iterations, error, reason):
        return Minimum(0, error, math.nan, error, iterations, reason)

    late, early = (minimum(i, e, StopReason.TARGET_REACHED) for i, e in ((90, 0.01), (40, 0.02)))
    lower = minimum(30, 0.001, StopReason.CONVERGED)
    assert sorted([lower, late, early], key=module.rank) == [early, late, lower]


@pytest.mark.parametrize("cores", [1, 2])
def test_a_target_that_is_reached_ends_the_round_for_those_beyond_it(cores):
    x = np.linspace(-1.0, 1.0, 41)[:, None]
    rows, limits = Rows(x, np.sin(np.pi * x)), Limits(target_error=1e-4, seconds=60)
    found = descend_with_restarts(
        lambda seed: Network([1, 5, 1], ["tanh", "identity"], loss="mean_squared_error", seed=seed),
        rows,
        LevenbergMarquardt(),
        starts=8,
        seed=3,
        limits=limits,
        compiled=True,
        cores=cores,
    )
    reached = [each for each in found.minima if each.stop_reason is StopReason.TARGET_REACHED]
    assert found.descent.stop_reason is StopReason.TARGET_REACHED
    assert found.descent.iterations == min(each.iterations for each in reached)
    assert found.seed in [each.seed for each in reached if each.iterations == found.descent.iterations]
    assert found.descent.train_error <= 1e-4
    assert found.network.error(x, np.sin(np.pi * x)) == pytest.approx(found.descent.train_error, rel=1e-9)
