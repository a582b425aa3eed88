"""Attaching by trying: what is found must be right by its numbers, and the user's own things must be as they were."""

import random
import runpy
from pathlib import Path

import numpy as np
import pytest

from fallline.errors import FalllineError
from fallline.subjects.handwritten.attached import Attached, Style
from fallline.subjects.handwritten.attaching.attach import attach_object
from fallline.subjects.handwritten.attaching.from_file import attach_file

_GIVEN = runpy.run_path(str(Path(__file__).with_name("programs_for_attach.py")))
PROGRAMS, SIGMOID, XOR = (_GIVEN[name] for name in ("PROGRAMS", "SIGMOID", "XOR"))
ROWS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
TARGETS = np.array([[0.0], [1.0], [1.0], [0.0]])


SHARED = (
    SIGMOID
    + """
class A:
    def __init__(self):
        W = np.random.randn(2, 2)
        self.w = [W, W]
    def run(self, X):
        return np.tanh(np.tanh(X @ self.w[0]) @ self.w[1])
    def step(self, X, y):
        self.w[0] += 0.1 * X.T @ (y - self.run(X))
a = A()
"""
)


def namespace(source: str) -> dict:
    space = {"__name__": "program"}
    exec(compile(source, "program.py", "exec"), space)
    return space


def written(folder: Path, source: str, name: str = "net.py") -> Path:
    path = folder / name
    path.write_text(source, encoding="utf-8")
    return path


def along_the_gradient(attached: Attached, inputs: int, outputs: int) -> float:
    """Return the cosine between a step and the downhill direction of ½Σ(ŷ−y)², by central differences."""
    draw = np.random.default_rng(3)
    n = 1 if attached.per_sample else 3
    X, y = draw.uniform(-1, 1, (n, inputs)), draw.uniform(0.1, 0.9, (n, outputs))
    assert attached.run is not None

    def loss() -> float:
        return 0.5 * float(np.sum((attached.run(X) - y) ** 2))

    attached.reset()
    downhill = []
    for slot in attached.slots:
        values = slot.values()
        for index in np.ndindex(values.shape):
            sides = []
            for h in (1e-5, -1e-5):
                moved = values.copy()
                moved[index] += h
                slot.write(moved)
                sides.append(loss())
            downhill.append(sides[1] - sides[0])
        slot.write(values)
    attached.reset()
    before = attached.parameters()
    attached.step(X, y)
    change = np.concatenate([(b - a).ravel() for a, b in zip(before, attached.parameters(), strict=True)])
    g = np.array(downhill)
    return float(change @ g / np.linalg.norm(change) / np.linalg.norm(g))


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_healthy_program_is_attached_without_help_and_steps_downhill(name, tmp_path):
    attached = attach_file(written(tmp_path, PROGRAMS[name]))
    assert attached.X is not None
    assert attached.y is not None
    assert along_the_gradient(attached, attached.X.shape[1], attached.y.shape[1]) > 1 - 1e-7, attached.assumed


def test_the_users_network_and_its_surroundings_are_as_before():
    space = namespace(PROGRAMS["class_level_weights"])
    net, kind = space["net"], space["Net"]
    kept = [W.copy() for W in kind.weights]
    listed, names = kind.weights, set(space)
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002 - the state that people's code uses
    states = random.getstate(), np.random.get_state()[1].copy()  # noqa: NPY002
    attached = attach_object(net, space["X"], space["y"])
    attached.step(space["X"], space["y"])
    assert kind.weights is listed
    assert all(np.array_equal(a, b) for a, b in zip(kept, kind.weights, strict=True))
    assert set(vars(net)) == set()  # `run` would have left `outs`
    assert set(space) == names
    assert random.getstate() == states[0]
    assert np.array_equal(np.random.get_state()[1], states[1])  # noqa: NPY002
    assert not np.array_equal(attached.parameters()[0], kept[0])


def test_globals_of_functions_are_copies():
    space = namespace(PROGRAMS["weights_stacked_in_three_dimensions"])
    kept = space["weights"].copy()
    attached = attach_object(space, space["X"], space["y"])
    attached.step(space["X"], space["y"])
    assert attached.style is Style.FUNCTIONS
    assert np.array_equal(space["weights"], kept)
    assert "acts" not in space


def test_views_still_share_their_memory():
    space = namespace(PROGRAMS["views_of_one_vector"])
    attached = attach_object(space["model"], ROWS, TARGETS)
    assert along_the_gradient(attached, 2, 1) > 1 - 1e-7
    assert np.array_equal(space["model"].W1.ravel(), space["model"].theta[:6])


def test_reset_returns_to_the_first_parameters():
    attached = attach_object(namespace(PROGRAMS["outputs_kept"])["brain"], ROWS, TARGETS)
    first = attached.parameters()
    attached.step(ROWS, TARGETS)
    assert not np.array_equal(first[0], attached.parameters()[0])
    attached.reset()
    assert all(np.array_equal(a, b) for a, b in zip(first, attached.parameters(), strict=True))


@pytest.mark.parametrize(
    ("name", "made", "value", "called"),
    [
        ("outputs_kept", "brain", 0.5, "self.eta"),
        ("targets_without_an_axis", "reg", 0.01, "lr"),
        ("training_call_at_the_end", "mlp", 0.4, "self.alpha"),
    ],
)
def test_the_rate_is_found_as_attribute_or_argument_and_can_be_set(name, made, value, called):
    space = namespace(PROGRAMS[name].replace("50000", "1"))
    X, y = space["X"], space["y"]
    attached, halved = (attach_object(space[made], X, y, learning_rate=rate) for rate in (None, value / 2))
    assert (attached.learning_rate, attached.rate_name) == (value, called)
    steps = []
    for one in (attached, halved):
        before = one.parameters()
        one.step(X[:1], np.reshape(y[:1], (1, -1)))
        steps.append(one.parameters()[0] - before[0])
    assert np.allclose(steps[0], 2 * steps[1], rtol=1e-12)


def test_a_literal_rate_is_named_with_its_line(tmp_path):
    attached = attach_file(written(tmp_path, PROGRAMS["random_sample_in_a_loop"]))
    line = PROGRAMS["random_sample_in_a_loop"].splitlines().index("    w2 -= 0.5 * h.T @ d2") + 1
    assert (attached.learning_rate, attached.rate_name) == (0.5, f"0.5 in line {line}")


def test_explicit_names_override_what_would_be_found():
    net = namespace(PROGRAMS["outputs_kept"])["brain"]
    attached = attach_object(net, ROWS, TARGETS, forward="activate", step=net.learn, parameters=["w_ho"])
    assert [slot.name for slot in attached.slots] == ["self.w_ho"]
    with pytest.raises(FalllineError, match=r"step='teach': no such method .*there are activate, learn"):
        attach_object(net, ROWS, TARGETS, step="teach")
    with pytest.raises(FalllineError, match=r"nothing named 'w_xx' holds numbers; there are self\.w_ih"):
        attach_object(net, ROWS, TARGETS, parameters=["w_xx"])


def test_an_update_that_is_lost_is_still_attached():
    source = (
        PROGRAMS["outputs_kept"]
        .replace("self.w_ho +=", "w_ho = self.w_ho +")
        .replace("self.w_ih +=", "w = self.w_ih +")
    )
    attached = attach_object(namespace(source)["brain"], ROWS, TARGETS)
    assert len(attached.slots) == 2
    assert any("moves none of the parameters" in sentence for sentence in attached.assumed)


def test_one_array_in_two_layers_is_told():
    space = namespace(SHARED)
    attached = attach_object(space["a"], ROWS, np.hstack([TARGETS, TARGETS]))
    assert any("The same array serves as self.w[0] and self.w[1]." in sentence for sentence in attached.assumed)


def test_what_is_no_network_is_refused_with_a_remedy(tmp_path):
    with pytest.raises(FalllineError, match=r"no network was found.*--network 'NeuralNetwork\(…\)'"):
        attach_file(written(tmp_path, "import numpy as np\nprint(np.ones(3))\n"))
    with pytest.raises(FalllineError, match="Brain is a class: give an instance"):
        attach_object(namespace(PROGRAMS["outputs_kept"])["Brain"])


def test_data_that_does_not_fit_is_refused():
    net = namespace(PROGRAMS["outputs_kept"])["brain"]
    with pytest.raises(FalllineError, match=r"rows of 5 inputs and returns 1 outputs"):
        attach_object(net, np.ones((4, 5)), TARGETS)
    with pytest.raises(FalllineError, match="X and y belong together"):
        attach_object(net, ROWS)


def test_what_raises_before_the_training_is_told_with_its_line(tmp_path):
    source = "import numpy as np\n" + XOR + "W = X / [1, 2, 3]\nfor i in range(9):\n    W += X.T @ y\n"
    with pytest.raises(FalllineError, match=r"net\.py: raised ValueError.* in line 4 of net\.py"):
        attach_file(written(tmp_path, source))


def test_outputs_in_columns_stay_so_where_rows_are_as_many_as_outputs():
    source = "import numpy as np\nclass A:\n    def __init__(self):\n        self.W = np.random.randn(3, 2)\n"
    source += "    def forward(self, X):\n        return np.tanh(self.W @ X)\n"
    source += "    def train(self, X, Y):\n        o = self.forward(X)\n"
    source += "        self.W += 0.1 * ((Y - o) * (1 - o ** 2)) @ X.T\na = A()\n"
    attached = attach_object(namespace(source)["a"], ROWS, np.hstack([TARGETS, TARGETS, TARGETS]))
    single = np.concatenate([attached.run(ROWS[i : i + 1]) for i in range(1, 4)])
    assert np.allclose(attached.run(ROWS[1:]), single, rtol=1e-12)
    assert along_the_gradient(attached, 2, 3) > 1 - 1e-7
