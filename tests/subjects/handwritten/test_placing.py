"""The table of what finds the lines of each mistake."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.corpus.catalogue import PROGRAMS
from tests.corpus.data import DATA
from tests.corpus.generate import of

from fallline.subjects.handwritten.attaching.from_file import attach_file
from fallline.subjects.handwritten.findings import look
from fallline.subjects.handwritten.mistake_texts import MISTAKES
from fallline.subjects.handwritten.narrating.placing import FINDERS

OUTSIDE_OF_STEPS = {"step_skipped"}  # found by the checks, which place it themselves


def test_every_mistake_of_a_step_has_its_line_in_the_table() -> None:
    assert set(FINDERS) == set(MISTAKES) - OUTSIDE_OF_STEPS


@pytest.mark.parametrize("code", ["transposed_weights", "derivative_of_activation", "weight_for_input"])
def test_a_mistake_that_the_table_does_not_know_is_placed_by_the_part_that_it_is_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    planted = (each for program in PROGRAMS for each in of(program, pairs=0) if not program.build)
    program = next(each for each in planted if [mistake.code for mistake in each.truth] == [code])
    file = tmp_path / "network.py"
    file.write_text(program.source, encoding="utf-8")
    data = DATA[program.program.data] if program.program.data else None
    known = look(attach_file(file, data)).mistakes
    assert [each.mistake.code for each in known] == [code]
    assert {line for _, line in known[0].places} & set(program.truth[0].lines)
    monkeypatch.delitem(FINDERS, code)
    assert look(attach_file(file, data)).mistakes == known
