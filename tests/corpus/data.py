"""Data for the programs that bring none; for tests and for the calibration."""

from __future__ import annotations

import numpy as np

_DRAW = np.random.default_rng(20)
_GRID = np.linspace(-0.9, 1.2, 9)[:, None]
_BLOBS = np.repeat(np.array([[0.0, 1.2], [1.0, -0.6], [-1.1, -0.4]]), 4, axis=0) + 0.2 * _DRAW.normal(size=(12, 2))
_POINTS = _DRAW.uniform(-1, 1, size=(10, 3))

DATA = {
    "xor": (np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([[0.0], [1.0], [1.0], [0.0]])),
    "sine": (_GRID, 0.8 * np.sin(3 * _GRID)),
    "wave": (_GRID, 0.5 + 0.4 * np.sin(3 * _GRID)),
    "blobs": (_BLOBS, np.repeat(np.eye(3), 4, axis=0)),
    "two": (_POINTS, np.column_stack([_POINTS[:, 0] > 0, _POINTS[:, 1] + _POINTS[:, 2] > 0]).astype(float)),
    "wave2": (_BLOBS, 0.5 + 0.3 * np.sin(2 * _BLOBS[:, :1] - _BLOBS[:, 1:])),
    "two2": (_BLOBS, np.column_stack([_BLOBS[:, 0] > 0, _BLOBS[:, 1] > 0]).astype(float)),
    "two1": (_BLOBS, (_BLOBS[:, :1] > 0).astype(float)),
    "sum": (_POINTS, 0.5 * (_POINTS[:, :1] - _POINTS[:, 1:2] * _POINTS[:, 2:])),
    "inside": (_POINTS, (np.sum(_POINTS**2, axis=1, keepdims=True) > 0.9).astype(float)),
}
