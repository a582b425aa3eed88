"""Biases that stay, or take the wrong sum."""

from __future__ import annotations

from collections.abc import Iterator

from ..entry import Program
from .editing import Change, DoesNotFitError, within
from .planting import Place


def _commented(source: str, statement: str) -> list[Change]:
    """Comment the statement out; `pass` takes its place so that a block stays a block."""
    if "\n" in statement:
        raise DoesNotFitError("more than a line")
    return [within(source, statement, statement, f"pass  # {statement}")]


def plant(program: Program, source: str) -> Iterator[Place]:
    """Plant the mistakes of biases that stand apart from the weights."""
    everything = [layer for layer in program.layer if layer.bias_update]
    for layer in everything:
        yield Place("bias_not_updated", layer.layers, lambda text, layer=layer: _commented(text, layer.bias_update))
        if not layer.total:
            continue
        d = layer.d
        row = f"{d}[:, -1:]" if program.rows == "columns" else f"{d}[-1]"
        first = f"{d}[:, :1]" if program.rows == "columns" else f"{d}[0]"
        wrong = [f"np.sum({d})"]
        if program.batch != "sample":
            wrong += [f"np.mean({d})", row, first]
            wrong += [program.mean.format(d)] if program.mean else []
            right, other = ("axis=0", "axis=1") if "axis=0" in layer.total else ("axis=1", "axis=0")
            wrong += [layer.total.replace(right, other)]
        for new in wrong:
            yield Place(
                "bias_wrong_sum",
                layer.layers,
                lambda text, layer=layer, new=new: [within(text, layer.bias, layer.total, new)],
            )
    if len(everything) > 1:
        numbers = tuple(number for layer in everything for number in layer.layers)
        yield Place(
            "bias_not_updated",
            numbers,
            lambda text: [part for layer in everything for part in _commented(text, layer.bias_update)],
        )
