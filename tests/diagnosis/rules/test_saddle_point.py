import re
from dataclasses import replace

import numpy as np
import pytest

from fallline.diagnosis.finding import Status
from fallline.diagnosis.rules import RULES
from fallline.diagnosis.subject import Subject, descended
from fallline.engine import Rows
from fallline.network import Network
from fallline.optimizers import Adam, LevenbergMarquardt
from fallline.training.stopping import Limits

from .landscape import X, evidence, finished

RULE = RULES["saddle_point"]


def test_the_example_is_a_saddle_point() -> None:
    finding = RULE.examine(evidence(RULE.example()))
    assert finding.status is Status.FIRES
    assert finding.share > 0.9
    assert re.fullmatch(
        r"The gradient is next to nothing \(1\.6e-05\), but the Hessian has the negative eigenvalue -0\.68 \(residual "
        r"\S+; the largest is 2\): a saddle point\. A step of length 1\.54 along its eigenvector and 10 gradient steps "
        r"lower the error from 0\.5105 to 0\.1273; the same gradient steps from the stop, to 0\.5105\.",
        finding.sentence,
    )


@pytest.mark.parametrize(("share", "leads_on"), [(-0.3, True), (0.3, False)])
def test_a_unit_split_in_two_is_a_saddle_point_where_its_block_is_indefinite(share: float, leads_on: bool) -> None:
    """Fukumizu & Amari (2000), theorem 3: the block's sign times that of s (1 - s) decides; here it has both."""
    y = np.sin(3.0 * X) + X**2
    small = descended(
        Network([1, 1, 1], ["tanh", "identity"], loss="mean_squared_error", seed=0), X, y, LevenbergMarquardt()
    ).network
    (W,), ((v, c),) = small.layers[0], small.layers[1]
    a = np.tanh(X * W[0] + W[1])
    with_bias = np.hstack([X, np.ones_like(X)])
    block = np.linalg.eigvalsh((a * (1.0 - a**2) * -2.0 * v * (small.run(X) - y) * with_bias).T @ with_bias)
    assert block[0] < 0.0 < block[1]
    large = Network([1, 2, 1], ["tanh", "identity"], loss="mean_squared_error", seed=0)
    large.layers[0][:] = W
    large.layers[1][:] = [share * v, (1.0 - share) * v, c]
    finding = RULE.examine(evidence(Subject(large, Rows(X, y))))
    assert finding.numbers["lowest_eigenvalue"] < -1e6 * finding.numbers["residual"]
    assert finding.fires is leads_on, finding.sentence
    assert leads_on or finding.sentence.startswith("The way along the negative curvature leads to ")


def test_a_finished_run_is_clear() -> None:
    finding = RULE.examine(evidence(finished()))
    assert finding.sentence.startswith("Nothing to look for: ")


def test_a_run_that_is_falling_is_clear_though_it_has_negative_curvature() -> None:
    network = Network([1, 4, 1], ["tanh", "identity"], loss="mean_squared_error", seed=1)
    found = evidence(descended(network, X, np.sin(3.0 * X), Adam(0.02), limits=Limits(iterations=60)))
    assert found.spectrum.lowest.value < 0.0
    assert RULE.examine(found).status is Status.CLEAR


def test_it_needs_no_history() -> None:
    subject = replace(RULE.example(), descent=None, first=None, optimizer=None)
    assert RULE.examine(evidence(subject)).fires
