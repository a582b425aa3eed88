"""Libraries are held to one thread until the last holder is done, in whatever order holders come and go."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

from fallline.engine.threads import WORTH_SHARING, fitting_threads, one_thread


def blas_threads():
    return {library["num_threads"] for library in ThreadpoolController().select(user_api="blas").info()}


@pytest.fixture(autouse=True)
def _two_threads():
    with threadpool_limits(2, user_api="blas"):
        if blas_threads() != {2}:
            pytest.skip("this BLAS has one thread only")
        yield


def test_the_threads_come_back_when_the_last_of_crossing_holders_is_done():
    first, second = ExitStack(), ExitStack()
    first.enter_context(one_thread())
    assert blas_threads() == {1}
    second.enter_context(one_thread())
    first.close()
    assert blas_threads() == {1}
    second.close()
    assert blas_threads() == {2}


def test_only_small_products_are_held_to_one_thread():
    with fitting_threads(10, (3, 4, 1)):
        assert blas_threads() == {1}
    with fitting_threads(WORTH_SHARING, (3, 4, 1)):
        assert blas_threads() == {2}


def test_an_error_gives_the_threads_back():
    with pytest.raises(ZeroDivisionError), one_thread():
        _ = 1 / 0
    assert blas_threads() == {2}
