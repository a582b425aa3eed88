"""One thread for each call of SciPy's BLAS while our own threads call it, so that no core is used twice.

It also spares small products the wait for BLAS's threads, which on a busy machine takes longer than the product.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController

from fallline.engine.arrays import Index
from fallline.engine.compiled.layout import BLAS_BY
from fallline.engine.threads import HeldToOneThread


@cache
def _scipy_blas() -> Any:
    """NumPy's BLAS is another library, which the kernels do not call, and keeps its threads."""
    import scipy.linalg.cython_blas  # noqa: F401  # so that the library is there to be found

    found = ThreadpoolController().select(user_api="blas")
    found.lib_controllers = [library for library in found.lib_controllers if "numpy" not in library.filepath]
    return found


one_blas_thread = HeldToOneThread(_scipy_blas)


def blas_held(plan: Index) -> AbstractContextManager[None]:
    """Return `one_blas_thread` where the plan calls BLAS, else nothing."""
    return one_blas_thread() if plan[BLAS_BY] else nullcontext()
