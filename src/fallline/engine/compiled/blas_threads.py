"""One thread for each call of SciPy's BLAS while our own threads call it, so that no core is used twice.

It also spares small products the wait for BLAS's threads, which on a busy machine takes longer than the product.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController

from fallline.engine.arrays import Index
from fallline.engine.compiled.layout import BLAS_BY

_lock = threading.Lock()
_users = 0
_limit: Any = None


@cache
def _scipy_blas() -> Any:
    import scipy.linalg.cython_blas  # noqa: F401  # so that the library is there to be found

    found = ThreadpoolController().select(user_api="blas")
    found.lib_controllers = [library for library in found.lib_controllers if "numpy" not in library.filepath]
    return found


def blas_held(plan: Index) -> AbstractContextManager[None]:
    """Return `one_blas_thread` where the plan calls BLAS, else nothing."""
    return one_blas_thread() if plan[BLAS_BY] else nullcontext()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold SciPy's BLAS to one thread a call; it gets its threads back when the last holder is done.

    NumPy's BLAS is another library, which the kernels do not call, and keeps its threads.
    """
    global _users, _limit
    with _lock:
        _users += 1
        if _users == 1:
            _limit = _scipy_blas().limit(limits=1)
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                _limit.restore_original_limits()
