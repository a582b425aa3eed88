"""Stop reasons have their texts once, and limits that are none are refused."""

import pytest

from fallline import FalllineError
from fallline.training.stopping import Limits, StopReason


@pytest.mark.parametrize("reason", StopReason, ids=lambda reason: reason.code)
def test_every_reason_has_a_code_a_text_and_a_remedy(reason):
    assert reason.code == reason.name.lower()
    assert reason.text[0].islower()
    assert not reason.text.endswith(".")
    assert reason.remedy.endswith(".")


def test_no_two_reasons_share_a_text():
    assert len({reason.text for reason in StopReason}) == len(StopReason)


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        ({"iterations": -1}, "iterations -1: expected a number of 0 or more."),
        ({"seconds": -0.5}, "time limit -0.5: expected a number of 0 or more."),
        ({"seconds": float("nan")}, "time limit nan: expected a number of 0 or more."),
        ({"target_error": -1.0}, "target error -1.0: expected a number of 0 or more."),
        ({"target_error": float("nan")}, "target error nan: expected a number of 0 or more."),
        ({"patience": 0}, "patience 0: expected a number of 1 or more."),
    ],
)
def test_a_limit_that_is_none_is_refused(limits, sentence):
    with pytest.raises(FalllineError) as refused:
        Limits(**limits)
    assert str(refused.value) == sentence


def test_limits_of_nothing_are_limits():
    assert Limits(0, 0.0, 0.0, 1) == Limits(iterations=0, seconds=0.0, target_error=0.0, patience=1, plateau=True)
