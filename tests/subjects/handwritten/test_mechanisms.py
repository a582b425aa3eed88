"""Mistakes that only one mechanism of the observation can show, each in a program of the corpus that has it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.corpus.catalogue import PROGRAMS
from tests.corpus.data import DATA
from tests.corpus.generate import of
from tests.corpus.truth import Planted

from fallline.subjects.handwritten.attaching.from_file import attach_file
from fallline.subjects.handwritten.findings import Findings, look

MISTAKES = {
    "momentum whose velocity has another rate": ("stochastic_momentum", "rate_twice"),
    "momentum that is subtracted from the weights but not from the velocity": ("stochastic_momentum", "momentum_sign"),
    "targets of a loop that are overwritten": ("flat_momentum", "data_changed"),
    "a softmax over the whole batch": ("softmax_blobs", "softmax_axis"),
    "a softmax over the rows": ("softmax_columns", "softmax_axis"),
    "a sum over the wrong axis that only the data's own number of rows allows": ("flat_three_layers", "bias_wrong_sum"),
    "one neuron several times in a layer": ("neuron_objects", "shared_arrays"),
    "a velocity that is the weights": ("class_with_lists_momentum", "shared_arrays"),
    "a view of another layer's weights": ("so_columns", "shared_arrays"),
    "outputs kept from the first step of all": ("dict_neurons", "stale_activations"),
    "all units' sums in the first unit's bias": ("plain_lists_batch", "bias_wrong_sum"),
    "layers that are no network of their own": ("dense_activation_layers", "bias_not_updated"),
    "a step that is skipped": ("append_one", "step_skipped"),
}


def planted(name: str, code: str) -> list[Planted]:
    program = next(each for each in PROGRAMS if each.name == name)
    return [each for each in of(program, pairs=0) if [mistake.code for mistake in each.truth] == [code]]


def examined(tmp_path: Path, program: Planted) -> Findings:
    file = tmp_path / "network.py"
    file.write_text(program.source)
    data = program.program.data
    return look(attach_file(file, DATA[data] if data else None))


@pytest.mark.parametrize("case", MISTAKES, ids=str)
def test_a_mistake_is_named_in_its_layers(tmp_path: Path, case: str) -> None:
    name, code = MISTAKES[case]
    programs = planted(name, code)
    assert programs
    for program in programs[-2:]:
        found = examined(tmp_path, program)
        named = {(each.mistake.code, each.mistake.layers) for each in found.mistakes}
        named |= {(check.code, ()) for check in found.checks if check.code == "step_skipped"}
        assert named == {(code, program.truth[0].layers)}


def test_weights_that_are_cut_to_whole_numbers_still_show_which_rows_count(tmp_path: Path) -> None:
    program = next(each for each in PROGRAMS if each.name == "binary_relu")
    codes = {"first_row_only", "integer_weights"}
    pairs = [each for each in of(program, pairs=60) if {mistake.code for mistake in each.truth} == codes]
    for pair in pairs[:2]:
        found = examined(tmp_path, pair)
        assert {(e.mistake.code, e.mistake.layers) for e in found.mistakes} == {(m.code, m.layers) for m in pair.truth}


def test_a_delta_without_its_derivative_is_right_or_missing_as_the_reported_error_says(tmp_path: Path) -> None:
    silent = next(each for each in planted("query_train", "derivative_missing") if each.truth[0].layers == (2,))
    found = examined(tmp_path, silent)
    assert found.mistakes == ()
    assert found.narration is not None
    assert [[(m.code, m.layers) for m in reading] for reading in found.narration.others] == [
        [("derivative_missing", (2,))]
    ]
    assert any("the program does not say which error it wants to fall" in note for note in found.notes)
    telling = next(each for each in planted("xor_class_rows", "derivative_missing") if each.truth[0].layers == (2,))
    assert [each.mistake.code for each in examined(tmp_path, telling).mistakes] == ["derivative_missing"]
