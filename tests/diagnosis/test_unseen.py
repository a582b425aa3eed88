import math

import numpy as np
import pytest
from scipy import stats

from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.linear_model import linear_model
from fallline.diagnosis.simpler import simpler
from fallline.diagnosis.subject import descended
from fallline.diagnosis.two_samples import two_samples
from fallline.diagnosis.unseen import constant_loss, gap_between, paired_gain, row_losses
from fallline.engine import Rows
from fallline.network import Network
from fallline.optimizers import GradientDescent
from fallline.training.stopping import Limits

RNG = np.random.default_rng(0)
X, X_NEW = RNG.standard_normal((50, 3)), RNG.standard_normal((40, 3))
B = np.array([[1.0], [-2.0], [0.5]])
Y, Y_NEW = X @ B + 0.3 * RNG.standard_normal((50, 1)), X_NEW @ B + 0.3 * RNG.standard_normal((40, 1))


def evidence(loss: str = "mean_squared_error", final: str = "identity", **more) -> Evidence:
    network = Network([3, 5, 1], ["tanh", final], loss=loss, seed=0)
    return Evidence(descended(network, X, Y, GradientDescent(1e-4), limits=Limits(iterations=3), **more), Clock(5.0))


@pytest.mark.parametrize("loss", ["mean_squared_error", "half_squared_error", "huber", "mean_absolute_error"])
def test_row_losses_average_to_the_loss_per_row(loss):
    of = evidence(loss)
    mean = row_losses(of.architecture, of.parameters, of.rows).mean()
    assert mean == pytest.approx(of.error / (len(X) if loss == "half_squared_error" else 1), rel=1e-12)
    assert constant_loss(of) == pytest.approx(of.constant_error / (len(X) if loss == "half_squared_error" else 1))


def test_gap_has_the_standard_error_of_two_means():
    gap = gap_between(np.array([1.0, 3.0]), np.array([4.0, 4.0, 10.0]))
    assert (gap.training, gap.validation) == (2.0, 6.0)
    assert gap.standard_error == pytest.approx(math.sqrt(1.0 / 2 + 8.0 / 3))
    assert gap.clear(2.9, 2.0)
    assert not gap.clear(3.1, 2.0)
    assert not gap.clear(1.0, 3.0)


def test_paired_gain_is_the_larger_of_students_and_wilcoxons():
    rng = np.random.default_rng(1)
    losses = rng.exponential(size=60)
    others = 0.9 * losses + 0.02 * rng.standard_normal(60)
    gain = paired_gain(losses, others)
    by_mean = stats.ttest_rel(losses, others).statistic
    by_ranks = stats.wilcoxon(losses, others, method="asymptotic", correction=False, alternative="greater").zstatistic
    assert gain.standard_errors == pytest.approx(max(by_mean, by_ranks))
    assert gain.mean == pytest.approx(float(np.mean(losses - others)))


def test_one_huge_row_does_not_hide_that_all_are_lower():
    losses, others = np.linspace(1.0, 2.0, 40), np.linspace(0.5, 1.0, 40)
    losses[0] = 1e6
    assert paired_gain(losses, others).standard_errors > 5.0
    assert np.mean(losses - others) / stats.sem(losses - others) < 1.1


def test_losses_that_are_not_finite_say_nothing():
    assert paired_gain(np.array([1.0, np.inf]), np.zeros(2)).standard_errors == 0.0


@pytest.mark.parametrize("loss", ["mean_squared_error", "half_squared_error"])
def test_linear_model_is_least_squares(loss):
    of = evidence(loss)
    design = np.hstack([X, np.ones((50, 1))])
    residual = Y - design @ np.linalg.lstsq(design, Y, rcond=None)[0]
    expected = np.square(residual).ravel() * (0.5 if loss == "half_squared_error" else 1.0)
    assert linear_model(of).row_losses(of.rows) == pytest.approx(expected)


def test_linear_model_of_classes_is_penalised_logistic_regression():
    from sklearn.linear_model import LogisticRegression

    y = (Y > 0).astype(float)
    network = Network([3, 5, 1], ["tanh", "sigmoid"], loss="binary_cross_entropy", seed=0)
    of = Evidence(descended(network, X, y, GradientDescent(1e-4), limits=Limits(iterations=3)), Clock(5.0))
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    oracle = LogisticRegression(C=1.0, tol=1e-10).fit(scaled, y.ravel())
    model = linear_model(of)
    assert model.parameters == pytest.approx(np.append(oracle.coef_, oracle.intercept_), abs=1e-4)


def test_rows_of_one_source_are_told_apart_no_oftener_than_they_should():
    values = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        A, C = rng.exponential(size=(60, 3)), rng.exponential(size=(30, 3))
        values.append(two_samples(Rows(A[:, :2], A[:, 2:]), Rows(C[:, :2], C[:, 2:]), rng).p_value)
    assert np.mean(np.array(values) <= 0.1) <= 0.2
    assert min(values) > 0.001


@pytest.mark.parametrize(
    ("change", "column"),
    [
        (lambda X, y: (X + np.array([2.0, 0.0]), y), 0),
        (lambda X, y: (X - [0.0, 2.0], y), 1),
        (lambda X, y: (X, y + 3.0), 2),
        (lambda X, y: (3.0 * X, y), -1),
        (lambda X, y: (X, -y), -1),
    ],
)
def test_other_rows_are_told_apart_and_where(change, column):
    rng = np.random.default_rng(3)
    A, C = rng.standard_normal((80, 2)), rng.standard_normal((60, 2))
    changed, targets = change(C, C[:, :1] + 0.3 * C[:, 1:])
    found = two_samples(Rows(A, A[:, :1] + 0.3 * A[:, 1:]), Rows(changed, targets), rng)
    assert found.p_value <= 0.001
    assert found.column == column
    if column >= 0:
        assert (found.largest > 0.0) == (column != 1)


def test_equal_columns_do_no_harm():
    rows = Rows(np.ones((30, 2)), np.ones((30, 1)))
    assert two_samples(rows, rows, np.random.default_rng(0)).p_value == 1.0


def test_simpler_network_is_judged_by_rows_that_did_not_choose_it():
    of = evidence(validation=(X_NEW, Y_NEW))
    found = simpler(of)
    assert found is not None
    assert found.losses.shape == (40,)
    assert np.isfinite(found.losses).all()
    assert found.validation == pytest.approx(float(found.losses.mean()))
    again = simpler(evidence(validation=(X_NEW, Y_NEW)))
    assert again is not None
    assert np.array_equal(found.losses, again.losses)


def test_no_time_for_a_simpler_network():
    of = evidence(validation=(X_NEW, Y_NEW))
    of.clock = Clock(0.0)
    assert simpler(of) is None
