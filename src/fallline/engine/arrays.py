"""The array types of the arithmetic."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.floating[Any]]  # float64 or float32, one dtype throughout a network
Index: TypeAlias = npt.NDArray[np.int64]  # row numbers
