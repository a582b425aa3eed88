"""From a file to its mistakes: what the rate, the printed error and whole batches decide."""

from pathlib import Path

import pytest

from fallline.subjects.handwritten.attaching.from_file import attach_file
from fallline.subjects.handwritten.identifying.examine import examine

SCRIPT = """
import numpy as np
np.random.seed(1)
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
y = np.array([[0], [1], [1], [0]], dtype=float)
W1 = np.random.randn(2, 3); b1 = np.zeros(3)
W2 = np.random.randn(3, 1); b2 = np.zeros(1)
lr = 0.3
for epoch in range(5000):
    h = 1 / (1 + np.exp(-(X @ W1 + b1)))
    o = 1 / (1 + np.exp(-(h @ W2 + b2)))
    error = o - y
    d2 = error * o * (1 - o)
    d1 = (d2 @ W2.T) * h * (1 - h)
    W2 -= lr * (h.T @ d2)
    b2 -= lr * d2.sum(axis=0)
    W1 -= lr * (X.T @ d1)
    b1 -= lr * d1.sum(axis=0)
"""
MISSING = SCRIPT.replace("error * o * (1 - o)", "error")
PRINTED = "    if epoch % 1000 == 0: print('epoch', epoch, {})\n"

CLASS = """
import numpy as np

class Network:
    def __init__(self, n_in, n_hidden, n_out, lr=0.1):
        self.W1 = np.random.randn(n_in, n_hidden); self.b1 = np.zeros(n_hidden)
        self.W2 = np.random.randn(n_hidden, n_out); self.b2 = np.zeros(n_out)
        self.lr = lr

    def forward(self, X):
        self.h = np.tanh(X @ self.W1 + self.b1)
        return 1 / (1 + np.exp(-(self.h @ self.W2 + self.b2)))

    def train(self, X, y):
        n = X.shape[0]
        o = self.forward(X)
        d2 = (o - y) * o * (1 - o) / n
        d1 = (d2 @ self.W2.T) * (1 - self.h ** 2)
        self.W2 -= self.lr * self.h.T @ d2
        self.b2 -= self.lr * d2.sum(axis=0)
        self.W1 -= self.lr * X.T @ d1
        self.b1 -= self.lr * d1.sum(axis=0)

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
y = np.array([[0], [1], [1], [0]], dtype=float)
"""


def found(folder: Path, source: str) -> list[tuple[str, tuple[int, ...]]]:
    """Return the certain mistakes of a program, and make sure that nothing stays open."""
    path = folder / "net.py"
    path.write_text(source, encoding="utf-8")
    identification = examine(attach_file(path)).identification
    assert identification is not None
    assert identification.unexplained == ()
    assert all(mistake.certain for mistake in identification.mistakes)
    return [(mistake.code, mistake.layers) for mistake in identification.mistakes]


@pytest.mark.parametrize("source", [SCRIPT, CLASS, MISSING])
def test_right_programs_have_no_mistakes(tmp_path: Path, source: str) -> None:
    assert found(tmp_path, source) == []


def test_a_rate_in_the_code_alone_is_told_to_be_there_twice(tmp_path: Path) -> None:
    source = SCRIPT.replace("lr = 0.3\n", "").replace("lr *", "0.3 *")
    twice = source.replace("W1 -= 0.3", "W1 -= 0.3 * 0.3").replace("b1 -= 0.3", "b1 -= 0.3 * 0.3")
    assert found(tmp_path, source) == []
    assert found(tmp_path, twice) == [("rate_twice", (1,))]


@pytest.mark.parametrize(("text", "code"), [("self.lr * self.lr", "rate_twice"), ("1 / self.lr", "rate_divided")])
def test_an_attribute_is_the_rate_though_it_scales_layers_differently(tmp_path: Path, text: str, code: str) -> None:
    source = CLASS.replace("W1 -= self.lr", f"W1 -= {text}").replace("b1 -= self.lr", f"b1 -= {text}")
    assert found(tmp_path, source) == [(code, (1,))]


@pytest.mark.parametrize("error", ["np.mean(error ** 2)", "'%.4f' % (0.5 * np.sum(error ** 2))"])
def test_a_printed_squared_error_tells_that_the_derivative_is_missing(tmp_path: Path, error: str) -> None:
    assert found(tmp_path, MISSING + PRINTED.format(error)) == [("derivative_missing", (2,))]


def test_a_printed_cross_entropy_needs_no_derivative(tmp_path: Path) -> None:
    error = "-np.mean(y * np.log(o) + (1 - y) * np.log(1 - o))"
    assert found(tmp_path, MISSING + PRINTED.format(error)) == []


def test_a_mean_for_one_bias_is_seen_in_the_batch(tmp_path: Path) -> None:
    # the step's own text counts no rows: that the forward pass takes many decides that it takes a batch
    head, step = CLASS.split("    def train(self, X, y):\n")
    step = step.replace("self.W2 -= self.lr * self.h.T @ d2", "gW2 = self.h.T @ d2")
    step = step.replace("self.W1 -= self.lr * X.T @ d1", "gW1 = X.T @ d1")
    step = step.replace("self.b2 -= self.lr * d2.sum(axis=0)", "gb2 = d2.mean(axis=0)")
    step = step.replace("self.b1 -= self.lr * d1.sum(axis=0)", "return gW1, d1.sum(axis=0), gW2, gb2")
    train = """
    def train(self, X, y, num_iters=10):
        for _ in range(num_iters):
            for name, g in named(self.gradients(X, y)):
                setattr(self, name, getattr(self, name) - self.lr * g)

"""
    names = 'def named(gradients):\n    return list(zip(["W1", "b1", "W2", "b2"], gradients))\n'
    gradients, data = step.split("\nX = ")
    source = f"{head}    def gradients(self, X, y):\n{gradients}{train}{names}\nX = {data}"
    assert found(tmp_path, source.replace("d2.mean", "d2.sum")) == []
    assert found(tmp_path, source) == [("bias_wrong_sum", (2,))]


def test_the_last_row_only_is_no_row_drawn_by_the_loop(tmp_path: Path) -> None:
    source = SCRIPT.replace("(h.T @ d2)", "(h[-1:].T @ d2[-1:])").replace("d2.sum(axis=0)", "d2[-1]")
    source = source.replace("(X.T @ d1)", "(X[-1:].T @ d1[-1:])").replace("d1.sum(axis=0)", "d1[-1]")
    assert found(tmp_path, source + PRINTED.format("o[0]")) == [("last_row_only", (1, 2))]


def test_targets_changed_in_place_are_seen(tmp_path: Path) -> None:
    source = CLASS.replace(
        "        n = X.shape[0]\n", "        n = len(X)\n        y[0] = 0.5\n        y = np.array(y)\n"
    )
    assert found(tmp_path, source) == [("data_changed", ())]
