"""From the choices of an explanation to the mistakes' names: what is in which layers, and the sentences.

What a layer's update says about sign and scale can have two readings (a minus sign in each derivative, or a plus in one
layer's update; one layer that averages, or the other that sums): then both are returned.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

from fallline.subjects.handwritten.evidence import Evidence
from fallline.subjects.handwritten.explanation import Explanation
from fallline.subjects.handwritten.factors import Sizes, alternates, climbing, explained, rate_power, same, usual
from fallline.subjects.handwritten.identification import Mistake
from fallline.subjects.handwritten.observed import Observed
from fallline.subjects.handwritten.sentences import sentence

UNSIGNED_ERRORS = ("error_squared", "error_absolute")
WHOLE_NETWORK = (*UNSIGNED_ERRORS, "broadcast_error")
VALUES = ("the activation above", "the target in place")  # propagated in place of a delta: their sign is a convention
OFTEN_IN_A_FUNCTION = ("derivative_of_activation", "derivative_of_pre_activation", "derivative_of_wrong_function")

Reading = tuple[Mistake, ...]


def named(
    explanation: Explanation, evidence: Evidence, observed: Observed, sizes: Sizes, powers: Mapping[int, int]
) -> Iterator[Reading]:
    """Return the readings of an explanation, the likelier first; `powers` of the rate where two rates were seen."""
    fixed = [*_chosen(explanation, evidence.q.depth), *_around(explanation, evidence, observed)]
    factors = _factors(explanation)
    for signs, scales in itertools.product(
        _signs(explanation, factors, evidence.q.depth), _scales(explanation, factors, sizes, powers)
    ):
        yield tuple(sorted([*fixed, *signs, *scales], key=lambda mistake: (-max(mistake.layers, default=0), mistake.code)))


def _factors(explanation: Explanation) -> dict[int, float]:
    return {fit.layer: fit.factor for fit in explanation.fits if fit.factor is not None}


def _mistake(code: str, layers: tuple[int, ...], what: str = "") -> Mistake:
    return Mistake(code, layers, sentence(code, layers, what))


def _chosen(explanation: Explanation, depth: int) -> Iterator[Mistake]:
    """The mistakes that the choices themselves stand for, each with all of its layers."""
    layers: dict[str, list[int]] = {}
    texts: dict[str, str] = {}
    for fit in explanation.fits:
        for choice in (fit.error, fit.derivative, fit.product, *([fit.bias] if fit.bias else [])):
            for code in choice.codes:
                layers.setdefault(code, []).append(fit.layer)
                texts.setdefault(code, choice.what)
    for code, places in layers.items():
        where = range(1, depth + 1) if code in WHOLE_NETWORK else sorted(set(places))
        yield _mistake(code, tuple(where), texts[code])


def _around(explanation: Explanation, evidence: Evidence, observed: Observed) -> Iterator[Mistake]:
    """The mistakes that are seen without an explanation."""
    q = evidence.q
    still = tuple(k + 1 for k in range(q.depth) if not evidence.W[k].any())
    if still:
        yield _mistake("update_lost", still)
    if evidence.whole:
        yield _mistake("integer_weights", tuple(sorted(evidence.whole)))
    if explanation.swapped:
        yield _mistake("layers_out_of_order", explanation.swapped)
    if observed.momentum < 0.0:
        yield _mistake("momentum_sign", tuple(range(1, q.depth + 1)), f"{observed.momentum:.6g}")
    if observed.data_changed:
        yield _mistake("data_changed", ())
    if q.twin.softmax_over_rows:
        yield _mistake("softmax_axis", (q.depth,))
    owners = {slot: k + 1 for k, layer in enumerate(q.twin.layers) for slot in (*layer.weights, *layer.bias)}
    for pair in observed.shared:
        yield _mistake("shared_arrays", tuple(sorted({owners[slot] for slot in pair if slot in owners})))


def _signs(explanation: Explanation, factors: Mapping[int, float], depth: int) -> Iterator[list[Mistake]]:
    signs = _with_free_signs_set(explanation, factors)
    layers = climbing(signs)
    if not layers:
        yield []
    elif not alternates(signs) or len(signs) < depth:
        yield [_mistake("sign_reversed", layers)]
    else:
        readings = [_mistake("sign_reversed", layers), _mistake("sign_alternating", layers)]
        derivative_everywhere = any(
            all(code in fit.derivative.codes for fit in explanation.fits) for code in OFTEN_IN_A_FUNCTION
        )
        if depth > 2 or derivative_everywhere:
            readings.reverse()
        yield from ([reading] for reading in readings)


def _with_free_signs_set(explanation: Explanation, factors: Mapping[int, float]) -> dict[int, float]:
    """Return the factors with those signs that are a convention (of squares, of values) set to as few as climb."""
    signs = dict(factors)
    for fit in explanation.fits:
        unsigned = any(code in UNSIGNED_ERRORS for code in fit.error.codes)
        if unsigned or fit.error.what.startswith(VALUES):
            lower = {layer: -c if layer <= fit.layer else c for layer, c in signs.items()}
            signs = min((signs, lower), key=lambda option: len(climbing(option)))
    return signs


def _scales(
    explanation: Explanation, factors: Mapping[int, float], sizes: Sizes, powers: Mapping[int, int]
) -> Iterator[list[Mistake]]:
    if not factors:
        yield []
        return
    biases = list(_bias_scales(explanation, sizes))
    base = usual(factors, sizes)
    odd = {layer: abs(c) / base for layer, c in factors.items() if not same(abs(c), base)}
    wrong = {layer: power for layer, power in powers.items() if power in (2, -1)}
    if wrong:
        yield [*_by_power(wrong), *biases]
        return
    if not odd:
        power = rate_power(base, sizes) if not powers else None
        everywhere = {layer: power for layer in factors if power is not None and power in (2, -1)}
        yield [*_by_power(everywhere), *biases]
        return
    for reading in _odd_layers(odd, factors, sizes):
        yield [*reading, *biases]


def _by_power(powers: Mapping[int, int]) -> Iterator[Mistake]:
    for power, code in ((2, "rate_twice"), (-1, "rate_divided")):
        layers = tuple(sorted(layer for layer, found in powers.items() if found == power))
        if layers:
            yield _mistake(code, layers)


def _odd_layers(odd: Mapping[int, float], factors: Mapping[int, float], sizes: Sizes) -> Iterator[list[Mistake]]:
    """Readings of layers whose factor is another than that of the others."""
    ratio = next(iter(odd.values()))
    layers = tuple(sorted(odd))
    if not all(same(ratio, other) for other in odd.values()):
        yield [_mistake("scale_of_layer", layers, ", ".join(f"{value:.6g}" for value in odd.values()))]
        return
    rest = tuple(sorted(set(factors) - set(odd)))
    n, rate = sizes.rows, sizes.rate
    pairs = [(layers, ratio)] + ([(rest, 1.0 / ratio)] if len(rest) <= len(layers) else [])
    found = False
    for code, factor in _ratios(n, rate, sizes.shape, layers):
        for where, value in pairs:
            if same(value, factor):
                found = True
                yield [_mistake(code, where, f"{value:.6g}")]
    if not found:
        yield [_mistake("scale_of_layer", layers, f"{ratio:.6g}")]


def _ratios(n: int, rate: float | None, shape: tuple[int, ...], layers: tuple[int, ...]) -> Iterator[tuple[str, float]]:
    if n > 1:
        yield "mean_for_sum_in_one_layer", 1.0 / n
        yield "mean_for_sum_in_one_layer", float(n)
    if rate is not None and not same(rate, 1.0):
        yield "rate_twice", rate
        yield "rate_divided", 1.0 / rate**2
    for layer in layers:
        for size in {shape[layer - 1], shape[layer], shape[layer - 1] + 1} - {1}:
            yield "wrong_scale_by_features", 1.0 / size


def _bias_scales(explanation: Explanation, sizes: Sizes) -> Iterator[Mistake]:
    """Biases whose sum is right but whose factor is not that of their weights."""
    wrong, turned, other = [], [], []
    for fit in explanation.fits:
        if fit.bias is None or fit.bias.codes or fit.bias_factor is None or fit.factor is None:
            continue
        ratio = fit.bias_factor / fit.factor
        if ratio < 0.0:
            turned.append(fit.layer)
        if same(abs(ratio), 1.0):
            continue
        means = [1.0 / sizes.rows, float(sizes.rows), 1.0 / sizes.shape[fit.layer]]
        means += [mean / sizes.shape[fit.layer] for mean in means[:1]]
        (wrong if any(same(abs(ratio), mean) for mean in means) else other).append(fit.layer)
    if wrong:
        yield _mistake("bias_wrong_sum", tuple(sorted(wrong)), "a mean where the weights take a sum, or the other way round")
    if turned:
        yield _mistake("sign_reversed", tuple(sorted(turned)), "bias")
    if other:
        yield _mistake("scale_of_layer", tuple(sorted(other)), "the bias has another factor than the weights")
