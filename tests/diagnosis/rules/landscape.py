"""Runs that the tests of several rules about the landscape look at."""

import numpy as np

from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.subject import Subject, descended
from fallline.network import Network
from fallline.optimizers import LevenbergMarquardt
from fallline.training.stopping import Limits

X = np.linspace(-1.0, 1.0, 40)[:, None]


def evidence(subject: Subject, seconds: float = 3.0) -> Evidence:
    return Evidence(subject, Clock(seconds))


def finished() -> Subject:
    """A run that has come to its floor."""
    network = Network([1, 4, 1], ["tanh", "identity"], loss="mean_squared_error", seed=1)
    return descended(network, X, np.sin(3.0 * X), LevenbergMarquardt(), limits=Limits(iterations=200))
