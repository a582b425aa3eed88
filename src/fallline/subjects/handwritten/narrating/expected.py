"""What a traced step should compute, and what it computes by the identified mistakes, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.attached import Attached
from fallline.subjects.handwritten.identifying.comparison import exact_gradient
from fallline.subjects.handwritten.identifying.evidence import Evidence, gather
from fallline.subjects.handwritten.identifying.identification import Identification
from fallline.subjects.handwritten.identifying.memory import Memory
from fallline.subjects.handwritten.identifying.observed import Observed, Probe
from fallline.subjects.handwritten.identifying.quantities import Quantities
from fallline.subjects.handwritten.narrating.tracing import Trace, trace_step
from fallline.subjects.handwritten.twins.twin import Twin, write_values


@dataclass(frozen=True)
class Layer:
    """One layer's quantities on the traced rows: what is used, and the right ones in its place.

    error, slope, delta (n, units), product (units, inputs), bias (units,); None where nothing is known.
    """

    number: int
    error: Array | None = None
    slope: Array | None = None
    delta: Array | None = None
    product: Array | None = None
    bias: Array | None = None
    right_slope: Array | None = None
    right_product: Array | None = None  # with the delta that is used
    right_bias: Array | None = None


@dataclass(frozen=True)
class Traced:
    """A step that was traced on a probe whose quantities are known.

    Parameters
    ----------
    trace
        What was seen.
    q
        Forward quantities, of this probe alone (K = 1).
    layers
        By number − 1.
    exact
        ∂E/∂W (units, inputs) and ∂E/∂b (units,) of each layer.
    update, before
        What the step changed, and the parameters before it, in the twin's coordinates.
    momentum
        The share of the last step that the step repeats.
    """

    trace: Trace
    q: Quantities
    layers: tuple[Layer, ...]
    exact: tuple[list[Array], list[Array]]
    update: Array
    before: Array
    momentum: float


def traced(attached: Attached, twin: Twin, observed: Observed, identification: Identification) -> Traced:
    """Make the step of the last probe once more, under the tracer; the slots are left as they were.

    The step before it is made too, from the same weights (from the probe before, where the step remembers that), so
    that velocities and kept activations are as they were observed.
    """
    kept = [slot.read() for slot in attached.slots]
    last = observed.probes[-1]
    first = observed.probes[-2] if observed.memory is Memory.LAST_STEP and len(observed.probes) > 1 else last
    values = attached.parameters()
    try:
        write_values(attached, twin.to_slots(first.parameters, values))
        with np.errstate(all="ignore"):
            attached.step(first.X.copy(), first.y.copy())
        write_values(attached, twin.to_slots(last.parameters, values))
        with np.errstate(all="ignore"):
            trace = trace_step(attached, last.X.copy(), last.y.copy())
    finally:
        for slot, value in zip(attached.slots, kept, strict=True):
            slot.write(value)
    return _with_quantities(trace, twin, observed, identification, last)


def _with_quantities(
    trace: Trace, twin: Twin, observed: Observed, identification: Identification, last: Probe
) -> Traced:
    evidence = gather(twin, observed, observed.probes)
    q = _of_last(evidence)
    exact = exact_gradient(q, identification.loss or "half squared error")
    return Traced(
        trace,
        q,
        tuple(_layers(q, identification)),
        ([W[0] for W in exact[0]], [b[0] for b in exact[1]]),
        last.first if observed.memory is Memory.LAST_STEP else last.whole,
        last.parameters,
        observed.momentum,
    )


def _of_last(evidence: Evidence) -> Quantities:
    q = evidence.q

    def one(arrays: list[Array]) -> list[Array]:
        return [array[-1:] for array in arrays]

    return Quantities(q.twin, one(q.W), one(q.b), one(q.z), one(q.a), q.y[-1:])


def _layers(q: Quantities, identification: Identification) -> Iterator[Layer]:
    fits = {fit.layer: fit for fit in identification.explanation.fits} if identification.explanation else {}
    for number in range(1, q.depth + 1):
        fit, form = fits.get(number), q.form(number)
        right = form.of_z(q.z[number])[0] if form.elementwise else None
        if fit is None:
            yield Layer(number, right_slope=right)
            continue
        error = fit.error.value[-1]
        product = fit.product.value[-1]
        plain = fit.derivative.value[-1]
        if not form.elementwise and np.all(plain == 1.0) and not fit.derivative.what:
            delta = form.backward(q.z[number], q.a[number], fit.error.value[-1:])[0]
        else:
            delta = error * plain
        moved = fit.factor is not None and product.shape == q.W[number - 1].shape[1:]
        yield Layer(
            number,
            error=error,
            slope=plain,
            delta=delta,
            product=product if moved else delta.T @ q.a[number - 1][0],
            bias=fit.bias.value[-1] if fit.bias is not None and not _never(fit.bias.codes) else delta.sum(axis=0),
            right_slope=right,
            right_product=delta.T @ q.a[number - 1][0],
            right_bias=delta.sum(axis=0),
        )


def _never(codes: tuple[str, ...]) -> bool:
    return "bias_not_updated" in codes
