"""The C file, compiled by the system's compiler without a warning, predicts what the model does."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fallline import FalllineError, Model, Network
from fallline.data import prepare, read_table
from fallline.interchange.c_text import literal, remark
from fallline.interchange.to_c import to_c

from . import tables

COMPILER = next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)
STRICT = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-O1", "-shared", "-fPIC")

needs_compiler = pytest.mark.skipif(COMPILER is None, reason="there is no C compiler on the path (cc, gcc or clang)")


def compiled(text):
    """Return the file as a library; a warning is an error."""
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder, "model.c"), Path(folder, "model.so")
        source.write_text(text, encoding="utf-8")
        done = subprocess.run(
            [str(COMPILER), *STRICT, str(source), "-o", str(library), "-lm"], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return ctypes.CDLL(str(library))


def encoder(library):
    library.predict_encode.restype = ctypes.c_double
    return lambda column, text: library.predict_encode(column, ctypes.c_char_p(text.encode()))


def rows_of(model, library, rows):
    """The columns as numbers (rows, columns); words are encoded by the file's own function."""
    found = []
    for i, column in enumerate(model.preparation.input_columns):
        cells = rows[column.name]
        if column.kind in ("categorical", "boolean"):
            encode = encoder(library)
            found.append([encode(i, "" if cell is None else str(cell)) for cell in cells])
        elif column.kind == "date":
            found.append([np.nan if cell is None else tables.days(cell) for cell in cells])
        else:
            found.append(np.array(cells, dtype=float))
    return np.column_stack(found)


def predicted(model, rows):
    """The compiled predictions under the names of `Model.predict`."""
    library = compiled(to_c(model))
    X = np.ascontiguousarray(rows_of(model, library, rows))
    classes = model.preparation.classes
    y = np.full((len(X), len(classes or model.preparation.targets)), np.nan)
    pointer = ctypes.POINTER(ctypes.c_double)
    for x_row, y_row in zip(X, y, strict=True):
        library.predict(x_row.ctypes.data_as(pointer), y_row.ctypes.data_as(pointer))
    if classes is None:
        return {name: y[:, j] for j, name in enumerate(model.preparation.targets)}
    names = (ctypes.c_char_p * len(classes)).in_dll(library, "predict_classes")
    assert [name.decode() for name in names] == classes
    places = [library.predict_class(each.ctypes.data_as(pointer)) for each in y]
    label = {model.preparation.targets[0]: model.preparation.labels[places]}
    return label | {f"P({text})": y[:, k] for k, text in enumerate(classes)}


@needs_compiler
@pytest.mark.parametrize("table", tables.TABLES)
def test_an_example_tables_c_predicts_what_the_model_does(table):
    model, frame = tables.trained(table)
    tables.close(model, predicted(model, frame), frame, 1e-12)


@needs_compiler
@given(tables.models())
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_c_predicts_what_its_model_does(drawn):
    model, rows = drawn
    tables.close(model, predicted(model, rows), rows, 1e-12)


@needs_compiler
@given(tables.models(dtypes=("float32",)))
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_network_of_float32_is_computed_in_double(drawn):
    model, rows = drawn
    tables.close(model, predicted(model, rows), rows, 2e-5)


@needs_compiler
def test_words_are_encoded_as_the_model_reads_them():
    columns = {"size": np.arange(20.0) ** 2, "town": ["Rome", "Bern", None, "Zürich"] * 5, "new": ["yes", "no"] * 10}
    preparation = prepare(read_table(columns | {"y": np.arange(20.0)}), target="y").preparation
    encode = encoder(compiled(to_c(Model(Network([preparation.inputs, 1], seed=1), preparation))))
    assert [encode(1, text) for text in ("Bern", " Rome\t", "Zürich", "rome", "Oslo", "Romes", "Ro")] == [
        *(0.0, 1.0, 2.0),
        *(-1.0,) * 4,
    ]
    assert [encode(2, text) for text in ("yes", "No ", "TRUE", "f", "1", "0")] == [1, 0, 1, 0, 1, 0]
    nothing = [encode(column, text) for column in (1, 2) for text in ("", "  ", "NA", "n/a", "?", "Null", "-", ".")]
    assert np.isnan([*nothing, encode(2, "maybe"), encode(0, "7"), encode(9, "Rome")]).all()


@needs_compiler
@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1, max_size=30))
@settings(max_examples=12, deadline=None)
def test_any_text_survives_as_literal_and_stays_in_its_comment(texts):
    table = ",\n".join(literal(text) for text in texts)
    remarks = "\n".join(remark(text) for text in texts)
    library = compiled(f"{remarks}\nconst char *const words[{len(texts)}] = {{\n{table}\n}};\n{remarks}\n")
    assert [each.decode() for each in (ctypes.c_char_p * len(texts)).in_dll(library, "words")] == texts


def test_a_network_too_large_for_digits_is_refused():
    preparation = prepare(read_table({"x": np.arange(20.0) ** 2, "y": np.arange(20.0)}), target="y").preparation
    with pytest.raises(FalllineError, match=r"^--to c: the network has 150,001 parameters, .* Pass --to onnx\.$"):
        to_c(Model(Network([1, 50_000, 1], seed=1), preparation))


def test_the_head_says_what_every_value_means():
    columns = {"size": [1.5, 3.0] * 10, "town": ["Rome", "Bern"] * 10, "kind": ["a", "b", "c", "a"] * 5}
    preparation = prepare(read_table(columns), target="kind").preparation
    head = to_c(Model(Network([preparation.inputs, 3], "softmax", seed=1), preparation)).split("#include")[0]
    assert head.splitlines()[3:] == [
        "// void predict(const double *x, double *y)",
        "//",
        "// x has 2 values, the columns of one row, NAN where missing:",
        "//   x[0]  size: number",
        "//   x[1]  town: the number of the category below; any other number, such as -1, where it is another category",
        "//             0 = Bern",
        "//             1 = Rome",
        "// y gets 3 values, the probabilities of kind being:",
        "//   y[0]  a",
        "//   y[1]  b",
        "//   y[2]  c",
        "//",
        "// int predict_class(const double *y) returns the place of the likeliest class in predict_classes.",
        "//",
        "// double predict_encode(int column, const char *text) turns the text of a cell (UTF-8) into x[column].",
        "",
    ]
