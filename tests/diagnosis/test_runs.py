import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import fallline
from fallline import FalllineError, Settings
from fallline.diagnosis.runs import VERDICT, read_subject, stored_verdict, subject_of_run, write_verdict
from fallline.engine import Objective

EXAMPLES = Path(__file__).parents[2] / "examples"

ROWS = "a,b,y\n" + "".join(f"{i % 7},{i % 5},{(i % 7) * 0.5 - (i % 5) ** 2 * 0.1}\n" for i in range(70))
SETTINGS = Settings(hidden=[3], iterations=60, optimizer="adam", l2=0.0, seed=3)


@pytest.fixture
def run(tmp_path):
    (tmp_path / "t.csv").write_text(ROWS)
    return fallline.train(tmp_path / "t.csv", SETTINGS, out=tmp_path / "run")


def test_a_run_in_its_folder_is_the_same_subject_as_the_run_itself(run):
    a, b = subject_of_run(run), read_subject(run.directory)
    assert np.array_equal(a.network.parameters, b.network.parameters)
    assert np.array_equal(a.first.parameters, b.first.parameters)
    for rows in ("training", "validation"):
        for one, other in zip(getattr(a, rows).blocks(100), getattr(b, rows).blocks(100), strict=True):
            assert np.array_equal(one[0], other[0])
            assert np.array_equal(one[1], other[1])
    assert a.optimizer == b.optimizer
    assert a.limits == b.limits
    assert a.descent.stop_reason is b.descent.stop_reason
    assert a.descent.history.records[1:] == b.descent.history.records[1:]
    assert a.features == b.features == ["a", "b"]
    assert a.target_scale == b.target_scale


def test_the_penalty_of_the_descent_on_the_training_rows_is_its_own(tmp_path):
    """Where all rows then ask for another one: at its stop, the gradient with its own penalty is nothing."""
    run = fallline.train(EXAMPLES / "iris.csv", Settings(hidden=[16]), out=tmp_path / "iris")
    assert len(set(run.l2_strengths.values())) == 2
    for subject in (subject_of_run(run), read_subject(run.directory)):
        objective = Objective(subject.network.architecture, subject.training, subject.l2)
        _, gradient = objective.error_and_gradient(subject.network.parameters)
        assert np.linalg.norm(gradient) < 1e-5


def test_explaining_a_folder_and_a_run_come_to_the_same(run):
    from_run, from_folder = (fallline.explain(each, 3.0, trials=False) for each in (run, run.directory))
    assert from_run.judgement is from_folder.judgement
    assert [each.code for each in from_run.findings] == [each.code for each in from_folder.findings]


def test_a_verdict_is_kept_and_read(run):
    assert stored_verdict(run.directory) is None
    verdict = fallline.explain(run, 2.0, trials=False)
    write_verdict(run.directory, verdict)
    assert stored_verdict(run.directory)["judgement"] == verdict.judgement.code
    assert json.loads((run.directory / VERDICT).read_text())["schema"] == 1


def test_a_table_that_has_moved_can_be_named(run, tmp_path):
    shutil.move(tmp_path / "t.csv", tmp_path / "moved.csv")
    with pytest.raises(FalllineError, match=r"t\.csv"):
        read_subject(run.directory)
    assert len(read_subject(run.directory, tmp_path / "moved.csv").training) == 56


def test_a_table_that_has_changed_is_refused(run, tmp_path):
    (tmp_path / "t.csv").write_text(ROWS.replace("3,4,", "3,5,"))
    with pytest.raises(FalllineError, match=r"not the table that the run in .* learned from, or it has changed since"):
        read_subject(run.directory)


def test_a_table_in_memory_has_to_be_named(tmp_path):
    table = {"a": [float(i % 7) for i in range(70)], "y": [float(i % 3) for i in range(70)]}
    made = fallline.train(table, SETTINGS, out=tmp_path / "run")
    with pytest.raises(FalllineError, match=r"a table in memory, not from a file\. Name the same rows with --data"):
        read_subject(made.directory)


def test_what_is_no_run_is_refused_with_a_sentence(tmp_path, run):
    with pytest.raises(FalllineError, match="there is no such folder"):
        read_subject(tmp_path / "none")
    with pytest.raises(FalllineError, match="there is no run in it"):
        stored_verdict(tmp_path)
    (tmp_path / "begun").mkdir()
    (tmp_path / "begun" / "metrics.jsonl").touch()
    with pytest.raises(FalllineError, match="did not come to its end"):
        stored_verdict(tmp_path / "begun")
    (run.directory / "descent.safetensors").write_bytes(b"nonsense")
    with pytest.raises(FalllineError, match="damaged"):
        read_subject(run.directory)
    (run.directory / VERDICT).write_text('{"schema": 0}')
    with pytest.raises(FalllineError, match="a verdict of schema 0; this version reads 1"):
        stored_verdict(run.directory)
