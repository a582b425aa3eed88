"""A model as a C99 file that needs the C library alone: `void predict(const double *x, double *y)`."""

from __future__ import annotations

from collections.abc import Iterable

from fallline.data import Column, Preparation, Task
from fallline.data.dates import DAYS_OF_A_YEAR
from fallline.data.table import counted
from fallline.interchange.c_functions import activation_functions, c_name
from fallline.interchange.c_text import literal, remark
from fallline.interchange.c_words import encoding
from fallline.interchange.literals import digits, require_small
from fallline.network.model import Model

_LAYER = """static void layer(const double *W, int inputs, int units, const double *a, double *z)
{
    for (int i = 0; i < units; i++, W += inputs + 1) {
        z[i] = W[inputs];
        for (int j = 0; j < inputs; j++)
            z[i] += W[j] * a[j];
    }
}
"""


def to_c(model: Model) -> str:
    """Return the file's text; what its functions take and return stands at its head.

    The arithmetic is in double, whatever the network's dtype.

    Raises
    ------
    FalllineError
        If the network has more than 100,000 parameters.
    """
    require_small(model, "c")
    names = set(model.network.architecture.activations)
    parts = [
        _head(model.preparation),
        "#include <math.h>\n" + ("#include <string.h>\n" if _has_words(model.preparation) else ""),
        encoding(model.preparation.input_columns),
        _numbers(model),
        _LAYER,
        activation_functions(names),
        _predict(model),
        _predict_class(model.preparation),
    ]
    return "\n".join(part for part in parts if part)


def _head(preparation: Preparation) -> str:
    from fallline import __version__

    columns, classes = preparation.input_columns, preparation.aim.classes
    lines = [
        f"A network that Fallline {__version__} wrote as a function: C99, double, no dependency but libm (-lm).",
        "Not for -ffast-math, which takes NAN for a number.",
        "",
        "void predict(const double *x, double *y)",
        "",
        f"x has {counted(len(columns), 'value')}, the columns of one row, NAN where missing:",
    ]
    for i, column in enumerate(columns):
        lines.append(f"  x[{i}]  {column.name}: {_meaning(column)}")
        lines += [f"            {k} = {text}" for k, text in enumerate(column.categories)]
    if classes:
        lines += [f"y gets {len(classes)} values, the probabilities of {preparation.targets[0]} being:"]
        lines += [f"  y[{k}]  {text}" for k, text in enumerate(classes)]
        lines += ["", "int predict_class(const double *y) returns the place of the likeliest class in predict_classes."]
    else:
        lines += [f"y gets {counted(len(preparation.targets), 'value')}, in the target's own units:"]
        lines += [f"  y[{j}]  {name}" for j, name in enumerate(preparation.targets)]
    if _has_words(preparation):
        lines += [
            "",
            "double predict_encode(int column, const char *text) turns the text of a cell (UTF-8) into x[column].",
        ]
    return "".join(f"{remark(line)}\n" for line in lines)


def _meaning(column: Column) -> str:
    if column.kind == "categorical":
        rest = "any other number, such as -1, where it is another category"
        return f"the number of the category below; {rest}"
    return {"boolean": "1 for yes, 0 for no", "date": "days since 1970-01-01 00:00 UTC"}.get(
        column.kind or "", "number"
    )


def _has_words(preparation: Preparation) -> bool:
    return any(column.kind in ("categorical", "boolean") for column in preparation.input_columns)


def _numbers(model: Model) -> str:
    preparation = model.preparation
    inputs = [each for column in preparation.input_columns for each in column.inputs]
    found = [
        _array("fill", (each.fill for each in inputs)),
        _array("centre", (each.centre for each in inputs)),
        _array("scale", (each.scale for each in inputs)),
    ]
    if preparation.task is Task.REGRESSION:
        found += [
            _array("target_scale", preparation.target_scales),
            _array("target_offset", preparation.target_offsets),
        ]
    found += [_array(f"weights_{i}", W.ravel()) for i, W in enumerate(model.network.layers, start=1)]
    return "".join(found)


def _array(name: str, values: Iterable[float]) -> str:
    return f"static const double {name}[] = {{\n{digits(values, 4)}\n}};\n"


def _predict(model: Model) -> str:
    """Return `predict`, whose layers take turns in two buffers."""
    preparation, shape = model.preparation, model.network.shape
    lines = ["void predict(const double *x, double *y)", "{", f"    double a[{max(shape)}], b[{max(shape)}];", ""]
    start = 0
    for i, column in enumerate(preparation.input_columns):
        lines += [f"    {line}" for line in _inputs(column, i, start)]
        start += len(column.inputs)
    lines += [
        f"    for (int i = 0; i < {shape[0]}; i++)",
        "        a[i] = ((isnan(a[i]) ? fill[i] : a[i]) - centre[i]) / scale[i];",
        "",
    ]
    source, result = "a", "b"
    for i, activation in enumerate(model.network.architecture.activations, start=1):
        lines.append(f"    layer(weights_{i}, {shape[i - 1]}, {shape[i]}, {source}, {result});")
        if activation != "identity":
            lines.append(f"    {c_name(activation)}({result}, {shape[i]});")
        source, result = result, source
    if preparation.task is Task.BINARY:
        lines += ["", f"    y[0] = 1.0 - {source}[0];", f"    y[1] = {source}[0];"]
    else:
        value = f"{source}[i]" + (" * target_scale[i] + target_offset[i]" * (preparation.task is Task.REGRESSION))
        lines += ["", f"    for (int i = 0; i < {shape[-1]}; i++)", f"        y[i] = {value};"]
    return "\n".join([*lines, "}", ""])


def _inputs(column: Column, i: int, start: int) -> list[str]:
    """Return the lines that make the column's inputs a[start], a[start + 1], … of x[i]."""
    stop = start + len(column.inputs)
    if column.kind == "categorical":
        known = len(column.categories)
        lines = [f"for (int k = 0; k < {known}; k++)", f"    a[{start} + k] = x[{i}] == k;"]
        if column.missing_input:
            lines.append(f"a[{start + known}] = isnan(x[{i}]) ? 1.0 : 0.0;")
        if column.other_input:
            lines += [
                f"a[{stop - 1}] = isnan(x[{i}]) ? 0.0 : 1.0;",
                f"for (int k = 0; k < {known}; k++)",
                f"    a[{stop - 1}] -= a[{start} + k];",
            ]
        return lines
    lines = [f"a[{start}] = x[{i}];"]
    if column.seasonal:
        angle = f"6.283185307179586 * (x[{i}] / {DAYS_OF_A_YEAR})"
        lines += [f"a[{start + 1}] = sin({angle});", f"a[{start + 2}] = cos({angle});"]
    if column.missing_input:
        lines.append(f"a[{stop - 1}] = isnan(x[{i}]) ? 1.0 : 0.0;")
    return lines


def _predict_class(preparation: Preparation) -> str:
    """Return the classes and the choice among them, which for two is the second from ½ on."""
    classes = preparation.aim.classes
    if not classes:
        return ""
    table = "".join(f"    {literal(text)},\n" for text in classes)
    names = f"const char *const predict_classes[{len(classes)}] = {{\n{table}}};\n"
    if preparation.task is Task.BINARY:
        return f"{names}\nint predict_class(const double *y)\n{{\n    return y[1] >= 0.5;\n}}\n"
    return (
        f"{names}\nint predict_class(const double *y)\n{{\n    int best = 0;\n"
        f"    for (int k = 1; k < {len(classes)}; k++)\n        if (y[k] > y[best])\n            best = k;\n"
        "    return best;\n}\n"
    )
