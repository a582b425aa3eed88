"""A criterion that gives up too early is told from one that is right."""

import json
from dataclasses import replace

import numpy as np

from fallline import Network
from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Status
from fallline.diagnosis.rules.premature_stop import PrematureStop
from fallline.diagnosis.subject import descended
from fallline.optimizers import BFGS, Adam
from fallline.training.stopping import Limits, StopReason

X = np.linspace(-1.0, 1.0, 40)[:, None]
Y = np.sin(3.0 * X)


def examined(subject, seconds=4.0):
    return PrematureStop().examine(Evidence(subject, Clock(seconds)))


def trained(optimizer, iterations, seed=3, **settings):
    network = Network([1, 6, 1], ["tanh", "identity"], loss="mean_squared_error", seed=seed)
    limits = settings.pop("limits", None) or Limits(iterations=iterations, plateau=False)
    return descended(network, X, settings.pop("y", Y), optimizer, limits=limits, compiled=False, **settings)


def test_the_example_fires_with_its_numbers():
    finding = examined(PrematureStop().example())
    assert finding.fires
    assert "Going on from there as before for 100 iterations lowers the error from 0.1728 to" in finding.sentence
    assert 0.0 < finding.share <= 1.0
    assert json.loads(json.dumps(finding.to_dict()))["code"] == "premature_stop"


def test_too_little_patience_fires_and_enough_does_not():
    rng = np.random.default_rng(0)
    held_out = X + 0.02, np.sin(3.0 * (X + 0.02)) + 0.01 * rng.standard_normal(X.shape)
    optimizer = Adam(0.02, batch_size=2)
    hasty = trained(optimizer, None, limits=Limits(iterations=400, patience=1, plateau=False), validation=held_out)
    patient = trained(optimizer, None, limits=Limits(patience=40, plateau=False), validation=held_out)
    assert hasty.descent.stop_reason is patient.descent.stop_reason is StopReason.EARLY_STOPPING
    assert examined(hasty).fires
    assert examined(patient).status is Status.CLEAR


def test_a_plateau_that_is_left_fires():
    subject = trained(Adam(0.01), 80)
    assert examined(replace(subject, descent=replace(subject.descent, stop_reason=StopReason.PLATEAU))).fires


def test_convergence_at_the_floor_is_clear():
    noisy = Y + 0.5 * np.random.default_rng(0).standard_normal(Y.shape)
    subject = trained(BFGS(gradient_tolerance=1e-6), 3_000, y=noisy)
    assert subject.descent.stop_reason is StopReason.CONVERGED
    assert examined(subject).status is Status.CLEAR


def test_a_limit_is_no_criterion():
    assert examined(trained(Adam(0.01), 80)).status is Status.CLEAR


def test_an_unknown_descent_is_not_enough_data():
    assert examined(replace(trained(Adam(0.01), 80), descent=None)).status is Status.NOT_ENOUGH_DATA
