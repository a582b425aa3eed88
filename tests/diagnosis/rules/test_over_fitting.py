from dataclasses import replace

import numpy as np
import pytest

from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Status
from fallline.diagnosis.judge import judge
from fallline.diagnosis.judgement import Judgement
from fallline.diagnosis.rules import RULES
from fallline.diagnosis.subject import Subject, descended
from fallline.network import Network
from fallline.optimizers import LBFGS, Adam
from fallline.training.stopping import Limits

RULE = RULES["over_fitting"]


def examined(subject: Subject, seconds: float = 10.0):
    return RULE.examine(Evidence(subject, Clock(seconds)))


def noisy(rows: int, noise: float, unit: float = 1.0, offset: int = 0):
    rng = np.random.default_rng([3, offset])
    X = rng.uniform(-1.0, 1.0, (rows, 1))
    return X, unit * (np.sin(3.0 * X) + noise * rng.standard_normal(X.shape))


def run(rows: int, noise: float, *, unit: float = 1.0, loss: str = "mean_squared_error", iterations=1_000, **more):
    network = Network([1, 12, 1], ["tanh", "identity"], loss=loss, seed=1)
    X, y = noisy(rows, noise, unit)
    optimizer = more.pop("optimizer", LBFGS())
    limits = Limits(iterations=iterations, patience=more.pop("patience", None))
    held_out = noisy(60, noise, unit, offset=1)
    return descended(network, X, y, optimizer, validation=held_out, limits=limits, compiled=False, **more)


def test_the_example_is_named_with_its_numbers():
    finding = examined(RULE.example())
    assert finding.sentence == (
        "The error is 1.437 on the validation rows and 0.04148 on the training rows. The same network with a penalty "
        "of l2 = 0.0055, from the same first weights, comes to 0.331 and 0.1651: it errs more on the rows it was "
        "trained on, and less on those it has not seen, by 3.7 standard errors."
    )
    assert finding.fires
    assert finding.share == pytest.approx(0.77, abs=0.01)


def test_the_verdict_is_over_fitted():
    verdict = judge(RULE.example(), trials=False)
    assert verdict.judgement is Judgement.OVER_FITTED
    assert verdict.cause is not None
    assert verdict.cause.code == "over_fitting"


@pytest.mark.parametrize("unit", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("loss", ["mean_squared_error", "half_squared_error"])
def test_it_fires_in_any_unit(unit, loss):
    scaled = run(20, 0.5, unit=1.0, loss=loss)
    of_output = scaled.network.layers[-1]
    of_output *= unit
    first = Network.from_parameters(scaled.network.architecture, scaled.first.parameters)
    first.layers[-1][:] *= unit
    rows = [replace_targets(each, unit) for each in (scaled.training, scaled.validation)]
    finding = examined(replace(scaled, training=rows[0], validation=rows[1], first=first))
    assert finding.fires, finding.sentence


def replace_targets(rows, unit):
    return type(rows)(rows.X, unit * rows.y)


def test_early_stopping_that_restored_the_best_weights_is_clear():
    finding = examined(run(20, 0.5, patience=30))
    assert finding.status is Status.CLEAR
    assert finding.sentence.endswith(("restored the best weights of the run.", "no gap that tells of over-fitting."))


def test_many_rows_are_clear():
    finding = examined(run(400, 0.5))
    assert finding.status is Status.CLEAR
    assert finding.sentence.endswith("no gap that tells of over-fitting.")


def test_a_gap_without_noise_that_no_simpler_network_narrows_is_clear():
    finding = examined(run(15, 0.0, optimizer=Adam(0.02), iterations=1_500))
    assert finding.status is Status.CLEAR
    assert "no network held back" in finding.sentence or "no gap" in finding.sentence


def test_a_penalty_that_suits_is_clear():
    assert examined(run(20, 0.5, l2=0.0055)).status is Status.CLEAR


def test_the_history_of_the_run_is_a_proof_too(monkeypatch):
    monkeypatch.setattr("fallline.diagnosis.rules.over_fitting.simpler", lambda evidence: None)
    finding = examined(run(20, 1.0, optimizer=Adam(0.05), iterations=3_000))
    assert finding.fires
    assert "of this run, with a higher training error, that on the validation rows was" in finding.sentence
    lowest = finding.numbers["lowest_validation_error"]
    assert lowest < finding.numbers["validation_error"]


def test_without_time_it_says_so(monkeypatch):
    subject = replace(run(20, 0.5), descent=None)
    finding = examined(subject, seconds=0.0)
    assert finding.status is Status.NOT_ENOUGH_DATA
    assert finding.sentence.endswith("there was no time to train a simpler network.")


def test_without_validation_rows_nothing_is_known():
    finding = examined(replace(run(20, 0.5, iterations=20), validation=None))
    assert finding.status is Status.NOT_ENOUGH_DATA
    assert finding.sentence == (
        "There are no validation rows, so nothing is known of rows that the descent has not seen."
    )


def test_few_validation_rows_are_too_few():
    subject = run(20, 0.5, iterations=20)
    rows = type(subject.validation)(subject.validation.X[:12], subject.validation.y[:12])
    finding = examined(replace(subject, validation=rows))
    assert finding.status is Status.NOT_ENOUGH_DATA
    assert finding.sentence == (
        "There are only 12 validation rows: too few to tell its error on rows that the descent has not seen."
    )
