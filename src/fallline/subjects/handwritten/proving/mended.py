"""A back-propagation with identified mistakes, all of them or some put right, as one that can be run."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.identifying.explanation import LayerFit
from fallline.subjects.handwritten.identifying.identification import Identification
from fallline.subjects.handwritten.identifying.mistakes import (
    Above,
    Choice,
    bias_sums,
    derivatives,
    output_errors,
    products,
    propagated,
)
from fallline.subjects.handwritten.identifying.quantities import Quantities
from fallline.subjects.handwritten.twins.twin import Twin

SIGNS = ("sign_reversed", "sign_alternating")
SCALES = ("rate_twice", "rate_divided", "wrong_scale_by_features", "mean_for_sum_in_one_layer", "scale_of_layer")
AROUND = (*SIGNS, *SCALES, "update_lost", "bias_not_updated")


@dataclass(frozen=True)
class _Part:
    """Which candidate of each part of a layer's back-propagation, and the factors; None: no such part."""

    error: int
    derivative: int | None  # None: the activation's own backward pass
    product: int
    bias: int
    factor: float
    bias_factor: float


class Mended:
    """The step with the mistakes of `codes` put right.

    `factor` is c of ΔW = −c · gradient as it should be, for the number of rows that the step is made with, and `scale`
    what the observed factors are to be multiplied by for that number.
    """

    def __init__(
        self, twin: Twin, identification: Identification, codes: Iterable[str], factor: float, scale: float
    ) -> None:
        self.twin, self.codes = twin, frozenset(codes)
        self._factor, self._scale = factor, scale
        assert identification.explanation is not None
        self._fits = {fit.layer: fit for fit in identification.explanation.fits}
        self._parts: dict[int, _Part] = {}

    def update(self, W: list[Array], X: Array, y: Array) -> list[Array]:
        """Return the changes of W (K, units, inputs + 1) that a step on rows X (n, inputs), y (n, outputs) makes."""
        q = forward(self.twin, W, X, y)
        difference = q.a[-1] - q.y
        changes: list[Array] = []
        changed = [matrix[:, :, :-1] for matrix in W]
        above: Above | None = None
        for layer in range(q.depth, 0, -1):
            part = self._part(q, layer, above, changed)
            errors = output_errors(q) if above is None else propagated(q, layer, above, changed)
            error = _nth(errors, part.error).value
            if part.derivative is None:
                delta = q.form(layer).backward(q.z[layer], q.a[layer], error)
            else:
                delta = error * _nth(derivatives(q, layer), part.derivative).value
            product = _nth(products(q, layer, delta), part.product).value
            bias = _nth(bias_sums(delta), part.bias).value
            step = np.concatenate([-part.factor * product, -part.bias_factor * bias[:, :, None]], axis=2)
            changes.insert(0, step)
            changed[layer - 1] = changed[layer - 1] + step[:, :, :-1]
            above = Above(delta, error, difference)
        return changes

    def _part(self, q: Quantities, layer: int, above: Above | None, changed: list[Array]) -> _Part:
        if layer not in self._parts:
            self._parts[layer] = self._found(self._fits[layer], q, layer, above, changed)
        return self._parts[layer]

    def _found(self, fit: LayerFit, q: Quantities, layer: int, above: Above | None, changed: list[Array]) -> _Part:
        def errors() -> Iterable[Choice]:
            return output_errors(q) if above is None else propagated(q, layer, above, changed)

        error = self._chosen(errors, fit.error)
        slope: int | None
        mended = self.codes.intersection(fit.derivative.codes)
        if q.form(layer).elementwise or (fit.derivative.what and not mended):
            slope = self._chosen(lambda: derivatives(q, layer), fit.derivative)
        elif mended:
            slope = next(k for k, c in enumerate(derivatives(q, layer)) if c.what.startswith("no factor"))
        else:
            slope = None
        reaching = _nth(errors(), error).value
        if slope is None:
            value = q.form(layer).backward(q.z[layer], q.a[layer], reaching)
        else:
            value = reaching * _nth(derivatives(q, layer), slope).value
        product = self._chosen(lambda: products(q, layer, value), fit.product) if fit.factor is not None else 0
        bias = self._chosen(lambda: bias_sums(value), fit.bias) if fit.bias_factor is not None and fit.bias else 0
        factor = self._signed(fit.factor)
        bias_factor = self._signed(fit.bias_factor) if fit.bias is not None else 0.0
        if fit.bias is not None and "bias_not_updated" in fit.bias.codes:
            bias_factor = factor if "bias_not_updated" in self.codes else 0.0
        if fit.bias is None and self.twin.layers[layer - 1].has_bias:
            bias_factor = factor
        if "bias_wrong_sum" in self.codes and fit.bias is not None:
            bias_factor = factor
        return _Part(error, slope, product, bias, factor, bias_factor)

    def _signed(self, factor: float | None) -> float:
        if factor is None:
            return self._factor if "update_lost" in self.codes else 0.0
        scaled = factor * self._scale
        if self.codes.intersection(SCALES):
            scaled = float(np.copysign(self._factor, scaled))
        return abs(scaled) if self.codes.intersection(SIGNS) else scaled

    def _chosen(self, candidates: Callable[[], Iterable[Choice]], wanted: Choice | None) -> int:
        """Return the number of a candidate, or of the right one, which comes first, where it is to be mended.

        Raises
        ------
        LookupError
            If there is no such candidate without the steps before.
        """
        if wanted is None or self.codes.intersection(wanted.codes):
            return 0
        for number, choice in enumerate(candidates()):
            if choice.codes == wanted.codes and choice.what == wanted.what:
                return number
        raise LookupError(wanted.what)


def forward(twin: Twin, W: list[Array], X: Array, y: Array) -> Quantities:
    """Return the quantities of K networks on the same rows."""
    K = len(W[0])
    a = [np.broadcast_to(X, (K, *X.shape))]
    z = [a[0]]
    for matrix, form in zip(W, twin.forms, strict=True):
        z.append(a[-1] @ matrix[:, :, :-1].transpose(0, 2, 1) + matrix[:, None, :, -1])
        a.append(form.value(z[-1]))
    return Quantities(
        twin, [m[:, :, :-1] for m in W], [m[:, :, -1] for m in W], z, a, np.broadcast_to(y, (K, *y.shape))
    )


def _nth(choices: Iterable[Choice], number: int) -> Choice:
    return next(itertools.islice(choices, number, None))
