"""What is known of a planted program, and other names under which it is the same."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .entry import Program
from .running import Behaviour, same, scale


@dataclass(frozen=True)
class Mistake:
    """A planted mistake: its code, the layers whose gradient it spoils (1 = first hidden), its lines (1-based)."""

    code: str
    layers: tuple[int, ...]
    lines: tuple[int, ...]

    @property
    def layer(self) -> int | None:
        """The layer, where it is one."""
        return self.layers[0] if len(self.layers) == 1 else None


@dataclass(frozen=True)
class Planted:
    """A program with its mistakes; none for a healthy one.

    `accepted` lists other sets of mistakes that make exactly the same program in numbers: naming one of them is right.
    """

    name: str
    source: str
    truth: tuple[Mistake, ...]
    program: Program
    accepted: tuple[tuple[Mistake, ...], ...] = ()


def alike(first: Behaviour, second: Behaviour, healthy: Behaviour) -> bool:
    """Whether no step tells two programs apart: they do the same, or their steps differ by a positive factor alone.

    A program whose step is the healthy one's times a factor is like another only with the same factor.
    """
    if first.one.shape != second.one.shape or not np.allclose(first.start, second.start, equal_nan=True):
        return False
    steps = [does.one - does.start for does in (first, second)]
    lengths = [float(np.linalg.norm(step)) for step in steps]
    if 0 in lengths or not np.all(np.isfinite(lengths)):
        return same(first, second)
    if not np.allclose(steps[0] / lengths[0], steps[1] / lengths[1], rtol=1e-8, atol=1e-9):
        return False
    if abs(lengths[0] / lengths[1] - 1) < 1e-9:
        return same(first, second)
    if scale(healthy, first) is not None:
        return False
    return np.array_equal(first.data, second.data) and np.allclose(first.other, second.other, equal_nan=True)


def _names(program: Program, mistake: Mistake) -> list[Mistake]:
    """Return other names of a mistake that are the same in every program of the shape, up to a positive factor."""
    depth = len(program.activations)
    every_second = tuple(number for number in range(1, depth + 1) if (depth - number) % 2 == 0)
    signs = {"sign_reversed": "sign_alternating", "sign_alternating": "sign_reversed"}
    if mistake.code in signs and mistake.layers == every_second:
        return [replace(mistake, code=signs[mistake.code])]
    inputs = {"derivative_of_input": "derivative_of_wrong_layer", "derivative_of_wrong_layer": "derivative_of_input"}
    if mistake.code in inputs and mistake.layer and mistake.layer > 1:
        # a (1 − a) of the layer's input is the derivative of the layer below
        same = program.activations[mistake.layer - 1] == program.activations[mistake.layer - 2]
        return [replace(mistake, code=inputs[mistake.code])] if same else []
    if mistake.code == "mean_for_sum_in_one_layer" and depth == 2 and mistake.layer:
        return [replace(mistake, layers=(3 - mistake.layer,))]
    return []


def _without(truth: tuple[Mistake, ...], mistake: Mistake, *layers: int) -> tuple[Mistake, ...]:
    """Return a truth in which a mistake is not in these layers."""
    left = replace(mistake, layers=tuple(layer for layer in mistake.layers if layer not in layers))
    return tuple(left if item is mistake else item for item in truth if item is not mistake or left.layers)


def by_algebra(program: Program, truth: tuple[Mistake, ...]) -> list[tuple[Mistake, ...]]:
    """Return other truths that are the same whatever the numbers.

    A squared or absolute error has lost its sign, so that y − ŷ and ŷ − y cannot be told apart any more: with it, all
    layers reversed is no second mistake, and none reversed may be called one.
    """
    others = [
        (*truth[:index], name, *truth[index + 1 :])
        for index, mistake in enumerate(truth)
        for name in _names(program, mistake)
    ]
    everything = tuple(range(1, len(program.activations) + 1))
    for mistake in truth:
        output = everything[-1]
        like_entropy = program.activations[-1] == "sigmoid" and program.loss == "squared"
        if like_entropy and mistake.code == "derivative_missing" and output in mistake.layers and not program.reports:
            # without σ′ the output's delta is the cross-entropy's; what is meant, only a reported error tells
            others.append(_without(truth, mistake, output))
        if mistake.code == "shared_arrays":  # what else is wrong in these layers does not show in one array for two
            others += [_without(truth, other, *mistake.layers) for other in truth if other is not mistake]
        if mistake.code == "update_lost":
            # whether a layer that never moves would climb cannot be seen
            for sign in truth:
                if sign.code.startswith("sign_"):
                    others.append(_without(truth, sign, *mistake.layers))
                    added = tuple(sorted({*sign.layers, *mistake.layers}))
                    others.append(tuple(replace(item, layers=added) if item is sign else item for item in truth))
        if mistake.code in ("error_squared", "error_absolute"):
            rest = tuple(item for item in truth if (item.code, item.layers) != ("sign_reversed", everything))
            others.append(rest if len(rest) < len(truth) else (*truth, replace(mistake, code="sign_reversed")))
    return others
