from __future__ import annotations

import numpy as np
import pytest

from fallline.engine import Architecture, Objective, Rows
from fallline.errors import FalllineError
from fallline.optimizers import BayesianRegularisation, LevenbergMarquardt, Outcome

from .problems import Watch

each_engine = pytest.mark.parametrize("compiled", [False, True], ids=["reference", "compiled"])


def evidence_of_ridge(X, y, steps=500):
    """MacKay's fixed point for a linear model by eigenvalues, with the mean removed for the free bias: α, β, γ, w."""
    X, y = X - X.mean(axis=0), y - y.mean()
    eigenvalues, V = np.linalg.eigh(X.T @ X)
    alpha, beta = 1.0, 1.0
    for _ in range(steps):
        w = V @ ((V.T @ X.T @ y) * beta / (beta * eigenvalues + alpha))
        gamma = float(np.sum(beta * eigenvalues / (beta * eigenvalues + alpha)))
        alpha, beta = gamma / float(w @ w), (len(y) - gamma) / float(np.sum((X @ w - y) ** 2))
    return alpha, beta, gamma, w


@each_engine
@pytest.mark.parametrize("loss", ["mean_squared_error", "half_squared_error"])
def test_a_linear_network_gets_mackays_penalty_weights_and_effective_parameters(loss, compiled):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 6)) * np.logspace(0, -2, 6)
    y = X @ rng.normal(size=6) + 0.5 + 0.3 * rng.normal(size=60)
    alpha, beta, gamma, w = evidence_of_ridge(X, y)
    assert 1.0 < gamma < 5.5  # the rows determine some of the weights, and not all
    objective = Objective(Architecture((6, 1), ("identity",), loss), Rows(X, y[:, None]), compiled=compiled)
    reported, parameters = [], 0.1 * rng.normal(size=7)
    outcome = BayesianRegularisation(report=reported.append).minimize(objective, parameters, Watch(300))
    curvature = 2.0 / 60 if loss == "mean_squared_error" else 1.0
    assert outcome in (Outcome.CONVERGED, Outcome.STOPPED)
    assert reported[-1].effective_parameters == pytest.approx(gamma, rel=1e-4)
    assert reported[-1].l2 == pytest.approx(curvature * alpha / beta, rel=1e-4)
    np.testing.assert_allclose(parameters[:-1], w, rtol=1e-4, atol=1e-6)


def test_it_fits_noise_less_than_no_penalty_does():
    rng = np.random.default_rng(1)
    x, fresh = np.linspace(-1, 1, 30)[:, None], np.linspace(-1, 1, 301)[:, None]
    a = Architecture((1, 12, 1), ("tanh", "identity"), "mean_squared_error")
    noisy = Objective(a, Rows(x, np.sin(np.pi * x) + 0.2 * rng.normal(size=x.shape)))
    true = Objective(a, Rows(fresh, np.sin(np.pi * fresh)))
    start, reported, errors = 0.5 * rng.normal(size=a.parameter_count), [], []
    for optimizer in (BayesianRegularisation(report=reported.append), LevenbergMarquardt()):
        parameters = start.copy()
        optimizer.minimize(noisy, parameters, Watch(200))
        errors.append(true.error(parameters))
    assert errors[0] < 0.8 * errors[1]
    assert errors[0] < 0.02
    assert 2.0 < reported[-1].effective_parameters < 12.0  # of 24


def test_another_loss_is_refused():
    objective = Objective(Architecture((1, 1), ("identity",), "huber"), Rows(np.ones((3, 1)), np.ones((3, 1))))
    with pytest.raises(FalllineError) as caught:
        BayesianRegularisation().minimize(objective, np.zeros(2), Watch())
    assert str(caught.value) == (
        "optimizer 'bayesian_regularisation': it needs a squared error, got loss 'huber'. Use optimizer "
        "'levenberg_marquardt' with a penalty (l2) instead."
    )
