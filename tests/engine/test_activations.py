"""Activations against decimals of hundreds of digits, closed forms and hyper-dual numbers."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import optimize, special

from fallline.engine import ACTIVATIONS
from fallline.engine.activations import row_dot, sigmoid, softplus

from . import oracle
from .closeness import assert_close

ELEMENTWISE = [name for name in ACTIVATIONS if name != "softmax"]
DTYPES = [np.float64, np.float32]
EPSILON = {np.float64: 2.3e-16, np.float32: 1.2e-7}

# Value, first and second derivative for z → −∞ and z → +∞, as (slope, offset) of the value and the two numbers
LIMITS = {
    "identity": (((1, 0), 1, 0), ((1, 0), 1, 0)),
    "sigmoid": (((0, 0), 0, 0), ((0, 1), 0, 0)),
    "tanh": (((0, -1), 0, 0), ((0, 1), 0, 0)),
    "relu": (((0, 0), 0, 0), ((1, 0), 1, 0)),
    "leaky_relu": (((0.01, 0), 0.01, 0), ((1, 0), 1, 0)),
    "elu": (((0, -1), 0, 0), ((1, 0), 1, 0)),
    "softplus": (((0, 0), 0, 0), ((1, 0), 1, 0)),
    "silu": (((0, 0), 0, 0), ((1, 0), 1, 0)),
    "gelu": (((0, 0), 0, 0), ((1, 0), 1, 0)),
}
# Value, first and second derivative at z = 0; where a derivative jumps, the one that the class states
AT_ZERO = {
    "identity": (0, 1, 0),
    "sigmoid": (0.5, 0.25, 0),
    "tanh": (0, 1, 0),
    "relu": (0, 0, 0),
    "leaky_relu": (0, 0.01, 0),
    "elu": (0, 1, 1),
    "softplus": (math.log(2), 0.5, 0.25),
    "silu": (0, 0.5, 0.5),
    "gelu": (0, 0.5, 2 / math.sqrt(2 * math.pi)),
}
DECIMALS = {
    "sigmoid": lambda z: 1 / (1 + (-z).exp()),
    "tanh": lambda z: (z.exp() - (-z).exp()) / (z.exp() + (-z).exp()),
    "elu": lambda z: z if z > 0 else z.exp() - 1,
    "softplus": lambda z: (1 + z.exp()).ln(),
    "silu": lambda z: z / (1 + (-z).exp()),
}


def all_three(name, z):
    activation = ACTIVATIONS[name]
    a = activation.value(z)
    return a, activation.derivative(z, a), activation.second_derivative(z, a)


def test_every_activation_stands_under_its_own_name():
    assert all(activation.name == name for name, activation in ACTIVATIONS.items())
    assert set(LIMITS) == set(AT_ZERO) == set(ELEMENTWISE)


@pytest.mark.parametrize("name", DECIMALS)
def test_values_are_accurate_to_the_last_bits_in_both_tails(name):
    z = np.concatenate([[s * m for s in (-1, 1)] for m in (1e-300, 1e-9, 0.1, 0.5, 1.0, 3.0, 9.5, 36.0, 300.0, 700.0)])
    with localcontext() as context:
        context.prec = 640  # neither 1 + e⁻⁷⁰⁰ nor 1 − e^(10⁻³⁰⁰) may round
        exact = np.array([float(DECIMALS[name](Decimal(x))) for x in z])
    assert_close(ACTIVATIONS[name].value(z), exact, relative=8 * 2.3e-16, share=0.0, smallest=1e-305, what=name)


@pytest.mark.parametrize("z", [-700.0, -300.0, -36.0, -9.5, -1.0, -0.1, 0.1, 1.0, 9.5])
def test_sigmoid_derivative_is_relatively_accurate_up_to_where_one_minus_a_rounds(z):
    with localcontext() as context:
        context.prec = 400
        e = (-Decimal(z)).exp()
        exact = float(e / (1 + e) ** 2)
    _, derivative, _ = all_three("sigmoid", np.array([[z]]))
    assert derivative[0, 0] == pytest.approx(exact, rel=1e-15 if z < 0 else 1e-15 * math.exp(z) + 1e-15, abs=0)


@pytest.mark.parametrize("z", [-37.0, -20.0, -8.0, -3.0, -0.5, 0.5, 3.0, 8.0, 20.0])
def test_gelu_is_accurate_in_both_tails(z):
    normal = 0.5 * math.erfc(-z / math.sqrt(2))
    value, derivative, _ = all_three("gelu", np.array([[z]]))
    rounding = 1e-15 * max(1.0, z * z)  # z² stands in the exponent
    assert value[0, 0] == pytest.approx(z * normal, rel=rounding, abs=0)
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    assert derivative[0, 0] == pytest.approx(normal + z * density, rel=2 * rounding, abs=0)


@pytest.mark.parametrize("name", ELEMENTWISE)
@settings(max_examples=25, deadline=None)
@given(z=hnp.arrays(np.float64, (2, 3), elements=st.floats(-12, 12).filter(lambda x: abs(x) > 1e-6)))
def test_value_and_derivatives_equal_the_mechanical_ones(name, z):
    textbook = oracle.ACTIVATIONS[name](oracle.HyperDual(z, 1.0, 1.0, 0.0))
    for what, actual, expected in zip(
        ("value", "derivative", "second derivative"),
        all_three(name, z),
        (textbook.f, textbook.a, textbook.ab),
        strict=True,
    ):
        assert_close(actual, expected, relative=1e-9, smallest=1e-5, what=f"{what} of {name}")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_extreme_pre_activations_give_the_limits_without_warning(name, dtype):
    for sign, ((slope, offset), first, second) in zip((-1, 1), LIMITS[name], strict=True):
        for size in (1000.0, 30000.0):
            z = np.full((1, 1), sign * size, dtype)
            got = all_three(name, z)
            assert [part.dtype for part in got] == [dtype] * 3
            assert [float(part[0, 0]) for part in got] == pytest.approx(
                [slope * sign * size + offset, first, second], rel=4 * EPSILON[dtype], abs=0
            )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_tiny_pre_activations_equal_those_at_zero(name, dtype):
    tiny = 1e-300 if dtype is np.float64 else 1e-37
    for z in (0.0, -0.0, -tiny, tiny):
        got = [float(part[0, 0]) for part in all_three(name, np.full((1, 1), z, dtype))]
        expected = list(AT_ZERO[name])
        if z > 0 and name in ("relu", "leaky_relu"):
            expected[1] = 1
        if z > 0 and name == "elu":
            expected[2] = 0
        assert got == pytest.approx(expected, rel=4 * EPSILON[dtype], abs=2 * tiny)


@pytest.mark.parametrize(("name", "expected"), [("relu", 0.0), ("leaky_relu", 0.01 * -1e-300), ("identity", -1e-300)])
def test_smallest_numbers_are_not_lost(name, expected):
    assert ACTIVATIONS[name].value(np.array([[-1e-300]]))[0, 0] == expected


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_float32_equals_rounded_float64(name):
    z = np.random.default_rng(1).normal(scale=4.0, size=(40, 5)).astype(np.float32)
    for single, double in zip(all_three(name, z), all_three(name, z.astype(np.float64)), strict=True):
        assert single.dtype == np.float32
        assert_close(single, double, relative=1e-6, smallest=1.0, what=name)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ACTIVATIONS)
@settings(max_examples=12, deadline=None)
@given(z=hnp.arrays(np.float64, (3, 4), elements=st.floats(-1000, 1000)))
def test_values_stay_in_the_stated_range(name, dtype, z):
    low, high = ACTIVATIONS[name].range
    a = ACTIVATIONS[name].value(z.astype(dtype))
    assert a.dtype == dtype
    assert (a >= low - 2 * EPSILON[dtype] * abs(low) if math.isfinite(low) else np.isfinite(a)).all()
    assert (a <= high).all()


def test_stated_minimum_of_silu_is_minus_lambert_w_of_one_over_e():
    minimum = -special.lambertw(1 / math.e).real
    assert ACTIVATIONS["silu"].range[0] == pytest.approx(minimum, rel=1e-15)
    at = np.array([[minimum - 1.0]])
    a, slope, bend = all_three("silu", at)
    assert a[0, 0] == pytest.approx(minimum, rel=1e-15)
    assert abs(slope[0, 0]) < 1e-15
    assert bend[0, 0] > 0


def test_stated_minimum_of_gelu_is_where_its_slope_is_zero():
    def slope(z):
        return 0.5 * math.erfc(-z / math.sqrt(2)) + z * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

    z = optimize.brentq(slope, -1.0, -0.5, xtol=1e-16)
    assert ACTIVATIONS["gelu"].range[0] == pytest.approx(z * 0.5 * math.erfc(-z / math.sqrt(2)), rel=1e-15)
    a, first, second = all_three("gelu", np.array([[z]]))
    assert a[0, 0] == pytest.approx(ACTIVATIONS["gelu"].range[0], rel=1e-15)
    assert abs(first[0, 0]) < 1e-15
    assert second[0, 0] > 0


@pytest.mark.parametrize(("name", "low", "high"), [("sigmoid", 0, 1), ("tanh", -1, 1), ("elu", -1, math.inf)])
def test_other_stated_ranges(name, low, high):
    assert ACTIVATIONS[name].range == (low, high)


LOGITS = hnp.arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 6)), elements=st.floats(-1000, 1000))


@settings(max_examples=50, deadline=None)
@given(z=LOGITS, shift=st.floats(-1e3, 1e3))
def test_softmax_rows_sum_to_one_whatever_is_added_to_a_row(z, shift):
    softmax = ACTIVATIONS["softmax"]
    a = softmax.value(z)
    assert_close(a.sum(axis=1), np.ones(len(z)), relative=1e-15, what="sum of a row")
    # z + shift itself rounds, by up to half a unit in the last place of 2000
    assert_close(softmax.value(z + shift), a, relative=1e-12, share=0.0, smallest=1e-300, what="softmax of z + shift")


def test_softmax_from_extreme_logits_is_exact():
    z = np.array([[1000.0, 0.0, -1000.0], [-1000.0, -1000.0, -1000.0], [800.0, 799.0, -1e300]])
    e = math.exp(-1)
    expected = [[1.0, 0.0, 0.0], [1 / 3] * 3, [1 / (1 + e), e / (1 + e), 0.0]]
    assert_close(ACTIVATIONS["softmax"].value(z), np.array(expected), relative=1e-15, what="softmax")


@settings(max_examples=30, deadline=None)
@given(z=hnp.arrays(np.float64, (3, 4), elements=st.floats(-8, 8)), seed=st.integers(0, 2**32 - 1))
def test_products_of_softmax_equal_those_of_its_jacobian(z, seed):
    softmax = ACTIVATIONS["softmax"]
    g, dz, dg = np.random.default_rng(seed).normal(size=(3, 3, 4))
    a = softmax.value(z)
    unit = np.eye(4)
    # [row, output k, logit j] and, with a second direction dz, its change
    moved = oracle.ACTIVATIONS["softmax"](oracle.HyperDual(z, unit[:, None, :], dz))
    J, dJ = np.moveaxis(moved.a, 0, -1), np.moveaxis(moved.ab, 0, -1)
    assert_close(softmax.backward(z, a, g), np.einsum("rkj,rk->rj", J, g), relative=1e-11, what="backward")
    assert_close(softmax.tangent(z, a, dz), np.einsum("rkj,rj->rk", J, dz), relative=1e-11, what="tangent")
    change = np.einsum("rkj,rk->rj", dJ, g) + np.einsum("rkj,rk->rj", J, dg)
    assert_close(softmax.backward_tangent(z, a, g, dz, dg), change, relative=1e-11, what="backward_tangent")


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_products_of_the_others_come_from_their_derivatives(name):
    activation = ACTIVATIONS[name]
    z, g, dz, dg = np.random.default_rng(5).normal(size=(4, 3, 2))
    a, first, second = all_three(name, z)
    np.testing.assert_allclose(activation.backward(z, a, g), g * first, rtol=1e-15)
    np.testing.assert_allclose(activation.tangent(z, a, dz), dz * first, rtol=1e-15)
    change = dg * first + g * second * dz
    np.testing.assert_allclose(activation.backward_tangent(z, a, g, dz, dg), change, rtol=1e-15)


@pytest.mark.parametrize("ask", ["derivative", "second_derivative"])
def test_softmax_refuses_an_element_wise_derivative(ask):
    z = np.zeros((1, 2))
    with pytest.raises(TypeError) as refused:
        getattr(ACTIVATIONS["softmax"], ask)(z, z)
    assert str(refused.value) == "softmax has no element-wise derivative; use backward or tangent"


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_values_are_new_arrays_and_leave_z_alone(name):
    z = np.random.default_rng(2).normal(size=(3, 2))
    kept = z.copy()
    a = ACTIVATIONS[name].value(z)
    assert not np.shares_memory(a, z)
    np.testing.assert_array_equal(z, kept)


def test_helpers_of_the_losses():
    z = np.array([[-1000.0, -1.0, 0.0, 1.0, 1000.0]])
    np.testing.assert_allclose(sigmoid(z), special.expit(z), rtol=1e-15)
    np.testing.assert_allclose(softplus(z), np.logaddexp(0.0, z), rtol=1e-15)
    np.testing.assert_array_equal(
        row_dot(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[5.0, 6.0], [7.0, 8.0]])), [[17], [53]]
    )
