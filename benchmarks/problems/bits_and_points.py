"""Problems whose few rows leave no choice: XOR, parity, a sine, two spirals."""

from __future__ import annotations

from itertools import product

import numpy as np

from problems.problem import Table


def exclusive_or() -> Table:
    """Return the four rows of XOR, 0 and 1."""
    X = np.array(list(product((0.0, 1.0), repeat=2)))
    return X, (X.sum(axis=1, keepdims=True) == 1.0).astype(float)


def parity() -> Table:
    """Return the eight rows of three bits, −1 and 1; the target is 1 where an odd number of them is."""
    X = np.array(list(product((-1.0, 1.0), repeat=3)))
    return X, X.prod(axis=1, keepdims=True)


def sine() -> Table:
    """Return one period of a sine at 41 points evenly spaced in [−1, 1]."""
    X = np.linspace(-1.0, 1.0, 41)[:, None]
    return X, np.sin(np.pi * X)


def two_spirals() -> Table:
    """Return two intertwined spirals of 97 points each, three turns, within the unit circle.

    Point i has the angle i π / 16 and the radius (104 − i) / 104; the other spiral is its mirror image in the origin
    (Lang & Witbrock 1988, there with the radius 6.5 times as long). Targets are ±1.
    """
    i = np.arange(97)
    angle, radius = i * np.pi / 16.0, (104.0 - i) / 104.0
    points = np.column_stack([radius * np.sin(angle), radius * np.cos(angle)])
    return np.concatenate([points, -points]), np.repeat([1.0, -1.0], 97)[:, None]
