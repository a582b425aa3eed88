"""Made-up tables of the sizes of MATLAB's examples, whose own rows are not to be had: the recipes are the docstrings.

The goals are MATLAB's, the noise of each recipe is chosen so that its goal is within reach and not trivial: a linear
model does not come near it, and long Levenberg–Marquardt runs from several starts go below.
"""

from __future__ import annotations

import numpy as np

from problems.problem import Table, one_of_two, spread


def engine() -> Table:
    """Return torque and emissions of an engine by fuel rate f and speed s, 1,199 rows.

    f and s are uniform in [0, 1]. Torque is 1.2 f / (0.25 + f) − 0.8 (s − 0.35 − 0.3 f)²; emissions are
    exp(−((f − 0.6)² + (s − 0.4)²) / 0.08) + 0.4 f² (1 − s). All is spread over [−1, 1], the outputs then get normal
    noise of standard deviation 0.065.
    """
    rng = np.random.default_rng(1)
    f, s = rng.uniform(size=(2, 1199))
    torque = 1.2 * f / (0.25 + f) - 0.8 * (s - 0.35 - 0.3 * f) ** 2
    emissions = np.exp(-((f - 0.6) ** 2 + (s - 0.4) ** 2) / 0.08) + 0.4 * f**2 * (1.0 - s)
    y = spread(np.column_stack([torque, emissions]))
    return spread(np.column_stack([f, s])), y + rng.normal(scale=0.065, size=y.shape)


def cancer() -> Table:
    """Return 699 rows of nine findings graded 1 to 10 and two classes, 241 of them malignant, as one of two ±1.

    A row's severity is normal: mean 1 and deviation 1.1 where benign, mean 6 and deviation 1.6 where malignant. Each
    finding is the severity plus a normal deviation of 1.8, rounded and clipped to 1 … 10, then spread over [−1, 1].
    """
    rng = np.random.default_rng(2)
    malignant = np.arange(699) < 241
    severity = np.where(malignant, rng.normal(6.0, 1.6, 699), rng.normal(1.0, 1.1, 699))
    grades = np.clip(np.rint(severity[:, None] + rng.normal(scale=1.8, size=(699, 9))), 1.0, 10.0)
    return spread(grades), one_of_two(malignant)


def cholesterol() -> Table:
    """Return three cholesterol levels by 21 wavelengths of a spectrum, 264 rows.

    Each spectrum is a mixture of six bumps exp(−(j − c)² / 18) centred at c = 1, 5, 9, 13, 17, 21 with standard normal
    logarithms of the amounts times 0.4, plus normal noise of 0.02 at each wavelength j. The levels are
    tanh(A · amounts) with A (3, 6) of normal numbers times 0.5, spread over [−1, 1], plus normal noise of 0.2.
    """
    rng = np.random.default_rng(3)
    amounts = np.exp(0.4 * rng.normal(size=(264, 6)))
    bumps = np.exp(-((np.arange(1, 22) - np.arange(1, 22, 4)[:, None]) ** 2) / 18.0)
    X = amounts @ bumps + rng.normal(scale=0.02, size=(264, 21))
    levels = spread(np.tanh(0.5 * (amounts - amounts.mean(axis=0)) @ rng.normal(size=(6, 3))))
    return spread(X), levels + rng.normal(scale=0.2, size=levels.shape)


def diabetes() -> Table:
    """Return 768 rows of eight findings and two classes as one of two ±1.

    The findings are normal with correlations of 0.3. A row is ill with the probability σ(2.5 t − 1), where
    t = x₁ + 0.7 x₂ x₃ + 0.5 x₄ − 0.5 x₅² + 0.4 sin(2 x₆); the last two findings mean nothing. All is spread over
    [−1, 1].
    """
    rng = np.random.default_rng(4)
    X = np.sqrt(0.7) * rng.normal(size=(768, 8)) + np.sqrt(0.3) * rng.normal(size=(768, 1))
    t = X[:, 0] + 0.7 * X[:, 1] * X[:, 2] + 0.5 * X[:, 3] - 0.5 * X[:, 4] ** 2 + 0.4 * np.sin(2.0 * X[:, 5])
    ill = rng.uniform(size=768) < 1.0 / (1.0 + np.exp(1.0 - 2.5 * t))
    return spread(X), one_of_two(ill)
