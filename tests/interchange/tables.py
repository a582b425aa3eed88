"""Models to export: short trainings on the example tables, and random ones with every kind of column."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
from hypothesis import strategies as st

from fallline import Model, Network, Settings, train
from fallline.data import prepare, read_table
from fallline.engine.activations import ACTIVATIONS

EXAMPLES = Path(__file__).parents[2] / "examples"
TABLES = sorted(path.stem for path in EXAMPLES.glob("*.csv"))
TARGETS = {"linnerud": ["weight", "waist", "pulse"]}
HIDDEN = sorted(set(ACTIVATIONS) - {"softmax"})
TASKS = {
    "price": ("identity", "mean_squared_error"),
    "grade": ("softmax", "categorical_cross_entropy"),
    "level": ("softmax", "categorical_cross_entropy"),
    "sold": ("sigmoid", "binary_cross_entropy"),
    "right": ("sigmoid", "binary_cross_entropy"),
}
# What ends a literal, a comment or a docstring somewhere, and what a marker of missing cells looks like but is not.
WORDS = [
    "Rome",
    "rome",
    "Zürich",
    'the "Hague"',
    "a*/b",
    "back\\",
    'three """',
    "??/",
    "//",
    "N.A.",
    "{}",
    "\U0001f409",
]


@cache
def trained(table: str) -> tuple[Model, pl.DataFrame]:
    """Return a model after a few steps, and its table."""
    path = EXAMPLES / f"{table}.csv"
    quick = Settings(target=TARGETS.get(table), iterations=15, l2=1e-3, refit=False)
    return train(path, quick, save=False).model, pl.read_csv(path, infer_schema_length=None)


@st.composite
def models(draw, dtypes=("float64",)) -> tuple[Model, dict[str, list]]:
    """Draw a model with random weights, and rows for it: with holes, and with words that it has never seen."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1), label="seed"))
    target = draw(st.sampled_from(sorted(TASKS)), label="target")
    holes = draw(st.booleans(), label="holes")
    many = draw(st.booleans(), label="many categories")
    n = 260 if many else 60
    dated = draw(st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%Y-%m-%dT%H:%M:%S"]), label="form of dates")
    words = [f"w{k}" for k in range(130)] if many else WORDS[: draw(st.integers(2, len(WORDS)), label="categories")]
    some = draw(
        st.lists(st.sampled_from(["size", "count", "town", "code", "new", "day"]), min_size=1, unique=True),
        label="columns",
    )

    def cells(strange=()):
        moments = np.datetime64("1999-01-01", "s") + rng.integers(0, 86_400 * 4_000, n)
        columns = {
            "size": (rng.normal(size=n) * 10.0 ** rng.integers(-3, 6) + 7.0).tolist(),
            "count": rng.integers(-5, 50, n).tolist(),
            "town": rng.choice([*words, *strange], n).tolist(),
            "code": rng.choice([1010, 2020, 3030], n).tolist(),
            "new": rng.choice(["yes", "no", "Yes"], n).tolist(),
            "day": [moment.item().strftime(dated) for moment in moments],
        }
        return {name: columns[name] for name in some}

    def with_holes(columns):
        return {name: [None if rng.random() < 0.1 else cell for cell in each] for name, each in columns.items()}

    answers = {
        "price": (rng.normal(size=n) * 1e3 - 2e4).tolist(),
        "grade": rng.choice(["good", "bad", "ugly"], n).tolist(),
        "level": rng.integers(0, 4, n).tolist(),
        "sold": rng.choice(["yes", "no"], n).tolist(),
        "right": rng.choice([True, False], n).tolist(),
    }
    table = with_holes(cells()) if holes else cells()
    kinds = {name: "categorical" for name in ("town", "code") if name in some}
    prepared = prepare(read_table(table | {target: answers[target]}), target=target, kinds=kinds).preparation
    hidden = draw(st.lists(st.tuples(st.integers(1, 9), st.sampled_from(HIDDEN)), max_size=3), label="hidden layers")
    output, loss = TASKS[target]
    network = Network(
        [prepared.inputs, *(units for units, _ in hidden), prepared.outputs],
        [*(activation for _, activation in hidden), output],
        loss=loss,
        seed=draw(st.integers(0, 99), label="seed of the weights"),
        dtype=draw(st.sampled_from(dtypes), label="dtype"),
    )
    network.parameters[:] *= 2.0  # away from where every activation is a line
    return Model(network, prepared), with_holes(cells(strange=["Bern", "ROME", "-1"]))


def close(model: Model, found: dict[str, np.ndarray], rows, tolerance: float) -> None:
    """Assert that predictions, by the names of `Model.predict`, are the model's: numbers relative to their size.

    A label may differ where its probability is within the tolerance of another's.
    """
    expected = model.predict(rows)
    assert list(found) == expected.columns
    scales = dict(zip(model.preparation.targets, model.preparation.target_scales, strict=False))
    label = model.preparation.targets[0] if model.preparation.classes else None
    for name in expected.columns:
        theirs, ours = found[name], expected[name].to_numpy()
        assert theirs.shape == ours.shape, name
        if name == label:
            shares = np.sort(expected.drop(name).to_numpy(), axis=1)
            clear = shares[:, -1] - shares[:, -2] > 2 * tolerance
            assert (theirs[clear] == ours[clear]).all()
            assert type(theirs.tolist()[0]) is type(ours.tolist()[0])
        else:
            error = np.abs(theirs - ours) / (np.abs(ours) + scales.get(name, 1.0))
            worst = int(error.argmax())
            assert error[worst] <= tolerance, f"{name}, row {worst}: {theirs[worst]!r} for {ours[worst]!r}"


def days(cell: object) -> float:
    """Return days since 1970-01-01, for the text of a date in any of the forms above."""
    text = str(cell)
    if "." in text:
        text = "-".join(reversed(text.split(".")))
    return float(np.datetime64(text, "s").astype(int) / 86_400)
