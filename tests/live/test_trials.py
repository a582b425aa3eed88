"""Remedies tried from the page: a log that has everything, and an end for every one that begins."""

import asyncio
import json
import os
import time

import pytest

import fallline
from fallline import FalllineError, Settings
from fallline.diagnosis.runs import subject_under_way
from fallline.diagnosis.trials import REMEDIES
from fallline.live.standing import Folder
from fallline.live.trial import Log, run
from fallline.live.trials import BROKEN_OFF, Trials, lines_since, remedies
from fallline.training.channel import Channel, Standing

from .watched import table


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    settings = Settings(hidden=[3], iterations=100, optimizer="gradient_descent", learning_rate=0.02, l2=0.0)
    fallline.train(table(folder / "t.csv", rows=60), settings, out=folder / "run")
    return folder / "run"


def tried(folder, code, log):
    with log.open("a") as file:
        run(Folder(folder), code, 20.0, Log(file))
    return lines_since(log, 0)[0]


def test_a_trial_has_both_curves_and_the_outcome(finished, tmp_path):
    lines = tried(finished, "higher_rate", tmp_path / "0001.jsonl")
    assert (lines[0]["kind"], lines[-1]["kind"]) == ("begun", "ended")
    assert lines[0]["title"] == REMEDIES["higher_rate"].title
    trial = lines[-1]["trial"]
    assert trial["outcome"] in ("helps", "makes no difference", "harms")
    arms = {(each["control"], each["pair"]) for each in lines if each["kind"] == "arm"}
    assert arms == {(control, pair) for control in (False, True) for pair in range(trial["pairs"])}
    for control, errors in ((True, trial["control"]), (False, trial["errors"])):
        points = [each for each in lines if each["kind"] == "points" and each["control"] == control]
        for pair, error in enumerate(errors):
            works = [work for each in points if each["pair"] == pair for work in each["work"]]
            curve = [value for each in points if each["pair"] == pair for value in each["error"]]
            assert works == sorted(works)
            assert 2 <= len(works) <= 310
            assert works[-1] <= 1.001 * trial["work"]
            assert curve[-1] == pytest.approx(error, rel=0.05)  # the last point is a step or so before the end


def test_an_arm_whose_errors_are_on_another_scale_is_said_to_be_not_comparable(tmp_path):
    settings = Settings(hidden=[3], iterations=60, optimizer="adam", l2=0.0, scale=False)
    file = tmp_path / "t.csv"
    file.write_text("a,y\n" + "".join(f"{i % 7},{100 + 30 * (i % 7)}\n" for i in range(60)))
    fallline.train(file, settings, out=tmp_path / "run")
    arms = [each for each in tried(tmp_path / "run", "scale_targets", tmp_path / "0001.jsonl") if each["kind"] == "arm"]
    assert {each["control"] for each in arms} == {True, False}
    assert all(each["comparable"] == each["control"] for each in arms)


def test_a_remedy_that_does_not_apply_says_why(finished, tmp_path):
    last = tried(finished, "larger_batch", tmp_path / "0001.jsonl")[-1]
    assert last["trial"]["outcome"] == "not run"
    assert "not run, since" in last["trial"]["sentence"]


def test_a_table_that_is_gone_fails_in_a_sentence(finished, tmp_path):
    moved = finished.parent / "t.csv"
    moved.rename(finished.parent / "moved.csv")
    try:
        last = tried(finished, "restart", tmp_path / "0001.jsonl")[-1]
    finally:
        (finished.parent / "moved.csv").rename(moved)
    assert last["kind"] == "failed"
    assert "t.csv" in last["sentence"]


def under_way(finished, folder, iteration=60):
    """The finished run as it was at an iteration, with what its training would have written for a watcher."""
    account = json.loads((finished / "run.json").read_text())
    lines = (finished / "metrics.jsonl").read_text().splitlines()[: iteration + 1]
    (folder / "metrics.jsonl").write_text("\n".join(lines) + '\n{"phase": "training r')
    weights = fallline.Model.load(finished / "model.safetensors").network.parameters
    channel = Channel(folder)
    channel.open()
    state = {"status": "running", "pid": os.getpid(), "asked": account["asked"], "acknowledged": 0}
    channel.write_state(state | {"l2_strength": None, "changes": []})
    channel.write_weights(Standing(weights, "training rows", iteration))
    return channel


def test_a_run_under_way_is_a_subject_where_it_was_last_seen(finished, tmp_path):
    channel = under_way(finished, tmp_path)
    subject = subject_under_way(tmp_path)
    assert subject.network.parameters.tobytes() == channel.weights().parameters.tobytes()
    assert subject.descent.iterations == 60
    assert [record.iteration for record in subject.descent.history.records] == list(range(61))
    assert len(subject.training) == 48
    channel.write_weights(channel.weights()._replace(phase="all rows"))
    with pytest.raises(FalllineError, match="past the descent on the training rows"):
        subject_under_way(tmp_path)


def test_a_remedy_is_tried_on_a_run_under_way(finished, tmp_path):
    under_way(finished, tmp_path)
    lines = tried(tmp_path, "second_order", tmp_path / "0001.jsonl")
    assert lines[0]["under_way"]
    assert lines[-1]["trial"]["outcome"] == "helps"


def test_what_has_no_weights_yet_is_refused(tmp_path):
    with pytest.raises(FalllineError, match="has not shown its weights yet"):
        subject_under_way(tmp_path)


def begun(pid):
    return json.dumps({"kind": "begun", "pid": pid}) + "\n"


def test_a_process_that_is_gone_leaves_no_trial_open(tmp_path):
    trials = Trials(tmp_path)
    logs = tmp_path / "live/trials"
    logs.mkdir(parents=True)
    (logs / "0001.jsonl").write_text(begun(2**22 + 1) + '{"kind": "poi')
    (logs / "0002.jsonl").write_text(begun(os.getpid()))
    (logs / "0003.jsonl").touch()
    (logs / "0004.jsonl").touch()
    os.utime(logs / "0004.jsonl", (time.time() - 100, time.time() - 100))
    for _ in range(2):
        trials.settle()
    last = [lines[-1]["kind"] if (lines := lines_since(log, 0)[0]) else None for log in trials.logs()]
    assert last == ["failed", "begun", None, "failed"]
    assert lines_since(logs / "0001.jsonl", 0)[0][-1]["sentence"] == BROKEN_OFF


def test_one_trial_at_a_time_and_it_can_be_ended(finished):
    async def start_twice():
        trials = Trials(finished)
        number = await trials.start("restart", 600.0)
        with pytest.raises(FalllineError, match="A trial is under way"):
            await trials.start("restart", 5.0)
        trials.settle()
        assert lines_since(trials.logs()[-1], 0)[0] == []
        await trials.end()
        assert not trials.running
        return number, trials.logs()[-1]

    number, log = asyncio.run(start_twice())
    assert log.name == f"{number:04d}.jsonl"
    assert lines_since(log, 0)[0][-1] == {"kind": "failed", "sentence": BROKEN_OFF}


def test_every_remedy_is_offered_with_its_texts():
    assert {each["code"] for each in remedies()} == set(REMEDIES)
    assert all(each["title"] and each["explanation"] for each in remedies())
