"""Write the example tables from the data sets that scikit-learn carries (`pip install scikit-learn`).

Run it in this folder: python make_tables.py
"""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from sklearn import datasets

HERE = Path(__file__).parent


def write(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write one table as CSV."""
    with (HERE / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def number(value: float) -> str:
    """Write a number exactly, and with no point where it is whole."""
    return np.format_float_positional(value, trim="-")


def labelled(name: str, data: object, target: str) -> None:
    """Write a classification set with its classes by name."""
    features = [str(feature).replace(" (cm)", "").replace(" ", "_") for feature in data.feature_names]
    classes = [str(label) for label in data.target_names]
    rows = [[*(number(x) for x in row), classes[label]] for row, label in zip(data.data, data.target, strict=True)]
    write(name, [*features, target], rows)


def main() -> None:
    """Write all of them."""
    diabetes = datasets.load_diabetes(scaled=False)
    table = np.column_stack([diabetes.data, diabetes.target])
    header = [*diabetes.feature_names, "progression"]
    write("diabetes", header, [[number(x) for x in row] for row in table])

    labelled("breast_cancer", datasets.load_breast_cancer(), "diagnosis")
    labelled("wine", datasets.load_wine(), "cultivar")
    labelled("iris", datasets.load_iris(), "species")

    digits = datasets.load_digits()
    pixels = [f"pixel_{i // 8}_{i % 8}" for i in range(64)]
    rows = [[*(number(x) for x in row), label] for row, label in zip(digits.data, digits.target, strict=True)]
    write("digits", [*pixels, "digit"], rows)

    linnerud = datasets.load_linnerud()
    table = np.column_stack([linnerud.data, linnerud.target])
    header = [str(name).lower() for name in [*linnerud.feature_names, *linnerud.target_names]]
    write("linnerud", header, [[number(x) for x in row] for row in table])

    write("xor", ["a", "b", "xor"], [[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]])


if __name__ == "__main__":
    main()
