"""What is wrong beyond the step's own arithmetic: each check on a network that has it and on one that does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fallline.errors import FalllineError
from fallline.subjects.handwritten.attaching.attach import attach_object
from fallline.subjects.handwritten.attaching.from_file import attach_file
from fallline.subjects.handwritten.findings import look

SOURCE = """
import numpy as np

class Net:
    def __init__(self, seed=0):
        draw = np.random.default_rng(seed)
        self.W1, self.b1 = draw.normal(size=(2, 5)) {scale}, np.zeros(5)
        self.W2, self.b2 = draw.normal(size=(5, 1)), np.zeros(1)

    def forward(self, X):
        self.h = 1 / (1 + np.exp(-(X @ self.W1 + self.b1)))
        return 1 / (1 + np.exp(-(self.h @ self.W2 + self.b2)))

    def step(self, X, y, lr=0.5):
        {before}
        out = self.forward(X)
        d2 = (out - y) * out * (1 - out)
        d1 = (d2 @ self.W2.T) * self.h * (1 - self.h)
        self.W2 -= lr * self.h.T @ d2
        self.b2 -= lr * d2.sum(0)
        self.W1 -= lr * X.T @ d1
        self.b1 -= lr * d1.sum(0)
        return {report}
"""
SQUARES = "np.mean((out - y) ** 2)"
X = np.random.default_rng(0).normal(size=(20, 2))
Y = (X[:, :1] * X[:, 1:] > 0).astype(float)


def codes(X=X, y=Y, scale="", before="pass", report=SQUARES):
    """The checks of a network that is written like this."""
    space: dict[str, object] = {"__name__": "written"}
    source = SOURCE.format(scale=scale, before=before, report=report)
    exec(compile(source, "written.py", "exec"), space)
    net = space["Net"]()  # type: ignore[operator]
    return {check.code: check for check in look(attach_object(net, X, y, code={"written.py": source})).checks}


def test_a_network_that_is_right_has_none():
    assert codes() == {}


def test_rows_and_targets_that_are_shuffled_apart():
    apart = "X = np.random.permutation(X)"
    assert "shuffled_apart" not in codes(before=apart)  # a copy of its own: what the caller has stays together
    in_place = codes(before="np.random.shuffle(X)")
    assert "different orders" in in_place["shuffled_apart"].sentence
    together = "order = np.random.permutation(len(X)); X[:], y[:] = X[order], y[order]"
    assert codes(before=together) == {}


@pytest.mark.parametrize(("scale", "X"), [("* 1000", X), ("", X * 1000)], ids=["weights", "inputs"])
def test_units_that_are_saturated_at_the_start(scale, X):
    found = codes(scale=scale, X=X)
    assert found["saturated_at_start"].numbers["layer"] == 1
    assert found["saturated_at_start"].numbers["share"] >= 0.9


def test_an_error_that_is_reported_and_not_descended():
    found = codes(report="-np.sum(y * np.log(out) + (1 - y) * np.log(1 - out))")
    assert "computes the cross-entropy, and its step goes down the half squared error" in (
        found["other_error_reported"].sentence
    )


def test_targets_out_of_range():
    assert codes(y=10 * Y)["targets_out_of_range"].numbers["share"] == np.mean(Y == 1)


def test_a_bias_for_each_row(tmp_path: Path):
    file = tmp_path / "rows.py"
    file.write_text(
        "import numpy as np\n"
        "X = np.array([[0., 0.], [0., 1.], [1., 0.], [1., 1.]])\ny = np.array([[0.], [1.], [1.], [0.]])\n"
        "W1, b1 = np.random.randn(2, 3), np.zeros((4, 3))\nW2, b2 = np.random.randn(3, 1), np.zeros((4, 1))\n"
        "def s(z):\n    return 1 / (1 + np.exp(-z))\n"
        "for i in range(1000):\n"
        "    h = s(X @ W1 + b1)\n    o = s(h @ W2 + b2)\n    d2 = (o - y) * o * (1 - o)\n"
        "    d1 = (d2 @ W2.T) * h * (1 - h)\n"
        "    W2 -= h.T @ d2\n    b2 -= d2\n    W1 -= X.T @ d1\n    b1 -= d1\n"
    )
    found = {check.code for check in look(attach_file(file)).checks}
    assert "bias_for_each_row" in found


def test_a_table_is_no_program(tmp_path: Path):
    table = tmp_path / "xor.csv"
    table.write_text("a,b\n1,2\n")
    with pytest.raises(FalllineError, match=r"xor\.csv is data, not a program: .* --data xor\.csv"):
        attach_file(table)
