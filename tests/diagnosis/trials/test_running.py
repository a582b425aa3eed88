import json
import math
from dataclasses import replace

import numpy as np
import pytest

from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.subject import descended
from fallline.diagnosis.trials import REMEDIES, Outcome, Remedy, Start, arm, run_trials, running
from fallline.errors import FalllineError
from fallline.network import Network
from fallline.optimizers import LBFGS, Adam, GradientDescent
from fallline.training.descent import descend
from fallline.training.stopping import Limits

from .subjects import XOR_X, XOR_Y, evidence, linear, saddle, xor


class Nothing(Remedy):
    """The same again: a remedy that changes nothing but is not told apart from the others."""

    code = "nothing"
    title = "Change nothing"
    words = "nothing changed"
    explanation = "Both arms are the same."
    start = Start.STOP

    def applies(self, evidence):
        return None

    def change(self, evidence, arm, work, seed):
        return arm


class OtherOrder(Nothing):
    """Other mini-batches than the control's: a difference of chance alone."""

    def change(self, evidence, arm, work, seed):
        return replace(arm, optimizer=replace(arm.optimizer, seed=seed + 1))


def run(subject, *codes, seed=0, seconds=math.inf):
    return run_trials(evidence(subject, seed), codes, Clock(seconds))


def one(subject, code, **more):
    (trial,) = run(subject, code, **more)
    return trial


@pytest.fixture
def little_work(monkeypatch):
    """Let an arm have no more work than the run had, however little that was."""
    monkeypatch.setattr(running, "LEAST_WORK", 10.0)


@pytest.fixture(scope="module")
def ill_conditioned():
    return linear(GradientDescent(0.001))  # 2/λmax is about 0.0011; λmin about 2, so that it takes some 10⁴ steps


def test_scaled_inputs_help_where_they_are_of_different_size(ill_conditioned):
    trial = one(ill_conditioned, "scale_inputs")
    assert trial.outcome is Outcome.HELPS
    assert max(trial.errors) < min(trial.control)
    assert trial.interval[1] < 1.0


def test_a_rate_ten_times_too_high_harms(little_work):
    trial = one(linear(Adam(0.3, batch_size=4), sizes=(1.0, 1.0, 1.0, 1.0), iterations=50, noise=0.3), "higher_rate")
    assert trial.outcome is Outcome.HARMS


def test_a_rate_that_is_far_below_the_curvature_is_raised_and_helps():
    trial = one(linear(GradientDescent(0.001), sizes=(1.0, 1.0), iterations=100), "higher_rate")
    assert trial.outcome is Outcome.HELPS
    assert trial.ratio < 0.01


def test_an_overflow_of_the_remedy_harms(ill_conditioned, monkeypatch):
    class Explosion(Nothing):
        def change(self, evidence, arm, work, seed):
            return replace(arm, optimizer=GradientDescent(1e3))

    monkeypatch.setitem(REMEDIES, "nothing", Explosion())
    trial = one(ill_conditioned, "nothing")
    assert trial.outcome is Outcome.HARMS
    assert "the error overflows, the unchanged control" in trial.sentence
    assert json.loads(json.dumps(trial.to_dict(), allow_nan=False))["errors"][0] is None


def test_negative_curvature_leads_off_a_saddle_where_the_control_stays():
    subject = saddle()
    trial = one(subject, "negative_curvature")
    assert trial.outcome is Outcome.HELPS
    assert trial.control == (trial.before,)
    assert trial.errors[0] < 0.1 * trial.before
    assert trial.sentence == (
        f"With a step along the negative curvature the error falls to {trial.errors[0]:.4g}, the unchanged control "
        "stays at 0.625 (one pair from the same weights, without chance and so without an interval): it helps."
    )


def test_both_arms_do_the_same_work(ill_conditioned):
    for trial in run(ill_conditioned, "scale_inputs", "lower_rate", "more_units", "second_order"):
        assert trial.control_work == 200.0
        assert trial.work <= 200.0
    assert one(ill_conditioned, "lower_rate").work == 200.0


def test_four_times_the_work_is_the_remedy_of_a_longer_run(ill_conditioned):
    trial = one(ill_conditioned, "longer_run")
    assert trial.work == 4.0 * trial.control_work
    assert trial.outcome is Outcome.HELPS


def test_the_control_is_the_runs_own_optimizer_going_on(ill_conditioned):
    """The first pair's control is what the run itself would have come to."""
    going_on = Network.from_parameters(ill_conditioned.network.architecture, ill_conditioned.network.parameters)
    descent = descend(
        going_on, ill_conditioned.training, GradientDescent(0.001), limits=Limits(iterations=200, plateau=False)
    )
    assert one(ill_conditioned, "lower_rate").control[0] == descent.train_error


def test_controls_are_shared(ill_conditioned, monkeypatch):
    runs = []
    bench_run = arm.Bench.run

    def counted(self, an_arm, work, clock, observe=None):
        runs.append(an_arm)
        return bench_run(self, an_arm, work, clock, observe)

    monkeypatch.setattr(running._Laboratory, "_probe", lambda self, arm, most: running._Speed(0.0, 1.0))
    monkeypatch.setattr(arm.Bench, "run", counted)
    trials = run(ill_conditioned, "lower_rate", "longer_run", "other_activation", "scale_inputs")
    pairs = {trial.remedy: trial.pairs for trial in trials}
    assert pairs["lower_rate"] == pairs["longer_run"] > 0
    assert len(runs) == sum(pairs.values()) + pairs["lower_rate"] + pairs["scale_inputs"]


@pytest.mark.parametrize("optimizer", [GradientDescent(0.5), Adam(0.01, batch_size=2), LBFGS()])
def test_identical_arms_make_no_difference(optimizer, monkeypatch, little_work):
    monkeypatch.setitem(REMEDIES, "nothing", Nothing())
    subject = replace(xor(0, iterations=20), optimizer=optimizer)
    for seed in range(20):
        trial = one(subject, "nothing", seed=seed)
        assert trial.outcome is Outcome.NO_DIFFERENCE
        assert trial.errors == trial.control
        assert trial.pairs >= 1


def test_another_order_of_the_batches_seldom_makes_a_difference(monkeypatch, little_work):
    monkeypatch.setitem(REMEDIES, "nothing", OtherOrder())
    subject = linear(GradientDescent(0.3, batch_size=16), sizes=(1.0, 1.0), iterations=20, noise=0.3)
    outcomes = [one(subject, "nothing", seed=seed).outcome for seed in range(20)]
    assert outcomes.count(Outcome.NO_DIFFERENCE) >= 17


def test_on_batches_the_seeds_are_their_orders_and_all_pairs_begin_at_the_stop(little_work):
    trial = one(linear(GradientDescent(0.3, batch_size=4), sizes=(1.0, 1.0), iterations=30, noise=0.3), "lower_rate")
    assert trial.pairs == 5
    assert len(set(trial.control)) == 5
    assert trial.outcome is Outcome.HELPS  # the noise of the steps is a tenth


def test_sign_is_the_same_on_new_seeds():
    """Of what was found to help or to harm, at least 95 % does so on other seeds."""
    same, all_of_them = 0, 0
    codes = ("higher_rate", "lower_rate", "other_activation", "second_order")
    for k in range(3):
        subject = xor(k, iterations=100)
        first = {trial.remedy: trial for trial in run(subject, *codes, seed=1)}
        again = {trial.remedy: trial for trial in run(subject, *codes, seed=2)}
        for code, trial in first.items():
            if trial.outcome in (Outcome.HELPS, Outcome.HARMS):
                all_of_them += 1
                same += np.sign(np.log(trial.ratio)) == np.sign(np.log(again[code].ratio))
    assert all_of_them >= 6
    assert same >= 0.95 * all_of_them


def test_same_evidence_gives_the_same_trials(ill_conditioned):
    once, twice = (one(ill_conditioned, "scale_inputs", seed=3).to_dict() for _ in range(2))
    for trial in (once, twice):
        trial.pop("seconds")
    assert once == twice


def test_what_helps_most_comes_first(ill_conditioned):
    trials = run(ill_conditioned, "longer_run", "higher_precision", "lower_rate", "second_order", "scale_inputs")
    order = [Outcome.HELPS, Outcome.NO_DIFFERENCE, Outcome.HARMS, Outcome.NOT_RUN]
    ranks = [order.index(trial.outcome) for trial in trials]
    assert ranks == sorted(ranks)
    assert {trial.remedy for trial in trials[:2]} == {"second_order", "scale_inputs"}
    helpful = [trial.ratio for trial in trials if trial.outcome is Outcome.HELPS]
    assert helpful == sorted(helpful)


def test_time_is_kept_by_less_work():
    subject = linear(GradientDescent(0.001), iterations=20_000)
    subject.network.parameters[:] = subject.first.parameters
    clock = Clock(0.5)
    trials = run_trials(Evidence(subject), list(REMEDIES), clock)
    assert clock.spent < 5.0
    assert {trial.remedy for trial in trials} == set(REMEDIES)
    run_at_all = [trial for trial in trials if trial.pairs]
    assert run_at_all
    assert any(0.0 < trial.control_work < 20_000.0 for trial in run_at_all)


def test_without_time_nothing_is_run(ill_conditioned):
    trial = one(ill_conditioned, "scale_inputs", seconds=0.0)
    assert (trial.outcome, trial.sentence) == (
        Outcome.NOT_RUN,
        "Scale the inputs: not run, since the time was over.",
    )


def test_a_subject_without_an_optimizer_has_no_control(ill_conditioned):
    trial = one(replace(ill_conditioned, optimizer=None), "scale_inputs")
    assert trial.sentence == (
        "Scale the inputs: not run, since how the run descended is not known, so that there is no control."
    )


def test_an_unknown_code_is_refused(ill_conditioned):
    with pytest.raises(FalllineError, match=r"remedy 'scale_input': there is none .* did you mean 'scale_inputs'"):
        run(ill_conditioned, "scale_input")


def test_sentence_tells_errors_seeds_and_interval(ill_conditioned):
    trial = one(ill_conditioned, "scale_inputs")
    low, high = trial.interval
    error, control = np.median(trial.errors), np.median(trial.control)
    assert trial.sentence == (
        f"With scaled inputs ({trial.note}) the error comes to {error:.4g}, "
        f"the unchanged control comes to {control:.4g} "
        f"(5 seeds, the 95 % interval of the ratio {low:.3g} to {high:.3g}): it helps."
    )


def test_float32_is_judged_in_float64_and_higher_precision_helps():
    network = Network([2, 4, 1], ["tanh", "identity"], loss="mean_squared_error", seed=0, dtype="float32")
    limits = Limits(iterations=500, target_error=1e-20)  # without which both errors would be next to nothing
    subject = descended(network, XOR_X, XOR_Y, LBFGS(), limits=limits)
    trial = one(subject, "higher_precision")
    assert trial.outcome is Outcome.HELPS
    assert trial.errors[0] < 1e-3 * trial.control[0]
