"""The elementary functions over the whole range of each dtype, against arithmetic with a longer mantissa."""

import math
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr

from fallline.engine.compiled import elementary
from fallline.engine.compiled.jit import kernel
from fallline.engine.compiled.lanes import load, store, width


def logistic(x: Any) -> Any:
    tail = np.exp(-np.abs(x))
    return np.where(x < 0, tail, 1) / (1 + tail)


# name: (oracle, largest error in ulp, range for float32, range for float64); outside it the result may be 0
FUNCTIONS = {
    "exponential": (np.exp, 1.1, (-87.0, 88.7), (-708.0, 709.7)),
    "exponential_of_negative": (np.exp, 1.1, (-87.0, 0.0), (-708.0, 0.0)),
    "exponential_minus_one": (np.expm1, 1.5, (-1e30, 0.0), (-1e300, 0.0)),
    "hyperbolic_tangent": (np.tanh, 3.0, (-3e38, 3e38), (-1.7e308, 1.7e308)),
    "natural_logarithm": (np.log, 1.0, (1e-45, 3e38), (5e-324, 1.7e308)),
    "logarithm_of_one_plus": (np.log1p, 1.5, (0.0, 1e30), (0.0, 1e300)),
    "logistic": (logistic, 3.0, (-87.0, 3e38), (-708.0, 1.7e308)),
}
DTYPES = [np.float32, np.float64]


@cache
def over_arrays(name: str) -> Any:
    function = getattr(elementary, name)

    def run(x: Any, out: Any) -> None:
        for i in range(0, x.size, width(x)):
            store(out, i, function(load(x, i)))

    import numba

    return numba.njit(error_model="numpy")(run)


def apply(name: str, x: Any) -> Any:
    padded = np.zeros(-(-len(x) // 16) * 16, x.dtype)
    padded[: len(x)] = x
    out = np.empty_like(padded)
    over_arrays(name)(padded, out)
    return out[: len(x)]


def sample(dtype: Any, low: float, high: float, count: int, seed: int = 0) -> Any:
    """Numbers with every exponent, and more of those with moderate size."""
    rng = np.random.default_rng(seed)
    integer = np.int32 if dtype == np.float32 else np.int64
    bits = rng.integers(np.iinfo(integer).min, np.iinfo(integer).max, count, dtype=integer, endpoint=True)
    moderate = rng.uniform(max(low, -40.0), min(high, 40.0), count).astype(dtype)
    small = rng.uniform(max(low, -1.0), min(high, 1.0), count).astype(dtype)
    x = np.concatenate([bits.view(dtype), moderate, small])
    return x[(x >= low) & (x <= high)]


def errors_in_ulp(got: Any, wanted: Any, dtype: Any) -> Any:
    spacing = np.spacing(np.maximum(np.abs(wanted).astype(dtype), np.finfo(dtype).tiny))
    return np.abs(got.astype(np.longdouble) - wanted) / spacing


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_error_stays_within_the_stated_ulps(name: str, dtype: Any) -> None:
    oracle, most, *ranges = FUNCTIONS[name]
    x = sample(dtype, *ranges[DTYPES.index(dtype)], count=300_000)
    got, wanted = apply(name, x), oracle(x.astype(np.longdouble))
    off = errors_in_ulp(got, wanted, dtype)
    i = int(np.argmax(off))
    assert off[i] <= most, f"{name}({x[i]!r}) = {got[i]!r}, off by {off[i]:.3g} ulp, allowed {most}"


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_error_stays_within_the_stated_ulps_at_many_points(name: str, dtype: Any) -> None:
    oracle, most, *ranges = FUNCTIONS[name]
    for seed in range(10):
        x = sample(dtype, *ranges[DTYPES.index(dtype)], count=1_000_000, seed=seed)
        off = errors_in_ulp(apply(name, x), oracle(x.astype(np.longdouble)), dtype)
        i = int(np.argmax(off))
        assert off[i] <= most, f"{name}({x[i]!r}), seed {seed}: off by {off[i]:.3g} ulp, allowed {most}"


@pytest.mark.parametrize("dtype", DTYPES)
def test_special_values(dtype: Any) -> None:
    x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan], dtype)
    nan, inf = math.nan, math.inf
    wanted = {
        "exponential": [1, 1, inf, 0, nan],
        "hyperbolic_tangent": [0, -0.0, 1, -1, nan],
        "natural_logarithm": [-inf, -inf, inf, nan, nan],
        "logistic": [0.5, 0.5, 1, 0, nan],
        "normal_distribution": [0.5, 0.5, 1, 0, nan],
        "normal_density": [1 / math.sqrt(2 * math.pi)] * 2 + [0, 0, nan],
    }
    for name, values in wanted.items():
        np.testing.assert_allclose(apply(name, x), np.array(values, dtype), rtol=2 * np.finfo(dtype).eps, err_msg=name)
    assert np.signbit(apply("hyperbolic_tangent", x)[1])
    assert apply("exponential_minus_one", x)[3] == -1
    assert apply("exponential_of_negative", x)[3] == 0


@pytest.mark.parametrize("dtype", DTYPES)
def test_exponential_overflows_and_underflows_as_it_should(dtype: Any) -> None:
    high, low = np.log(np.finfo(dtype).max), np.log(np.finfo(dtype).smallest_subnormal)
    x = np.array([high * 1.001, 1e30, low * 1.01, -1e30], dtype)
    np.testing.assert_array_equal(apply("exponential", x), np.array([np.inf, np.inf, 0, 0], dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_normal_distribution_keeps_its_digits_into_the_tail(dtype: Any) -> None:
    x = np.linspace(-8 if dtype == np.float32 else -35, 8, 4001).astype(dtype)
    wanted = ndtr(x.astype(np.float64))
    # e^{−z²/2} multiplies the rounding of z²/2 by z²/2.
    bound = np.finfo(dtype).eps * (8 + x.astype(np.float64) ** 2)
    assert (np.abs(apply("normal_distribution", x) / wanted - 1) <= bound).all()


def test_compiles_to_vector_instructions() -> None:
    function = getattr(elementary, "hyperbolic_tangent")  # noqa: B009  # as in `over_arrays`

    @kernel
    def run(x: Any, out: Any) -> None:
        for i in range(0, x.size, width(x)):
            store(out, i, function(load(x, i)))

    import numba

    uncached = numba.njit(error_model="numpy")(run.py_func)  # type: ignore[attr-defined]
    x = np.zeros(64, np.float32)
    uncached(x, x.copy())
    assembly = next(iter(uncached.inspect_asm().values()))
    assert any(name in assembly for name in ("vdivps", "divps", "fdiv"))
    assert not any(name in assembly for name in ("divss", "tanhf", "expf"))
