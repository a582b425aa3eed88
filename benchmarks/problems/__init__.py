"""The problems of the time-to-target benchmark under their names; sizes and goals of the first are MATLAB's.

Six stand in MATLAB's "Choose a Multilayer Neural Network Training Function", whose goals are mean squared errors with
targets in [−1, 1]. SIN starts from Glorot's weights: from Nguyen & Widrow's even long descents end at 2.5e-10. The two
spirals' goal is 1 / 194: a point on the wrong side of 0 alone would add that much.
"""

from problems.bits_and_points import exclusive_or, parity, sine, two_spirals
from problems.functions import rosenbrock, sinc
from problems.problem import Problem
from problems.tables import cancer, cholesterol, diabetes, engine

T, LINEAR, S = "tanh", "identity", "sigmoid"

HALF = {"first_weights": None, "loss": "half_squared_error"}

PROBLEMS = {
    "sin": Problem("SIN", (1, 5, 1), (T, LINEAR), sine, (0.002, 1e-6, 1e-12), 2.0, 0.1, None),
    "parity": Problem("PARITY, 3 bits", (3, 10, 10, 1), (T, T, T), parity, (0.001,), 0.5, 0.03),
    "engine": Problem("ENGINE-like", (2, 30, 2), (T, LINEAR), engine, (0.005,), 2.0, 0.1),
    "cancer": Problem("CANCER-like", (9, 5, 5, 2), (T, T, T), cancer, (0.012,), 1.5, 0.003),
    "cholesterol": Problem("CHOLESTEROL-like", (21, 15, 3), (T, LINEAR), cholesterol, (0.027,), 2.0, 0.1),
    "diabetes": Problem("DIABETES-like", (8, 15, 15, 2), (T, T, T), diabetes, (0.05,), 2.5, 0.01),
    "xor 2": Problem("XOR", (2, 2, 1), (S, S), exclusive_or, (1e-10,), 0.5, 0.003, **HALF),
    "xor 3": Problem("XOR", (2, 3, 1), (S, S), exclusive_or, (1e-10,), 0.5, 0.1, **HALF),
    "spirals": Problem("two spirals", (2, 20, 20, 1), (T, T, T), two_spirals, (1 / 194,), 1.5, 0.03),
    "sinc": Problem("sinc(10x)", (1, 20, 1), (T, LINEAR), sinc, (1e-8,), 3.0, 0.1),
    "rosenbrock": Problem("Rosenbrock", (10, 10, 1), (T, LINEAR), rosenbrock, (0.108, 0.0988), 4.0, 0.01, "uniform"),
}
