"""Networks and rows for the tests of the kernels, drawn by Hypothesis, and the comparison with the reference."""

import itertools
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from fallline.engine import ACTIVATIONS, LOSSES, Architecture

SIZES = st.one_of(st.integers(1, 6), st.integers(1, 40), st.integers(1, 300))
ROWS = st.one_of(st.integers(1, 20), st.integers(1, 300), st.integers(1, 1000))
HIDDEN = sorted(set(ACTIVATIONS) - {"softmax"})


class Case(NamedTuple):
    architecture: Architecture
    parameters: Any
    X: Any
    y: Any

    def __repr__(self) -> str:
        a = self.architecture
        return f"{list(a.shape)} {a.activations} {a.loss} {len(self.X)} rows {self.X.dtype}"


@st.composite
def cases(draw: Any, sizes: Any = SIZES, rows: Any = ROWS, layers: int = 6, dtype: str | None = None) -> Case:
    count = draw(st.integers(1, layers))
    shape = tuple(draw(st.lists(sizes, min_size=count + 1, max_size=count + 1)))
    loss = draw(st.sampled_from(sorted(LOSSES)))
    included = LOSSES[loss].from_logits_of
    last = included or draw(st.sampled_from(sorted(ACTIVATIONS)))
    hidden = draw(st.lists(st.sampled_from(HIDDEN), min_size=count - 1, max_size=count - 1))
    architecture = Architecture(shape, (*hidden, last), loss)
    dtype = dtype or draw(st.sampled_from(["float32", "float64"]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(rows)
    parameters = np.concatenate([rng.normal(size=m * (k + 1)) / np.sqrt(k + 1) for k, m in itertools.pairwise(shape)])
    X, y = rng.normal(size=(n, shape[0])), rng.uniform(0, 1, size=(n, shape[-1]))
    return Case(architecture, *(np.ascontiguousarray(part.astype(dtype)) for part in (parameters, X, y)))


def assert_close(got: Any, wanted: Any, ulps: float, dtype: Any, scale: float | None = None) -> None:
    """Compare with a tolerance of that many units in the last place of the largest number wanted, or of `scale`."""
    got, wanted = np.atleast_1d(np.asarray(got, np.float64)), np.atleast_1d(np.asarray(wanted, np.float64))
    assert got.shape == wanted.shape
    largest = max(float(np.abs(wanted).max(initial=0.0)), scale or 0.0, 1e-30)
    tolerance = ulps * float(np.finfo(dtype).eps) * largest
    wrong = ~(np.abs(got - wanted) <= tolerance)
    if wrong.any():
        index = tuple(int(i) for i in np.argwhere(wrong)[0])
        worst = float(np.nanmax(np.abs(got - wanted))) / tolerance
        raise AssertionError(
            f"{int(wrong.sum())} of {got.size} differ, the first at {index}: {got[index]!r} instead of "
            f"{wanted[index]!r}; at worst {worst:.3g} times the tolerance {tolerance:.3g}"
        )
