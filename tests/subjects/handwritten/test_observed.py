import numpy as np
import pytest

from fallline.subjects.handwritten.identifying.memory import Memory
from fallline.subjects.handwritten.identifying.observed import Observed, observe
from fallline.subjects.handwritten.twins.twin import find_twin

from .written import Written, attach


def observed(net: Written, per_sample: bool = False) -> Observed:
    attached = attach(net, per_sample)
    twin = find_twin(attached)
    assert twin is not None
    return observe(attached, twin)


def test_the_update_is_the_difference_that_the_step_makes_and_slots_stay() -> None:
    net = Written([2, 3, 2], "tanh", "tanh", "column", units_first=False)
    attached = attach(net)
    twin = find_twin(attached)
    assert twin is not None
    before = attached.parameters()
    seen = observe(attached, twin)
    assert all(np.array_equal(old, new) for old, new in zip(before, attached.parameters(), strict=True))
    probe = seen.probes[2]
    for slot, value in zip(attached.slots, twin.to_slots(probe.parameters, before), strict=True):
        slot.write(value)
    attached.step(probe.X.copy(), probe.y.copy())
    moved = twin.to_parameters(attached.parameters()) - probe.parameters
    np.testing.assert_array_equal(moved, probe.update)
    assert seen.memory is Memory.NONE


def test_one_row_is_probed_where_the_step_takes_one() -> None:
    assert observed(Written([2, 3, 1]), per_sample=True).rows == 1
    assert observed(Written([2, 3, 1])).rows == 6


def test_rows_are_as_many_as_no_layer_has_units() -> None:
    assert observed(Written([2, 6, 1])).rows not in (1, 2, 3, 6, 7)


@pytest.mark.parametrize(("share", "memory"), [(0.0, Memory.NONE), (0.8, Memory.MOMENTUM)])
def test_momentum_is_measured(share: float, memory: Memory) -> None:
    seen = observed(Written([2, 3, 1], momentum=share))
    assert seen.memory is memory
    assert seen.momentum == pytest.approx(share)
    assert not seen.momentum_against


def test_a_step_that_uses_the_step_before_is_told() -> None:
    assert observed(Written([2, 3, 1], plant={"stale_activations": (2,)})).memory is Memory.LAST_STEP


def test_changed_data_and_shared_slots_are_told() -> None:
    net = Written([3, 3, 3, 1])
    assert not observed(net).data_changed
    plain = net.step

    def changing(X: np.ndarray, y: np.ndarray) -> None:
        plain(X, y)
        y -= 0.5

    net.step = changing  # type: ignore[method-assign]
    assert observed(net).data_changed
    attached = attach(Written([3, 3, 3, 1]))
    twin = find_twin(attached)
    assert twin is not None
    first, second = attached.slots[:2]
    object.__setattr__(second, "write", first.write)
    object.__setattr__(second, "read", first.read)
    assert observe(attached, twin).shared == ((0, 1),)


def test_a_step_that_raises_is_a_result() -> None:
    net = Written([2, 3, 1])
    net.step = lambda X, y: X @ y  # type: ignore[method-assign]
    seen = observed(net)
    assert seen.probes == ()
    assert seen.failure.startswith("ValueError: ")
