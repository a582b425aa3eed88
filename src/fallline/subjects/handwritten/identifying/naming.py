"""From the choices of an explanation to the mistakes' names: what is in which layers, and the sentences.

What a layer's update says about sign and scale can have two readings (a minus sign in each derivative, or a plus in one
layer's update; one layer that averages, or the other that sums): then both are returned.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace

from fallline.subjects.handwritten.identifying.evidence import Basis, Evidence
from fallline.subjects.handwritten.identifying.explanation import Explanation
from fallline.subjects.handwritten.identifying.factors import (
    Sizes,
    alternates,
    climbing,
    explained,
    rate_power,
    same,
    usual,
)
from fallline.subjects.handwritten.identifying.identification import Mistake
from fallline.subjects.handwritten.identifying.observed import Observed
from fallline.subjects.handwritten.identifying.sentences import sentence

UNSIGNED_ERRORS = ("error_squared", "error_absolute")
WHOLE_NETWORK = (*UNSIGNED_ERRORS, "broadcast_error")
VALUES = ("the activation above", "the target in place")  # propagated in place of a delta: their sign is a convention
NO_SCALE = {"output_error_for_hidden", "weight_for_input"}
OFTEN_IN_A_FUNCTION = ("derivative_of_activation", "derivative_of_pre_activation", "derivative_of_wrong_function")
MEAN = "a mean where the weights take a sum, or the other way round"

Reading = tuple[Mistake, ...]


def named(
    explanation: Explanation, evidence: Evidence, observed: Observed, sizes: Sizes, powers: Mapping[int, int]
) -> Iterator[Reading]:
    """Return the readings of an explanation, the likelier first; `powers` of the rate where two rates were seen."""
    fixed = [*_chosen(explanation, evidence.q.depth), *_around(explanation, evidence, observed)]
    factors = _factors(explanation)
    for signs, scales in itertools.product(
        _signs(explanation, factors, evidence.q.depth),
        _scales(explanation, factors, sizes, powers, evidence.whole),
    ):
        reading = _merged([*fixed, *signs, *scales])
        yield reading
        yield from _of_no_sum(reading, evidence)


def without_derivative(reading: Reading, layer: int) -> Reading:
    """Return a reading to which is added that a layer's derivative is missing."""
    return _merged([*reading, _mistake("derivative_missing", (layer,))])


def _of_no_sum(reading: Reading, evidence: Evidence) -> Iterator[Reading]:
    """A softmax's deltas sum to 0 over its units, so that a bias with that sum is a bias that stays."""
    last = (evidence.q.depth,)
    if evidence.q.form(evidence.q.depth).name.startswith("softmax"):
        for k, mistake in enumerate(reading):
            if mistake.code == "bias_not_updated" and mistake.layers == last:
                yield (*reading[:k], _mistake("bias_wrong_sum", last, "the sum over all units, 0"), *reading[k + 1 :])


def _merged(mistakes: list[Mistake]) -> Reading:
    """Return the mistakes, each code once with all of its layers, the output layer's first."""
    found: dict[str, Mistake] = {}
    for mistake in mistakes:
        known = found.get(mistake.code)
        layers = tuple(sorted({*mistake.layers, *known.layers})) if known else mistake.layers
        found[mistake.code] = known if known and known.layers == layers else _mistake_again(mistake, layers)
    return tuple(sorted(found.values(), key=lambda mistake: (-max(mistake.layers, default=0), mistake.code)))


def _mistake_again(mistake: Mistake, layers: tuple[int, ...]) -> Mistake:
    return (
        mistake
        if mistake.layers == layers
        else Mistake(mistake.code, layers, sentence(mistake.code, layers, mistake.what), what=mistake.what)
    )


def _factors(explanation: Explanation) -> dict[int, float]:
    return {fit.layer: fit.factor for fit in explanation.fits if fit.factor is not None}


def _mistake(code: str, layers: tuple[int, ...], what: str = "") -> Mistake:
    return Mistake(code, layers, sentence(code, layers, what), what=what)


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
        where = range(1, depth + 1) if code in WHOLE_NETWORK else () if code == "data_changed" else sorted(set(places))
        yield _mistake(code, tuple(where), texts[code])


def _around(explanation: Explanation, evidence: Evidence, observed: Observed) -> Iterator[Mistake]:
    """The mistakes that are seen without an explanation."""
    q = evidence.q
    still = tuple(k + 1 for k in range(q.depth) if not evidence.W[k].any() and k + 1 not in observed.cut)
    if still:
        yield _mistake("update_lost", still)
    if evidence.whole | observed.cut:
        yield _mistake("integer_weights", tuple(sorted(evidence.whole | observed.cut)))
    if explanation.swapped:
        yield _mistake("layers_out_of_order", explanation.swapped)
    signs = _with_free_signs_set(explanation, _factors(explanation))
    against = tuple(layer for layer in observed.momentum_against if layer not in climbing(signs))
    if against:  # where the update itself climbs, it is not the momentum that does
        yield _mistake("momentum_sign", against, f"{observed.momentum:.6g}")
    if evidence.basis in (Basis.STALE, Basis.FIRST):
        yield _mistake("stale_activations", tuple(range(1, q.depth + 1)), "the whole forward pass")
    if observed.data_changed:
        yield _mistake("data_changed", ())
    if q.twin.softmax_over_wrong_axis:
        yield _mistake("softmax_axis", tuple(range(1, q.depth + 1)))
    owners = {slot: k + 1 for k, layer in enumerate(q.twin.layers) for slot in (*layer.weights, *layer.bias)}
    for pair in observed.shared:
        yield _mistake("shared_arrays", tuple(sorted({owners[slot] for slot in pair if slot in owners})))


def _signs(explanation: Explanation, factors: Mapping[int, float], depth: int) -> Iterator[list[Mistake]]:
    signs = _with_free_signs_set(explanation, factors)
    layers = climbing(signs)
    if not layers:
        yield []
    elif len(signs) < depth:  # some layers show nothing
        if len(layers) == len(signs):
            yield [_mistake("sign_reversed", tuple(range(1, depth + 1)))]
        yield [_mistake("sign_reversed", layers)]
        every_second = [layer for layer in range(1, depth + 1) if (layer - layers[0]) % 2 == 0]
        if all((layer in every_second) == (layer in layers) for layer in signs):
            yield [_mistake("sign_alternating", tuple(every_second))]
    elif not alternates(signs):
        yield [_mistake("sign_reversed", layers)]
    else:
        readings = [_mistake("sign_reversed", layers), _mistake("sign_alternating", layers)]
        derivative_everywhere = any(
            all(code in fit.derivative.codes for fit in explanation.fits) for code in OFTEN_IN_A_FUNCTION
        )
        # a sign in every derivative turns the output layer first, or the layer below where the output has no derivative
        plain = explanation.fits[0].derivative.what.startswith("no factor")
        if (depth > 2 and (depth in layers or plain)) or derivative_everywhere:
            readings.reverse()
        yield from ([reading] for reading in readings)


def _with_free_signs_set(explanation: Explanation, factors: Mapping[int, float]) -> dict[int, float]:
    """Return the factors with those signs that are a convention (of squares, of values) set to as few as climb."""
    signs = dict(factors)
    restarts = [fit.layer for fit in explanation.fits if "output_error_for_hidden" in fit.error.codes]
    for fit in explanation.fits:
        unsigned = any(code in UNSIGNED_ERRORS for code in fit.error.codes)
        if unsigned or fit.error.what.startswith(VALUES):
            # down to where the signed difference comes in again
            lowest = max((layer for layer in restarts if layer < fit.layer), default=0)
            turned = {layer: -c if lowest < layer <= fit.layer else c for layer, c in signs.items()}
            further = {layer: -c if layer <= fit.layer else c for layer, c in signs.items()}  # if it restarts there too
            signs = min((signs, turned, further), key=lambda option: len(climbing(option)))
    return signs


def _scales(
    explanation: Explanation,
    factors: Mapping[int, float],
    sizes: Sizes,
    powers: Mapping[int, int],
    whole: frozenset[int],
) -> Iterator[list[Mistake]]:
    if not factors:
        yield []
        return
    base = usual(factors, sizes)
    biases = list(_bias_scales(explanation, sizes, base))
    odd = {layer: abs(c) / base for layer, c in factors.items() if not same(abs(c), base)}
    if any(set(fit.codes) & NO_SCALE for fit in explanation.fits):
        odd = {}  # what stands in the place of the delta need not have its factor
    means = tuple(
        sorted(
            layer
            for layer, ratio in odd.items()
            if layer in whole and any(same(ratio, m) for m in _means(sizes, layer))
        )
    )
    if means:  # where the weights are cut to whole numbers the factor is the bias's
        biases.append(_mistake("bias_wrong_sum", means, MEAN))
        odd = {layer: ratio for layer, ratio in odd.items() if layer not in means}
        factors = {layer: c for layer, c in factors.items() if layer not in means}
    wrong = {layer: power for layer, power in powers.items() if power in (2, -1)}
    if wrong and sizes.rate is not None and set(powers) == set(factors):
        rest = {layer: abs(c) / sizes.rate ** powers[layer] for layer, c in factors.items()}  # without the rate
        plain, usual_one = replace(sizes, rate=1.0), usual(rest, replace(sizes, rate=1.0))
        odd = {layer: c / usual_one for layer, c in rest.items() if not same(c, usual_one)}
        readings = _odd_layers(odd, rest, plain, {}) if odd else [list(_common(usual_one, rest, plain, {}))]
        for reading in readings:
            yield [*_by_power(wrong), *reading, *biases]
        return
    if wrong:
        yield [*_by_power(wrong), *biases]
        return
    if odd:
        for reading in _odd_layers(odd, factors, sizes, powers):
            yield [*reading, *biases]
    else:
        yield [*_common(base, factors, sizes, powers), *biases]


def _common(base: float, factors: Mapping[int, float], sizes: Sizes, powers: Mapping[int, int]) -> Iterator[Mistake]:
    """What is wrong with the factor that all layers share."""
    power = rate_power(base, sizes) if not powers else None
    once = not powers or set(powers.values()) == {1}
    if sizes.rate is not None and once and explained(base, sizes, sizes.rate, "") is None:
        divisors = {size for size in sizes.shape[:-1] if explained(base * size, sizes, sizes.rate, "") is not None}
        if divisors and power is None:
            yield _mistake("wrong_scale_by_features", tuple(sorted(factors)), f"1/{min(divisors)}")
            return
    yield from _by_power({layer: power for layer in factors if power is not None and power in (2, -1)})


def _by_power(powers: Mapping[int, int]) -> Iterator[Mistake]:
    for power, code in ((2, "rate_twice"), (-1, "rate_divided")):
        layers = tuple(sorted(layer for layer, found in powers.items() if found == power))
        if layers:
            yield _mistake(code, layers)


def _odd_layers(
    odd: Mapping[int, float], factors: Mapping[int, float], sizes: Sizes, powers: Mapping[int, int]
) -> Iterator[list[Mistake]]:
    """Readings of layers whose factor is another than that of the others."""
    if set(powers) == set(factors) and set(powers.values()) == {1}:
        sizes = replace(sizes, rate=None)  # whatever the factors are made of, the rate enters once
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
    ratios = list(_ratios(n, rate, sizes.shape, ()))  # two at once: only what rows and rate say
    for (one, first), (two, second) in itertools.permutations(ratios, 2) if not found else ():
        for where, value in pairs:
            for other, factor in ((where, first * second), (tuple(sorted(set(factors) - set(where))), first / second)):
                if one != two and same(value, factor):
                    found = True
                    yield [_mistake(one, where, f"{first:.6g}"), _mistake(two, other, f"{second:.6g}")]
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
            yield "wrong_scale_by_features", n / size  # where the others have a mean over the rows


def _bias_scales(explanation: Explanation, sizes: Sizes, base: float) -> Iterator[Mistake]:
    """Biases whose sum is right but whose factor is not that of their weights."""
    wrong, turned, by_features, other = [], [], [], []
    rated: list[tuple[str, int]] = []
    for fit in explanation.fits:
        if fit.bias is None or fit.bias.codes or fit.bias_factor is None or fit.factor is None:
            continue
        ratio = fit.bias_factor / fit.factor
        if ratio < 0.0:
            turned.append(fit.layer)
        if same(abs(fit.bias_factor), base):
            continue  # it is the weights that have another factor
        one_row = any(code in ("last_row_only", "first_row_only") for code in fit.product.codes)
        if same(abs(ratio), 1.0) or (one_row and any(same(abs(ratio), n) for n in (sizes.rows, 1.0 / sizes.rows))):
            continue
        if any(same(abs(ratio), mean) for mean in _means(sizes, fit.layer)):
            wrong.append(fit.layer)
            continue
        if sizes.rate is not None and any(same(abs(ratio), sizes.rate**power) for power in (1, 2, -1, -2)):
            if explained(abs(fit.factor), sizes, sizes.rate, "") is not None:
                names = {1: "rate_twice", -2: "rate_divided"}
                rated += [
                    (name, fit.layer) for power, name in names.items() if same(abs(ratio), sizes.rate**power)
                ] or [("", fit.layer)]
            continue
        if sizes.rate is not None and explained(abs(fit.bias_factor), sizes, sizes.rate, "") is not None:
            widths = set(sizes.shape) - {1}
            if any(explained(abs(fit.factor) * width, sizes, sizes.rate, "") is not None for width in widths):
                by_features.append(fit.layer)
                continue
        other.append(fit.layer)
    if by_features:
        yield _mistake("wrong_scale_by_features", tuple(sorted(by_features)), "the weights, unlike the biases")
    if wrong:
        yield _mistake("bias_wrong_sum", tuple(sorted(wrong)), MEAN)
    for code, layer in rated:
        yield _mistake(code, (layer,)) if code else _mistake("scale_of_layer", (layer,), "the bias lacks the rate")
    if turned:
        yield _mistake("sign_reversed", tuple(sorted(turned)), "bias")
    if other:
        yield _mistake("scale_of_layer", tuple(sorted(other)), "the bias has another factor than the weights")


def _means(sizes: Sizes, layer: int) -> tuple[float, ...]:
    """Ratios of a bias's factor to the weights' that a mean in place of a sum makes, or a sum too many."""
    units, inputs, n = sizes.shape[layer], sizes.shape[layer - 1], sizes.rows
    return 1.0 / n, float(n), 1.0 / units, 1.0 / (n * units), float(inputs), inputs + 1.0
