from __future__ import annotations

import pytest

from fallline.engine import memory
from fallline.engine.memory import available_memory, require_memory
from fallline.errors import FalllineError


def test_a_machine_that_runs_tests_has_between_a_megabyte_and_a_petabyte():
    available = available_memory()
    assert available is None or 2**20 < available < 2**50


def test_what_fits_passes():
    require_memory(1000, "a thousand bytes", "")


def test_what_does_not_fit_is_refused_with_the_way_out(monkeypatch):
    monkeypatch.setattr(memory, "WORTH_ASKING", 0)
    monkeypatch.setattr(memory, "available_memory", lambda: 4_000_000_000)
    require_memory(3_500_000_000, "a matrix", "")
    with pytest.raises(FalllineError) as refused:
        require_memory(3_700_000_000, "the matrix", "Use less.")
    assert str(refused.value) == "the matrix would take 3.7 GB of memory, and 4 GB are available. Use less."


def test_where_the_system_does_not_tell_nothing_is_refused(monkeypatch):
    monkeypatch.setattr(memory, "WORTH_ASKING", 0)
    monkeypatch.setattr(memory, "available_memory", lambda: None)
    require_memory(2**70, "the matrix", "")
