"""The diagnosis of hand-written networks, from the file or the object to the words."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.corpus.catalogue import PROGRAMS
from tests.corpus.data import DATA
from typer.testing import CliRunner

import fallline
from fallline.cli import app
from fallline.errors import FalllineError
from fallline.subjects.handwritten.diagnose import diagnose_file, in_child

ROOT = Path(__file__).resolve().parents[3]
ODD = ROOT / "examples" / "odd_number.py"
X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([[0.0], [1.0], [1.0], [0.0]])
SHORT = 0.6


def line_of(path: Path, text: str) -> int:
    """Return the number of the only line with this text."""
    numbers = [number for number, line in enumerate(path.read_text().splitlines(), 1) if text in line]
    assert len(numbers) == 1, (text, numbers)
    return numbers[0]


def options(**changes: Any) -> dict[str, Any]:
    """What `in_child` is given."""
    names = ("X", "y", "network", "forward", "step", "parameters", "learning_rate")
    return {**dict.fromkeys(names), "seconds": SHORT, **changes}


def of_text(tmp_path: Path, source: str, program: Any) -> dict[str, Any]:
    """Return the diagnosis of a program of the corpus."""
    file = tmp_path / f"{program.name}.py"
    file.write_text(source)
    data = DATA.get(program.data)
    given = {} if data is None else {"X": data[0].tolist(), "y": data[1].tolist()}
    return in_child(str(file), options(network=program.build or None, **given))


@pytest.fixture(scope="module")
def odd() -> dict[str, Any]:
    """The question's network, in a child process."""
    return diagnose_file(ODD, (X, Y), network="OddNetwork([2, 3, 1], seed=0)", learning_rate=0.5, seconds=8.0)


def test_the_question_has_its_four_mistakes_on_their_lines(odd: dict[str, Any]) -> None:
    found = {each["code"]: {place["line"] for place in each["lines"]} for each in odd["mistakes"] + odd["checks"]}
    assert set(found) == {"derivative_of_activation", "sign_alternating", "step_skipped", "shared_arrays"}
    assert found["derivative_of_activation"] >= {
        line_of(ODD, "delta = difference * self.slope"),
        line_of(ODD, "delta = back * self.slope"),
    }
    assert found["sign_alternating"] == {line_of(ODD, "return s * (s - 1)")}
    assert line_of(ODD, "print(self.backpropagate(X, y, learning_rate))") in found["step_skipped"]
    assert found["shared_arrays"] == {line_of(ODD, "weights = []")}


def test_the_minus_sign_in_the_slope_is_certain_because_the_lines_show_it(odd: dict[str, Any]) -> None:
    assert all(each["certain"] for each in odd["mistakes"])
    assert odd["others"] == []


def test_each_line_says_what_it_computes(odd: dict[str, Any]) -> None:
    lines = {line["number"]: line for line in odd["lines"]}
    slope = lines[line_of(ODD, "return s * (s - 1)")]
    assert slope["wrong"]
    assert slope["computes"].startswith("minus f′ as a function of z, of a in layer 2 (f is applied twice)")
    assert lines[line_of(ODD, "difference = self.run(X).T - y.T")]["computes"] == "ŷ − y"
    assert lines[line_of(ODD, "back = self.weights")]["computes"] == "minus the error that reaches layer 1"


def test_the_correction_is_in_the_users_names(odd: dict[str, Any]) -> None:
    mistake = next(each for each in odd["mistakes"] if each["code"] == "derivative_of_activation")
    assert "layer 2: self.outputs[-1] * (1 - self.outputs[-1])" in mistake["correction"]
    assert "layer 1: self.outputs[i] * (1 - self.outputs[i])" in mistake["correction"]


def test_the_plateau_is_named(odd: dict[str, Any]) -> None:
    assert "all four rows get the same answer 0.5" in odd["verdict"]["plateau"]


def test_the_proof_pairs_the_variants(odd: dict[str, Any]) -> None:
    proof = odd["proof"]
    assert [set(v["mended"]) for v in proof["variants"]] == [
        set(),
        {"derivative_of_activation"},
        {"sign_alternating"},
        {"derivative_of_activation", "sign_alternating"},
    ]
    assert set(proof["weights"]) == {"derivative_of_activation", "sign_alternating"}
    assert all(len(v["errors"]) == 10 for v in proof["variants"])


def test_an_object_is_diagnosed_and_left_as_it_was() -> None:
    sys.path.insert(0, str(ROOT / "examples"))
    try:
        from odd_number import OddNetwork
    finally:
        sys.path.pop(0)
    OddNetwork.weights.clear()
    net = OddNetwork([2, 3, 1], seed=0)
    before, state = [W.copy() for W in net.weights], random.getstate()
    found = fallline.diagnose(net, X, Y, seconds=SHORT)
    assert random.getstate() == state
    assert [placed.mistake.code for placed in found.mistakes] == ["derivative_of_activation", "sign_alternating"]
    assert "The derivative is taken of the activation" in str(found)
    assert all(np.array_equal(old, new) for old, new in zip(before, net.weights, strict=True))
    OddNetwork.weights.clear()


HEALTHY = ("list_of_weights", "xor_class_rows", "so_columns", "tanh_regressor", "flat_three_layers",
           "plain_lists_batch", "minibatch_softmax", "neuron_objects")  # fmt: skip


@pytest.mark.parametrize("program", [p for p in PROGRAMS if p.name in HEALTHY], ids=lambda p: p.name)
def test_a_healthy_program_has_no_finding(tmp_path: Path, program: Any) -> None:
    found = of_text(tmp_path, program.source, program)
    assert found["healthy"], (found["mistakes"], found["checks"], found["step"])
    assert found["mistakes"] == found["checks"] == []
    assert found["sentence"] == "The back-propagation is right: no mistake was found."


@pytest.mark.parametrize("code", ["derivative_missing", "sign_reversed", "error_squared"])
@pytest.mark.parametrize("name", ["xor_class_rows", "flat_three_layers"])
def test_a_planted_mistake_is_named_with_its_line(tmp_path: Path, name: str, code: str) -> None:
    from tests.corpus.generate import of

    program = next(p for p in PROGRAMS if p.name == name)
    planted = [p for p in of(program, pairs=0) if len(p.truth) == 1 and p.truth[0].code == code]
    chosen = planted[-1]  # the first layer: without σ′ at the output it would be the cross-entropy's delta
    found = of_text(tmp_path, chosen.source, program)
    assert [each["code"] for each in found["mistakes"]] == [code]
    named = {place["line"] for place in found["mistakes"][0]["lines"]}
    assert named & set(chosen.truth[0].lines), (named, chosen.truth)
    assert not found["healthy"]


def test_the_command_line_shows_the_users_lines(tmp_path: Path) -> None:
    table = tmp_path / "xor.csv"
    table.write_text("a,b,y\n0,0,0\n0,1,1\n1,0,1\n1,1,0\n")
    words = ["diagnose", str(ODD), "--data", str(table), "--network", "OddNetwork([2, 3, 1], seed=0)", "--seconds", "1"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "4 mistakes found." in done.output
    assert "return s * (s - 1)" in done.output
    assert "▶" in done.output
    as_json = CliRunner().invoke(app, [*words, "--json"])
    assert len(json.loads(as_json.stdout)["mistakes"]) == 2


def test_text_in_brackets_is_not_taken_for_markup(tmp_path: Path) -> None:
    from fallline.report.handwritten import as_text

    found = diagnose_file(ODD, (X, Y), network="OddNetwork([2, 3, 1], seed=0)", seconds=SHORT)
    found["lines"][0]["text"] = "a = b[red]  # [/bold]"
    assert "a = b[red]  # [/bold]" in as_text(found)


def test_what_cannot_be_run_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "old.py"
    file.write_text("import numpy as np\nprint 'hello'\n")
    done = CliRunner().invoke(app, ["diagnose", str(file)])
    assert done.exit_code == 3
    assert "Python 2" in done.output
    with pytest.raises(FalllineError, match="seconds 0"):
        diagnose_file(file, seconds=0.0)


def test_a_table_with_words_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "words.csv"
    table.write_text("a,b\n1,x\n2,y\n")
    done = CliRunner().invoke(app, ["diagnose", str(ODD), "--data", str(table)])
    assert done.exit_code == 3
    assert "which is no number" in " ".join(done.output.split())
