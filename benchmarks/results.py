"""Cross-validated errors on the example tables: Fallline as it comes, scikit-learn's MLP, and a linear model.

Run it as `python benchmarks/results.py`: about 10 minutes on two cores; writes docs/results.md

Five folds, three seeds. Fallline gets the training rows as a table and nothing else; the others get standardised
inputs. The error is the share of rows answered wrongly, or the root mean squared error divided by the target's
standard deviation (averaged over the targets).
"""

import sys
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from fallline.training.settings import Settings
from fallline.training.training import train

from page import table, write

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
TARGETS = {
    "diabetes": ["progression"],
    "linnerud": ["weight", "waist", "pulse"],
    "iris": ["species"],
    "wine": ["cultivar"],
    "breast_cancer": ["diagnosis"],
    "digits": ["digit"],
}
CLASSES = {"iris", "wine", "breast_cancer", "digits"}
FOLDS, SEEDS = 5, 3


def one_fold(job: tuple[str, int, int]) -> dict[str, tuple[float, float]]:
    """Return error and seconds of each contender on one fold."""
    name, seed, fold = job
    frame = pl.read_csv(EXAMPLES / f"{name}.csv", infer_schema_length=None)
    targets = TARGETS[name]
    X = frame.drop(targets).to_numpy().astype(float)
    y = frame[targets[0]].to_numpy() if len(targets) == 1 else frame[targets].to_numpy().astype(float)
    splitter = (StratifiedKFold if name in CLASSES else KFold)(FOLDS, shuffle=True, random_state=seed)
    inside, outside = list(splitter.split(X, y))[fold]
    linear = LogisticRegression(max_iter=5000) if name in CLASSES else LinearRegression()
    network = (MLPClassifier if name in CLASSES else MLPRegressor)(random_state=seed)
    found = {}
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for label, model in (("linear model", linear), ("scikit-learn MLP", network)):
            started = time.perf_counter()
            fitted = make_pipeline(StandardScaler(), model).fit(X[inside], y[inside])
            found[label] = error(name, fitted.predict(X[outside]), y, outside), time.perf_counter() - started
        started = time.perf_counter()
        run = train(frame[inside.tolist()], Settings(target=targets, seed=seed), save=False)
        predicted = run.model.predict(frame[outside.tolist()].drop(targets))[targets].to_numpy()
        found["Fallline"] = error(name, predicted.reshape(y[outside].shape), y, outside), time.perf_counter() - started
    return found


def error(name: str, predicted: np.ndarray, y: np.ndarray, rows: np.ndarray) -> float:
    """Return the share answered wrongly, or the root mean squared error over the target's deviation."""
    if name in CLASSES:
        return float(np.mean(predicted != y[rows]))
    return float(np.mean(np.sqrt(np.mean((predicted - y[rows]) ** 2, axis=0)) / y.std(axis=0)))


def main() -> None:
    """Measure all tables, or those named as arguments, and write the page."""
    names = sys.argv[1:] or list(TARGETS)
    contenders = ("Fallline", "scikit-learn MLP", "linear model")
    rows = []
    with ProcessPoolExecutor(2) as pool:
        for name in names:
            jobs = [(name, seed, fold) for seed in range(SEEDS) for fold in range(FOLDS)]
            results = list(pool.map(one_fold, jobs))
            errors = {who: np.array([result[who][0] for result in results]) for who in contenders}
            seconds = {who: np.median([result[who][1] for result in results]) for who in contenders}
            cells = [
                f"{errors[who].mean():.4f} ± {errors[who].std(ddof=1) / np.sqrt(len(jobs)):.4f}" for who in contenders
            ]
            lowest = min(errors[who].mean() for who in contenders)
            cells = [f"**{c}**" if errors[w].mean() == lowest else c for c, w in zip(cells, contenders, strict=True)]
            rows.append([name, *cells, f"{seconds['Fallline']:.1f}", f"{seconds['scikit-learn MLP']:.1f}"])
            print(rows[-1], flush=True)
    text = table(["table", *contenders, "s a fit, Fallline", "s, scikit-learn"], rows)
    if not sys.argv[1:]:
        write("results.md", "cross-validated errors", text)


if __name__ == "__main__":
    main()
