"""Functions side by side: their results in order, and nobody left waiting."""

import threading

import numpy as np
import pytest

from fallline.engine.compiled.cores import SideBySide
from fallline.engine.compiled.team import meet


def test_results_come_in_the_order_of_the_threads():
    side_by_side = SideBySide(3)
    assert side_by_side.results(lambda thread: 10 * thread) == [0, 10, 20]
    assert side_by_side.results(lambda thread: 10 * thread, 2) == [0, 10]
    assert side_by_side.results(lambda thread: threading.current_thread(), 1) == [threading.current_thread()]
    side_by_side.close()


def test_they_meet_at_the_counter_time_and_again():
    side_by_side, counter = SideBySide(2), np.full(8, 99)
    for _ in range(3):
        assert side_by_side.results(lambda thread: meet(counter, 2, 1), counter=counter) == [2, 2]
    side_by_side.close()


def test_nobody_waits_for_a_caller_who_is_interrupted():
    side_by_side, counter = SideBySide(2), np.zeros(8, np.int64)
    waiting, released = threading.Event(), threading.Event()

    def part(thread):
        if thread == 0:
            assert waiting.wait(10)
            raise KeyboardInterrupt
        waiting.set()
        while counter[0] < 2:  # as `meet`, but for the end of a test that fails
            if released.wait(0.01):
                return
        released.set()

    with pytest.raises(KeyboardInterrupt):
        side_by_side.results(part, counter=counter)
    try:
        assert released.wait(10)
    finally:
        released.set()
        side_by_side.close()
