"""What somebody gets who changes the import and nothing else: scikit-learn's networks and ours, as they come.

Run it as `python benchmarks/estimator_defaults.py`: some minutes; writes docs/estimators.md

Each is fitted to the rows as they are and behind a `StandardScaler`, with its default parameters. Score (accuracy or
R²) and seconds of a fit are means over the same 5 folds and 3 seeds; what stands behind ± is the standard error over
the folds. BLAS has one thread, as in benchmarks/estimators.py.
"""

import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_linnerud,
    load_wine,
    make_friedman1,
    make_moons,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold, StratifiedKFold, cross_validate
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from fallline import FalllineClassifier, FalllineRegressor

from page import table, write

SEEDS, FOLDS = 3, 5
NUMBERS: dict[str, Callable[[], Any]] = {
    "diabetes, 442 × 10": lambda: load_diabetes(return_X_y=True),
    "linnerud, 20 × 3, 3 targets": lambda: load_linnerud(return_X_y=True),
    "friedman1, 500 × 10, noise 1": lambda: make_friedman1(500, noise=1.0, random_state=0),
}
CLASSES: dict[str, Callable[[], Any]] = {
    "iris, 150 × 4": lambda: load_iris(return_X_y=True),
    "wine, 178 × 13": lambda: load_wine(return_X_y=True),
    "breast cancer, 569 × 30": lambda: load_breast_cancer(return_X_y=True),
    "digits, 1,797 × 64": lambda: load_digits(return_X_y=True),
    "moons, 300 × 2, noise 0.3": lambda: make_moons(300, noise=0.3, random_state=0),
}


def measured(kind: type[BaseEstimator], X: Any, y: Any, *, classes: bool, scaled: bool) -> tuple[str, str]:
    """Return score and seconds, in words."""
    scores, seconds = [], []
    for seed in range(SEEDS):
        model = kind(random_state=seed)
        if scaled:
            model = make_pipeline(StandardScaler(), model)
        folds = (StratifiedKFold if classes else KFold)(FOLDS, shuffle=True, random_state=0)
        found = cross_validate(model, X, y, cv=folds)
        scores.append(found["test_score"])
        seconds.append(found["fit_time"].mean())
    by_fold = np.mean(scores, axis=0)
    print(kind.__name__, scaled, by_fold, seconds, file=sys.stderr)
    return f"{by_fold.mean():.3f} ± {by_fold.std(ddof=1) / FOLDS**0.5:.3f}", f"{np.mean(seconds):.2f}"


def row(name: str, load: Callable[[], Any], *, classes: bool, scaled: bool) -> list[str]:
    """Return a row of the table."""
    X, y = load()
    theirs, ours = (MLPClassifier, FalllineClassifier) if classes else (MLPRegressor, FalllineRegressor)
    one = measured(theirs, X, y, classes=classes, scaled=scaled)
    other = measured(ours, X, y, classes=classes, scaled=scaled)
    return [name, "standardised" if scaled else "as they are", one[0], other[0], one[1], other[1]]


def main() -> None:
    """Measure all, and write the table."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    threadpool_limits(1, user_api="blas")
    header = ["data", "rows", "score, scikit-learn", "score, Fallline", "seconds, scikit-learn", "seconds, Fallline"]
    tables = [(name, load, False) for name, load in NUMBERS.items()]
    tables += [(name, load, True) for name, load in CLASSES.items()]
    rows = [row(name, load, classes=kind, scaled=scaled) for name, load, kind in tables for scaled in (False, True)]
    write("estimators.md", "defaults", table(header, rows))


if __name__ == "__main__":
    main()
