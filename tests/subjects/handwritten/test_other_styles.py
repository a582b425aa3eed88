"""Programs in styles that the corpus's own programs do not have: what is found in each, and on which line."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fallline.subjects.handwritten.attaching.from_file import attach_file
from fallline.subjects.handwritten.attaching.stand_ins import stand_in
from fallline.subjects.handwritten.findings import Findings, look

PROGRAMS = Path(__file__).parents[2] / "corpus" / "other_styles"

HEALTHY = (
    "dataclass_sizes",  # type hints as strings: its module is looked up
    "params_tuple_argparse",  # a loop over range(args.epochs) is no loop over rows
    "caches_of_tuples",  # imports matplotlib
    "single_precision_csv",  # reads a file; its outputs are no relu's
)

MISTAKEN: tuple[tuple[str, tuple[tuple[str, tuple[int, ...], str], ...]], ...] = (
    ("dataclass_activation", (("derivative_of_activation", (1, 2), "self.activation.df(self.outputs)"),)),
    ("three_layers_dicts", (("pre_activation_for_activation", (2,), "dW2 = dZ2 @ cache['Z1'].T / m"),)),
    ("portuguese", (("derivative_of_pre_activation", (1,), "sigmoide_derivada(soma_sinapse0)"),)),
    ("dicts_by_number", (("bias_wrong_sum", (1, 2, 3), "dB = dZ.mean(axis=0)"),)),
    ("params_with_activations", (("derivative_of_activation", (1,), "self.sigmoid(params['A1'], derivative=True)"),)),
    (
        "runnn_momentum",
        (
            ("derivative_of_activation", (2,), "dtanh(self.ao)"),
            ("momentum_sign", (2,), "self.wo += N * change - M * self.co"),
        ),
    ),
)  # fmt: skip


def found_in(name: str) -> Findings:
    absent = stand_in()
    try:
        return look(attach_file(PROGRAMS / f"{name}.py"))
    finally:
        absent.remove()


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_program_has_no_finding(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [name])
    found = found_in(name)

    assert found.examination.identification is not None
    assert found.examination.identification.healthy
    assert not found.mistakes
    assert not found.checks


@pytest.mark.parametrize(("name", "truth"), MISTAKEN, ids=[name for name, _ in MISTAKEN])
def test_the_mistakes_are_named_with_their_lines(
    name: str, truth: tuple[tuple[str, tuple[int, ...], str], ...]
) -> None:
    found = found_in(name)

    assert {(placed.mistake.code, placed.mistake.layers) for placed in found.mistakes} == {each[:2] for each in truth}
    text = (PROGRAMS / f"{name}.py").read_text(encoding="utf-8").splitlines()
    for code, _, part in truth:
        placed = next(placed for placed in found.mistakes if placed.mistake.code == code)
        assert any(part in text[line - 1] for _, line in placed.places), placed.places


def test_a_step_that_keeps_the_signs_alone_is_told_as_such_and_gets_no_name() -> None:
    found = found_in("adam_object")

    assert not found.mistakes
    assert not found.checks
    assert any("as Adam, RMSprop and Adagrad do" in note for note in found.notes)


def test_a_stand_in_is_not_taken_for_a_module_that_is_there() -> None:
    absent = stand_in()
    try:
        assert absent.find_spec("numpy", None) is None
        assert absent.find_spec("a_module_that_computes", None) is None
    finally:
        absent.remove()
