"""The estimators beside scikit-learn's own networks: how long a fit takes, what loss it reaches, how it then predicts.

Run it as `python benchmarks/estimators.py`: some minutes; writes docs/estimators.md

All have 100 hidden units with relu, at most 200 iterations and tol 1e-4, which are scikit-learn's defaults, and alpha
0.0001 but for Fallline's own default, which finds it. The data sets come with scikit-learn and are standardised. The
time is the least of three fits from the same seed, the loss that of the training rows with the penalty, both medians
over three seeds; the score (accuracy or R²) is 5-fold cross-validated. BLAS has one thread: with two, on cores that
others use too, scikit-learn's networks take up to ten times as long.
"""

import statistics
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from fallline import FalllineClassifier, FalllineRegressor

from page import table, write

SEEDS, TIMES, FOLDS = 3, 3, 5
DATA: dict[str, Callable[..., Any]] = {
    "digits, 1,797 × 64, 10 classes": load_digits,
    "breast cancer, 569 × 30, 2 classes": load_breast_cancer,
    "diabetes, 442 × 10, a number": load_diabetes,
}
CONTENDERS: dict[str, tuple[str, dict[str, Any]]] = {
    "scikit-learn": ("scikit-learn", {}),
    'scikit-learn, solver="lbfgs"': ("scikit-learn", {"solver": "lbfgs"}),
    "Fallline": ("Fallline", {}),
    "Fallline, alpha=0.0001": ("Fallline", {"alpha": 0.0001}),
    'Fallline, solver="adam"': ("Fallline", {"solver": "adam"}),
}
KINDS = {
    ("scikit-learn", True): MLPClassifier,
    ("scikit-learn", False): MLPRegressor,
    ("Fallline", True): FalllineClassifier,
    ("Fallline", False): FalllineRegressor,
}


def seconds_of_fit(model: Any, X: Any, y: Any, fits: int) -> float:
    """Return the least time of so many fits."""
    times = []
    for _ in range(fits):
        started = time.perf_counter()
        model.fit(X, y)
        times.append(time.perf_counter() - started)
    return min(times)


def row(data: str, contender: str) -> list[str]:
    """Return a row of the table."""
    loaded = DATA[data]()
    X, y, classes = StandardScaler().fit_transform(loaded.data), loaded.target, data.endswith("classes")
    if not classes:
        y = (y - y.mean()) / y.std()
    maker, settings = CONTENDERS[contender]
    kind = KINDS[maker, classes]
    times, losses, iterations = [], [], []
    for seed in range(SEEDS):
        model = kind(random_state=seed, **settings)
        times.append(seconds_of_fit(model, X, y, TIMES))
        losses.append(model.loss_)
        iterations.append(model.n_iter_)
    print(f"{data}, {contender}: {times} s, {losses}", file=sys.stderr)
    folds = (StratifiedKFold if classes else KFold)(FOLDS, shuffle=True, random_state=0)
    score = np.mean(cross_val_score(kind(random_state=0, **settings), X, y, cv=folds))
    return [
        data,
        f"`{contender}`" if "=" in contender else contender,
        f"{statistics.median(times):.2f}",
        f"{statistics.median(iterations):.0f}",
        f"{statistics.median(losses):.2g}",
        f"{score:.3f}",
    ]


def main() -> None:
    """Measure all contenders on all data sets, and write the table."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    threadpool_limits(1, user_api="blas")
    header = ["data", "estimator", "seconds", "iterations", "loss", "score of unseen rows"]
    write("estimators.md", "estimators", table(header, [row(data, each) for data in DATA for each in CONTENDERS]))


if __name__ == "__main__":
    main()
