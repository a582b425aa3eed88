"""exp, tanh, log and their kin for lanes of float32 and float64, without branches and tables.

Each reduces its argument to a small range, evaluates a polynomial there (interpolation at Chebyshev's points,
which is within a small factor of the best) and scales back. Largest errors, in units in the last place, over
the whole range of each dtype, against arithmetic with a longer mantissa:

==========================  =======  =======
function                    float32  float64
==========================  =======  =======
exponential                 1.00     1.00
exponential_of_negative     0.99     1.01
exponential_minus_one       0.95     1.21
hyperbolic_tangent          2.34     2.59
natural_logarithm           0.81     0.82
logarithm_of_one_plus       1.21     1.12
logistic                    2.25     2.34
==========================  =======  =======

The normal distribution and density carry the rounding of z² / 2 into the exponential, so that their relative
error grows as (8 + z²) ulp into the tail. All give nan for nan. Subnormal results of `exponential` are rounded
twice; those of `exponential_of_negative`, and with it of the logistic's and the normal's tails, become 0.
"""

from __future__ import annotations

import math

from fallline.engine.compiled.jit import kernel
from fallline.engine.compiled.lane_functions import (
    absolute,
    exponent,
    nearest_integer,
    per_dtype,
    polynomial,
    raised_to_exponent,
    significand,
    where,
    with_sign,
)
from fallline.engine.compiled.lanes import Lanes

_PER_LN2 = per_dtype(1.0 / math.log(2.0), 1.0 / math.log(2.0))
# ln 2 in two parts, of which the first times a whole exponent is exact.
_LN2_HIGH = per_dtype(float.fromhex("0x1.62e400p-1"), float.fromhex("0x1.62e42fee00000p-1"))
_LN2_LOW = per_dtype(float.fromhex("0x1.7f7d1cf79abcap-20"), float.fromhex("0x1.a39ef35793c76p-33"))

_EXP_LOW = per_dtype(-104.0, -746.0)  # below which eˣ is 0
_EXP_HIGH = per_dtype(89.0, 710.0)  # above which it is infinite
_DECAY_LOW = per_dtype(-87.3, -708.3)  # below which it is no longer a normal number
_EXPM1_LOW = per_dtype(-20.0, -45.0)  # below which eˣ − 1 is −1
_TANH_LIMIT = per_dtype(10.0, 20.0)  # beyond which it is 1
_LEAST_NORMAL = per_dtype(2.0**-126, 2.0**-1022)
_INTO_NORMAL = per_dtype(2.0**24, 2.0**54)
_OUT_OF_NORMAL = per_dtype(24.0, 54.0)

# Adding it to x leaves the nearest whole number n in the lowest bits, already with the exponent's bias.
_SHIFT = per_dtype(1.5 * 2.0**23 + 127.0, 1.5 * 2.0**52 + 1023.0)

# (eʳ − 1 − r) / r² for |r| ≤ ½ ln 2.
_EXP_TAIL = polynomial(
    (
        0.500000001348722526,
        0.166666666816470155,
        0.041666464711379083,
        0.00833331090172596997,
        0.00139336737329318517,
        0.000198910171843020296,
    ),
    (
        0.5,
        0.16666666666666671,
        0.0416666666666666698,
        0.00833333333332611986,
        0.00138888888888837374,
        0.000198412698748739751,
        0.0000248015873255858389,
        2.75572553325544091e-6,
        2.75572735947994132e-7,
        2.51052451539013699e-8,
        2.09147070696123534e-9,
    ),
)
# (2 artanh √z − 2 √z) / (z √z) for 0 ≤ z ≤ 0.0295.
_LOG_TAIL = polynomial(
    (0.666666665543001802, 0.400001220008168808, 0.285508025532767101, 0.233309640517720403),
    (
        0.666666666666666665,
        0.400000000000008797,
        0.285714285708019569,
        0.222222223920890079,
        0.181817956000607924,
        0.153862418819385955,
        0.132687147923480967,
        0.130872361966596223,
    ),
)
# (1 + 2x) exp(x²) erfc(x) by t = (x − 3.75) / (x + 3.75), the variable of Shepherd & Laframboise (1981).
_ERFC_TAIL = polynomial(
    (
        1.23751263084,
        -0.140240659018,
        0.00358543801648,
        0.0822784339048,
        -0.108804564549,
        0.0922906916721,
        -0.0586882520494,
        0.0284094303915,
        -0.00976469049779,
        0.00167573425081,
        0.000325388464554,
        -0.00022405204952,
        0.0000236348200685,
    ),
    (
        1.23751263083782758,
        -0.140240598585545209,
        0.00358541548546630691,
        0.08227673848999159,
        -0.108803930141939147,
        0.0923043211643561598,
        -0.0586933985844918477,
        0.0283622773713700457,
        -0.00974657962081509014,
        0.00175562616922767209,
        0.000293714087772276824,
        -0.000290155365639471284,
        0.0000516473712387183769,
        0.0000223875927253476892,
        -0.0000114396152600759497,
        -9.79297529099822918e-7,
        1.74385774113591811e-6,
        -5.08169118116981883e-8,
        -2.49965380374052424e-7,
        1.87785011564687965e-8,
        3.25649908379851293e-8,
        -1.95279016297483689e-9,
        -2.72939413325338551e-9,
    ),
)


@kernel
def clip(x: Lanes, low: Lanes, high: Lanes) -> Lanes:
    """Return x, but low where x < low and high where x > high; nan stays nan."""
    return where(x < low, low, where(x > high, high, x))


@kernel
def exponential(x: Lanes) -> Lanes:
    """eˣ = 2ⁿ eʳ with |r| ≤ ½ ln 2; 2ⁿ in two factors, for n reaches beyond the exponents of normal numbers."""
    x = clip(x, _EXP_LOW(x), _EXP_HIGH(x))
    n = nearest_integer(x * _PER_LN2(x))
    r = (x - n * _LN2_HIGH(x)) - n * _LN2_LOW(x)
    half = nearest_integer(n * 0.5)
    value = 1.0 + (r + r * r * _EXP_TAIL(r))
    return value * raised_to_exponent(half + _SHIFT(x)) * raised_to_exponent((n - half) + _SHIFT(x))


@kernel
def exponential_of_negative(x: Lanes) -> Lanes:
    """eˣ for x ≤ 0, where one factor 2ⁿ is enough; results below the smallest normal number become 0."""
    shifted = x * _PER_LN2(x) + _SHIFT(x)
    n = shifted - _SHIFT(x)
    r = (x - n * _LN2_HIGH(x)) - n * _LN2_LOW(x)
    scale = raised_to_exponent(shifted)
    return where(x < _DECAY_LOW(x), 0.0, scale + scale * (r + r * r * _EXP_TAIL(r)))


@kernel
def _minus_one(x: Lanes) -> Lanes:
    """eˣ − 1 = 2ⁿ (eʳ − 1) + (2ⁿ − 1), where 2ⁿ is a normal number."""
    shifted = x * _PER_LN2(x) + _SHIFT(x)
    n = shifted - _SHIFT(x)
    r = (x - n * _LN2_HIGH(x)) - n * _LN2_LOW(x)
    scale = raised_to_exponent(shifted)
    return scale * (r + r * r * _EXP_TAIL(r)) + (scale - 1.0)


@kernel
def exponential_minus_one(x: Lanes) -> Lanes:
    """eˣ − 1 for x ≤ 0, without the loss of digits near 0."""
    return _minus_one(where(x < _EXPM1_LOW(x), _EXPM1_LOW(x), x))


@kernel
def hyperbolic_tangent(x: Lanes) -> Lanes:
    """Tanh |x| = t / (t + 2) with t = e^{2|x|} − 1, and the sign of x."""
    size = absolute(x)
    t = _minus_one(2.0 * where(size > _TANH_LIMIT(x), _TANH_LIMIT(x), size))
    return with_sign(t / (t + 2.0), x)


@kernel
def natural_logarithm(x: Lanes) -> Lanes:
    """Ln x = n ln 2 + ln m with m in [√½, √2), where ln m = 2 artanh(f / (2 + f)), f = m − 1."""
    small = x < _LEAST_NORMAL(x)
    normal = where(small, x * _INTO_NORMAL(x), x)
    n = exponent(normal) - where(small, _OUT_OF_NORMAL(x), 0.0)
    f = significand(normal) - 1.0
    s = f / (2.0 + f)
    z = s * s
    half_square = 0.5 * f * f
    low = s * (half_square + z * _LOG_TAIL(z)) + n * _LN2_LOW(x)
    value = n * _LN2_HIGH(x) + (f - (half_square - low))
    value = where(x == math.inf, x, where(x == 0.0, -math.inf, value))
    return where(x < 0.0, math.nan, where(x != x, x, value))


@kernel
def logarithm_of_one_plus(x: Lanes) -> Lanes:
    """Ln (1 + x) for 0 ≤ x < ∞: ln u + c / u, where u = 1 + x rounded and c what the rounding lost."""
    u = 1.0 + x
    return natural_logarithm(u) + (x - (u - 1.0)) / u


@kernel
def logistic(x: Lanes) -> Lanes:
    """Logistic function σ(x) = 1 / (1 + e⁻ˣ) from e^{−|x|}, so that neither tail loses digits."""
    tail = exponential_of_negative(-1.0 * absolute(x))
    return where(x < 0.0, tail, 1.0) / (1.0 + tail)


@kernel
def normal_distribution(z: Lanes) -> Lanes:
    """Φ(z) = ½ erfc(−z / √2), with erfc(x) = e^{−x²} p(t) / (1 + 2x) for x ≥ 0 and 2 − erfc(−x) below."""
    x = absolute(z) * math.sqrt(0.5)
    x = where(x > 40.0, 40.0, x)
    t = (x - 3.75) / (x + 3.75)
    tail = 0.5 * exponential_of_negative(-0.5 * z * z) * _ERFC_TAIL(t) / (1.0 + 2.0 * x)
    return where(z > 0.0, 1.0 - tail, tail)


@kernel
def normal_density(z: Lanes) -> Lanes:
    """φ(z) = e^{−z² / 2} / √(2π)."""
    return exponential_of_negative(-0.5 * z * z) * (1.0 / math.sqrt(2.0 * math.pi))
