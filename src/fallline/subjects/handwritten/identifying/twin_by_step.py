"""The twin of a network without a forward pass to call: the one whose back-propagation makes the user's updates.

A script that trains at import may have its forward pass in its loop alone. Its step still says what it computes: only
with the right layers and activations do the updates come out, to a relative 1e-8 and on every probe, be the
back-propagation right or one of the known mistaken ones.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np

from fallline.subjects.handwritten.attached import Attached
from fallline.subjects.handwritten.identifying.evidence import gather
from fallline.subjects.handwritten.identifying.explanation import explain
from fallline.subjects.handwritten.identifying.observed import Observed, observe
from fallline.subjects.handwritten.twins.activation_forms import COMMON, LEAKY, SIGMOID, SOFTMAX, Form
from fallline.subjects.handwritten.twins.layout import Chain, layouts
from fallline.subjects.handwritten.twins.twin import Twin

CHAINS = 12  # ways to put the slots in order that are tried
WORK = 1_000  # candidates that are tried for one set of activations before only single mistakes are
MOST_MISTAKES = 2.5  # of an explanation that is still taken for the network's


def find_twin_by_step(attached: Attached, seed: int = 0) -> Twin | None:
    """Return the network whose possibly mistaken back-propagation makes the updates, None if there is none.

    The user's own rows are needed, for the numbers of inputs and outputs.
    """
    if attached.X is None or attached.y is None:
        return None
    shapes = tuple(value.shape for value in attached.parameters())
    inputs, outputs = attached.X.shape[1], attached.y.shape[1]
    one_hot = outputs > 1 and bool(np.isclose(attached.y.sum(axis=1), 1.0).all())
    last = SOFTMAX if one_hot else SIGMOID  # decides which targets are drawn
    for chain in itertools.islice(layouts(shapes, inputs, outputs, range(len(shapes))), CHAINS):
        first = Twin(chain, (*(SIGMOID for _ in chain[1:]), last), shapes, float("nan"))
        observed = observe(attached, first, seed + 1)
        if observed.probes:
            twin = _best(chain, first, observed)
            if twin is not None:
                return twin
    return None


def _best(chain: Chain, first: Twin, observed: Observed) -> Twin | None:
    """Return the twin with the activations that explain the updates with the fewest mistakes."""
    found: list[tuple[float, Twin]] = []
    hidden: tuple[Form, ...] = (*COMMON, LEAKY) if len(chain) > 1 else COMMON[:1]
    for form, last in itertools.product(hidden, (*COMMON, SOFTMAX)):
        twin = replace(first, forms=(*(form for _ in chain[1:]), last))
        explanation = explain(gather(twin, observed, observed.probes), WORK)[0]
        if explanation.cost < MOST_MISTAKES:
            found.append((explanation.cost, twin))
        if explanation.cost < 0.5:
            break
    return min(found, key=lambda item: item[0])[1] if found else None
