import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fallline import FalllineError, Network
from fallline.diagnosis.clock import Clock
from fallline.diagnosis.evidence import Evidence
from fallline.diagnosis.finding import Finding, Status
from fallline.diagnosis.judge import examine, judge, promising
from fallline.diagnosis.judgement import Judgement
from fallline.diagnosis.rules import RULES
from fallline.diagnosis.subject import Subject, descended
from fallline.diagnosis.trials import REMEDIES
from fallline.diagnosis.verdict import leading
from fallline.engine import Rows
from fallline.optimizers import LBFGS, Adam, GradientDescent
from fallline.training.stopping import Limits

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([[0.0], [1.0], [1.0], [0.0]])


def on_xor(shape, parameters=None, seed=0, iterations=3000):
    network = Network(shape, "sigmoid", initialiser="normal", seed=seed)
    if parameters is not None:
        network.parameters[:] = parameters
    return descended(network, X, Y, GradientDescent(0.5), limits=Limits(iterations=iterations))


def fired(code, share=1.0, confidence=1.0):
    return Finding(code, Status.FIRES, "So it is.", {}, confidence, share)


def test_a_plateau_at_one_half_is_told_as_a_constant_answer_and_left_along_negative_curvature():
    verdict = judge(on_xor([2, 2, 1], iterations=30_000))
    assert verdict.judgement is Judgement.STUCK
    assert verdict.cause.code == "saddle_point"
    assert verdict.plateau.startswith("0.5 = all four rows get the same answer 0.5, the mean of all targets")
    assert verdict.budget.share("descent") > 0.99
    assert any(trial.remedy == "negative_curvature" and trial.outcome.name == "HELPS" for trial in verdict.trials)


def test_equal_first_weights_are_the_cause_and_what_follows_from_them_is_not():
    verdict = judge(on_xor([2, 2, 1], parameters=0.5), trials=False)
    assert verdict.judgement is Judgement.STUCK
    assert [each.code for each in verdict.causes] == ["symmetric_initialisation"]


def test_a_learned_table_is_finished_and_no_cause_is_found():
    network = Network([2, 3, 1], "sigmoid", initialiser="normal", seed=1)
    verdict = judge(descended(network, X, Y, LBFGS(), limits=Limits(target_error=1e-8)), 2.0)
    assert verdict.judgement is Judgement.FINISHED
    assert verdict.causes == ()
    assert verdict.sentence.startswith("Finished: the error is ")


def test_examining_leaves_network_and_rows_as_they_were():
    subject = on_xor([2, 2, 1])
    before = [subject.network.parameters.copy(), subject.training.X.copy(), subject.training.y.copy()]
    judge(subject, 2.0)
    after = [subject.network.parameters, subject.training.X, subject.training.y]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_a_verdict_is_plain_json_and_every_key_is_documented():
    from pathlib import Path

    verdict = judge(on_xor([2, 2, 1], parameters=0.5), 3.0).to_dict()
    json.dumps(verdict, allow_nan=True)
    page = (Path(__file__).resolve().parents[2] / "docs" / "verdict.md").read_text(encoding="utf-8")
    for key in verdict:
        assert f"`{key}`" in page


def test_what_follows_from_another_cause_does_not_lead():
    findings = [
        fired("constant_output", 1.0),
        fired("symmetric_initialisation", 0.5),
        fired("conflicting_targets", 0.4),
    ]
    assert [each.code for each in leading(findings)] == ["symmetric_initialisation", "conflicting_targets"]


def test_causes_lead_in_the_order_of_what_they_explain_and_how_surely():
    findings = [
        fired("conflicting_targets", 0.2),
        fired("targets_out_of_range", 0.7, 0.9),
        fired("over_fitting", math.nan),
    ]
    assert [each.code for each in leading(findings)] == ["targets_out_of_range", "conflicting_targets", "over_fitting"]


def test_remedies_are_tried_in_turn_and_each_once():
    causes = (
        Finding("saddle_point", Status.FIRES, "", {}, 1.0, 1.0, ("restart", "second_order")),
        Finding("dead_units", Status.FIRES, "", {}, 1.0, 0.5, ("other_activation", "restart")),
    )
    assert promising(causes, matters=False) == ["restart", "other_activation", "second_order"]
    assert promising((), matters=True) == ["second_order", "restart"]


def test_every_remedy_that_a_rule_names_exists():
    for rule in RULES.values():
        assert set(rule.remedies) <= set(REMEDIES), rule.code


def test_every_cause_that_a_rule_explains_exists_and_is_not_itself():
    for rule in RULES.values():
        assert set(rule.explains) <= set(RULES), rule.code
        assert rule.code not in rule.explains


def test_texts_are_whole_sentences():
    for rule in RULES.values():
        for text in (rule.explanation, rule.remedy):
            assert text[0].isupper(), rule.code
            assert text.endswith("."), rule.code
        assert rule.title[0].isupper(), rule.code


@pytest.mark.parametrize("code", RULES)
def test_a_rule_without_time_or_history_answers_all_the_same(code):
    subject = on_xor([2, 3, 1], iterations=50)
    for less in (replace(subject, descent=None), replace(subject, optimizer=None, first=None, descent=None)):
        finding = RULES[code].examine(Evidence(less, Clock(0.3)))
        assert finding.code == code
        assert finding.sentence


def random_subject(seed):
    rng = np.random.default_rng(seed)
    rows, inputs, outputs = int(rng.integers(1, 30)), int(rng.integers(1, 4)), int(rng.integers(1, 3))
    hidden = [int(rng.integers(1, 5)) for _ in range(int(rng.integers(0, 3)))]
    loss, last = [("mean_squared_error", "identity"), ("half_squared_error", "sigmoid"), ("huber", "tanh")][
        int(rng.integers(3))
    ]
    names = [str(rng.choice(["tanh", "relu", "sigmoid"])) for _ in hidden]
    A = rng.standard_normal((rows, inputs)) * 10.0 ** rng.uniform(-3, 3, inputs)
    y = rng.standard_normal((rows, outputs)) * 10.0 ** rng.uniform(-2, 2)
    if rng.random() < 0.3:
        A[:, 0] = 1.0
    network = Network([inputs, *hidden, outputs], [*names, last], loss=loss, seed=int(seed))
    if rng.random() < 0.2:
        network.parameters[:] = 0.0
    optimizer = [GradientDescent(0.01), Adam(0.01, 4), LBFGS()][int(rng.integers(3))]
    held_out = (A[:3], y[:3]) if rng.random() < 0.4 else None
    return descended(network, A, y, optimizer, limits=Limits(iterations=20), validation=held_out, compiled=False)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**6))
def test_every_rule_answers_whatever_the_run(seed):
    evidence = Evidence(random_subject(seed), Clock(1.5))
    if not np.isfinite(evidence.error):
        return
    with np.errstate(all="ignore"):
        findings = examine(evidence)
    assert [each.code for each in findings] == list(RULES)
    for each in findings:
        assert each.sentence.endswith((".", "?")), each
        assert not each.fires or 0.0 <= each.confidence <= 1.0, each
        assert math.isnan(each.share) or 0.0 <= each.share <= 1.0, each
        json.dumps(each.to_dict())


def test_an_error_that_is_no_number_is_refused_with_a_sentence():
    network = Network([2, 2, 1], "sigmoid", seed=0)
    network.parameters[:] = np.nan
    with pytest.raises(FalllineError, match="the error on the training rows is nan: weights or rows hold nan"):
        judge(Subject(network, Rows(X, Y)))


def test_no_time_is_refused():
    with pytest.raises(FalllineError, match="seconds 0: expected a number above 0"):
        judge(on_xor([2, 2, 1], iterations=5), 0)
