"""Parameters that never move, that hold whole numbers only, or that have a wrong shape."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fallline.subjects.handwritten.checks.check import Case, Check


def never_moved(case: Case) -> Iterator[Check]:
    """Parameters that a step on the user's own data leaves as they are."""
    attached = case.attached
    if attached.X is None or attached.y is None:
        return
    before = attached.parameters()
    try:
        for _ in range(3):
            attached.step(attached.X.copy(), attached.y.copy())
    except Exception:  # what a step raises is told elsewhere
        return
    names = [
        slot.name
        for slot, old in zip(attached.slots, before, strict=True)
        if (new := slot.values()).shape == old.shape and np.array_equal(new, old)
    ]
    if names:
        which = ", ".join(names[:6]) + (", …" if len(names) > 6 else "")
        yield Check("never_moved", f"Three steps on the data leave {which} as they are.", {"slots": len(names)})


def whole_numbers(case: Case) -> Iterator[Check]:
    """Arrays of parameters that can hold whole numbers only."""
    for slot in case.attached.slots:
        value = slot.read()
        if isinstance(value, np.ndarray) and value.dtype.kind in "iub":
            sentence = f"{slot.name} is an array of {value.dtype}: updates are cut to whole numbers. Make it float."
            yield Check("integer_weights", sentence)


def growing(case: Case) -> Iterator[Check]:
    """Parameters that a step gives another shape."""
    for number, before, after in case.observed.grown if case.observed else ():
        sentence = (
            f"{case.attached.slots[number].name} has shape {before} and after a step {after}: its update has a wrong "
            "shape and NumPy stretches it. Sum the deltas over the rows."
        )
        yield Check("shape_grows", sentence)


def bias_for_each_row(case: Case) -> Iterator[Check]:
    """A bias with a row for every row of the data: it fits no other number of rows."""
    X = case.attached.X
    if X is None or case.twin is not None or len(X) < 2:
        return
    shapes = [slot.values().shape for slot in case.attached.slots]
    for slot, shape in zip(case.attached.slots, shapes, strict=True):
        named = slot.name.rpartition(".")[2].lower().startswith("b")
        beside = any(other != shape and len(other) == 2 and shape[-1] in other for other in shapes)
        if named and len(shape) == 2 and shape[0] == len(X) and shape[1] != len(X) and beside:
            sentence = (
                f"{slot.name} has shape {shape}, a bias of its own for each of the {len(X)} rows: the network then "
                f"fits these rows only, and no others can be predicted. Make it ({shape[1]},) or (1, {shape[1]})."
            )
            yield Check("bias_for_each_row", sentence, {"rows": len(X), "units": shape[1]})
