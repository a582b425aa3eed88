"""The history stays short, evenly spaced and the same every time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fallline.optimizers import GradientDescent
from fallline.training import descent
from fallline.training.descent import descend
from fallline.training.history import History, Record
from fallline.training.stopping import Limits

from .problems import XOR, small


def record(iteration):
    return Record(iteration, 2 * iteration, 0.0, 1.0, np.nan, 0.0, 0.0, np.nan)


def filled(most, iterations):
    history = History(most)
    for iteration in range(iterations):
        if history.wants(iteration):
            history.append(record(iteration))
    return history


@given(st.integers(2, 40), st.integers(1, 600))
def test_thinning_keeps_even_spacing_from_the_first_iteration_on(most, iterations):
    history = filled(most, iterations)
    kept = history.column("iteration")
    assert len(history) <= most
    np.testing.assert_array_equal(kept, np.arange(len(kept)) * history.stride)
    assert iterations - 1 - kept[-1] < history.stride
    assert len(history) > most // 2 or history.stride == 1


def test_four_thousand_records_are_kept_unless_said_otherwise():
    history = History()
    for iteration in range(4_000):
        history.append(record(iteration))
    assert (len(history), history.stride) == (4_000, 1)
    history.append(record(4_000))
    assert (len(history), history.stride) == (2_001, 2)


def test_a_column_is_one_quantity_over_the_records():
    history = filled(10, 4)
    assert history.column("steps").tolist() == [0.0, 2.0, 4.0, 6.0]
    assert history.column("steps").dtype == np.float64
    assert np.isnan(history.column("validation_error")).all()


@pytest.mark.parametrize("iterations", [40, 50, 51, 52])
def test_a_thinned_run_keeps_even_spacing_and_its_last_record(iterations, monkeypatch):
    monkeypatch.setattr(descent, "History", lambda: History(8))
    found = descend(
        small((2, 3, 1)), XOR, GradientDescent(0.01), limits=Limits(iterations=iterations, plateau=False)
    ).history
    kept = found.column("iteration")
    assert kept[-1] == iterations
    assert set(np.diff(kept)[:-1]) == {found.stride}


def test_the_record_of_the_stop_is_kept_where_it_is_the_one_too_many(monkeypatch):
    monkeypatch.setattr(descent, "History", lambda: History(8))
    found = descend(small((2, 3, 1)), XOR, GradientDescent(0.01), limits=Limits(iterations=15, plateau=False)).history
    assert found.column("iteration")[-1] == 15
