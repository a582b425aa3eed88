"""The activations in C99, each in place on the n pre-activations of a layer."""

from __future__ import annotations

_EACH = """static void {name}(double *z, int n)
{{
    for (int i = 0; i < n; i++)
        z[i] = {value};
}}
"""

_SIGMOID = """static double logistic(double z)
{
    double tail = exp(-fabs(z));
    return (z >= 0.0 ? 1.0 : tail) / (1.0 + tail);
}
"""

_SOFTMAX = """static void softmax(double *z, int n)
{
    double highest = z[0], sum = 0.0;
    for (int i = 1; i < n; i++)
        if (z[i] > highest)
            highest = z[i];
    for (int i = 0; i < n; i++)
        sum += z[i] = exp(z[i] - highest);
    for (int i = 0; i < n; i++)
        z[i] /= sum;
}
"""

_VALUES = {
    "sigmoid": "logistic(z[i])",
    "tanh": "tanh(z[i])",
    "relu": "z[i] > 0.0 ? z[i] : 0.0",
    "leaky_relu": "z[i] > 0.0 ? z[i] : 0.01 * z[i]",
    "elu": "z[i] > 0.0 ? z[i] : expm1(z[i])",
    "softplus": "(z[i] > 0.0 ? z[i] : 0.0) + log1p(exp(-fabs(z[i])))",
    "silu": "z[i] * logistic(z[i])",
    "gelu": "z[i] * 0.5 * erfc(-z[i] * 0.70710678118654752440)",
}


def c_name(activation: str) -> str:
    """Return the name of an activation's function in C; libm has a `tanh` already."""
    return f"apply_{activation}"


def activation_functions(names: set[str]) -> str:
    """Return the functions that these activations need; the identity needs none."""
    found = [_SIGMOID] if names & {"sigmoid", "silu"} else []
    found += [_EACH.format(name=c_name(name), value=value) for name, value in _VALUES.items() if name in names]
    found += [_SOFTMAX.replace("void softmax", f"void {c_name('softmax')}")] if "softmax" in names else []
    return "\n".join(found)
