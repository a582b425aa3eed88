"""What the server tells a page and does for it, over a run's folder."""

import asyncio
import json
import os
import sys
import time

import pytest

import fallline
from fallline import FalllineError, Settings
from fallline.live import events as events_module
from fallline.live import server
from fallline.live.events import Place, events
from fallline.live.server import Lookout, application, serve
from fallline.live.standing import Folder
from fallline.live.watching import Watching
from fallline.training.channel import Action, Channel, Command

from .test_metrics import line
from .watched import Client, table


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(events_module, "POLL_SECONDS", 0.005)
    monkeypatch.setattr(events_module, "BEAT_SECONDS", 0.05)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    settings = Settings(hidden=[3], activation="relu", iterations=80, optimizer="adam", l2=0.0, seed=3)
    fallline.train(table(folder / "t.csv", rows=60), settings, out=folder / "run")
    return folder / "run"


@pytest.fixture
def going(tmp_path):
    """A run that is under way, as far as its folder says."""
    (tmp_path / "metrics.jsonl").write_text("".join(line(i) for i in range(5)))
    channel = Channel(tmp_path)
    channel.open()
    channel.write_state({"status": "running", "pid": os.getpid(), "acknowledged": 0, "answers": [], "changes": []})
    return tmp_path


def told(run, enough, after=""):
    """Return the events of a page until `enough` says so of them, as (name, data, id), and the watching."""
    watching = Watching(Folder(run))

    async def listen():
        found = []
        stream = events(watching, after)
        try:
            async with asyncio.timeout(30):
                async for each in stream:
                    fields = dict(row.split(": ", 1) for row in each.decode().strip().splitlines())
                    if "event" in fields:
                        found.append((fields["event"], json.loads(fields["data"]), fields.get("id")))
                    if enough(found):
                        assert watching.pages == 1
                        return found
        finally:
            await stream.aclose()

    found = asyncio.run(listen())
    assert watching.pages == 0
    return found


def names(found):
    return [name for name, _, _ in found]


def has(*wanted):
    return lambda found: set(wanted) <= set(names(found))


def test_a_finished_run_is_told_from_its_folder_alone(finished):
    found = told(finished, has("run", "network", "points", "signs", "remedies", "beat"))
    values = {name: data for name, data, _ in found}
    assert values["run"]["status"] == "ended"
    assert values["run"]["stop_text"].startswith("the iterations were used up")
    assert values["points"]["count"] == 81
    assert values["network"]["rows"] == 60
    assert [layer["units"] for layer in values["network"]["layers"]] == [3, 1]
    assert {each["code"] for each in values["remedies"]["remedies"]} >= {"second_order", "lower_rate", "restart"}


def test_a_page_that_comes_back_is_told_the_rest_and_nothing_twice(going):
    found = told(going, has("points"))
    *_, last = [place for name, _, place in found if name == "points"]
    with (going / "metrics.jsonl").open("a") as file:
        file.write("".join(line(i) for i in range(5, 8)))
    (rest,) = [data for name, data, _ in told(going, has("points"), after=last) if name == "points"]
    assert rest["iteration"] == [5, 6, 7]


def test_new_records_come_while_the_page_is_open(going):
    metrics = going / "metrics.jsonl"

    def enough(found):
        if names(found).count("points") == 1 and metrics.read_text().count("\n") == 5:
            with metrics.open("a") as file:
                file.write(line(5))
        return names(found).count("points") == 2

    points = [data for name, data, _ in told(going, enough) if name == "points"]
    assert [each["iteration"] for each in points] == [[0, 1, 2, 3, 4], [5]]


def test_what_is_whole_is_told_only_when_it_changes(going):
    found = told(going, lambda found: names(found).count("beat") >= 6)
    assert names(found).count("run") == 1
    assert names(found).count("remedies") == 1


@pytest.mark.parametrize("after", ["7", "999999", "-1", "x", "1.2.3.x", "9" * 30])
def test_a_place_that_is_none_begins_again(going, after):
    found = told(going, has("points"), after=after)
    (points,) = [data for name, data, _ in found if name == "points"]
    assert points["iteration"] == [0, 1, 2, 3, 4]
    assert ("reset" in names(found)) == (after in ("7", "999999", "9" * 30))


def test_a_silent_training_is_said_to_be_silent(going):
    state = going / "live/state.json"
    for file in (state, going / "metrics.jsonl"):
        os.utime(file, (time.time() - 100, time.time() - 100))
    found = told(going, has("beat"))
    silent = next(data["silent"] for name, data, _ in found if name == "beat")
    assert 99 < silent < 130


def test_a_process_that_is_gone_is_said_to_be_gone(going):
    channel = Channel(going)
    channel.write_state({"status": "running", "pid": 2**22 + 1, "acknowledged": 0, "answers": [], "changes": []})
    for file in (going / "live/state.json", going / "metrics.jsonl"):
        os.utime(file, (time.time() - 100, time.time() - 100))
    assert next(data["status"] for name, data, _ in told(going, has("run")) if name == "run") == "gone"


def test_a_place_reads_as_it_is_written():
    place = Place("120.7.0")
    assert (place.metrics, place.trials, str(place)) == (120, [7, 0], "120.7.0")
    assert str(Place("")) == "0"


# actions


@pytest.fixture
def client(going):
    return Client(application(Lookout(going)))


def test_actions_become_commands(client, going):
    assert client.post("/commands", json={"action": "pause"}).json() == {"number": 1}
    assert client.post("/commands", json={"action": "learning_rate", "value": 0.01}).json() == {"number": 2}
    assert Channel(going).commands(0) == [Command(1, Action.PAUSE), Command(2, Action.LEARNING_RATE, 0.01)]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"action": "explode"}, "expected an action: pause, resume, stop"),
        ({}, "expected an action"),
        ({"action": "learning_rate", "value": "fast"}, "expected an action"),
        (["pause"], "expected a JSON object"),
    ],
)
def test_what_is_no_action_is_refused_in_a_sentence(client, going, body, sentence):
    answer = client.post("/commands", json=body)
    assert answer.status_code == 409
    assert answer.json()["sentence"].startswith(sentence)
    assert Channel(going).commands(0) == []


def test_a_body_of_another_type_or_size_is_refused(client):
    text = client.post("/commands", content=b'{"action": "pause"}', headers={"content-type": "text/plain"})
    assert "application/json" in text.json()["sentence"]
    long = client.post("/commands", json={"action": "pause", "more": "x" * 5000})
    assert "no more than" in long.json()["sentence"]


def test_a_finished_run_takes_no_commands(finished):
    answer = Client(application(Lookout(finished))).post("/commands", json={"action": "pause"})
    assert answer.status_code == 409
    assert "over" in answer.json()["sentence"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"remedy": "prayer", "seconds": 5}, "There is no remedy 'prayer'"),
        ({"remedy": "restart", "seconds": 0}, "0 seconds: expected 1 to 3600"),
        ({"remedy": "restart", "seconds": "nan"}, "nan seconds"),
        ({"remedy": "restart"}, "expected a remedy's code, and seconds"),
    ],
)
def test_a_trial_that_makes_no_sense_is_refused_in_a_sentence(client, going, body, sentence):
    answer = client.post("/trials", json=body)
    assert answer.status_code == 409
    assert answer.json()["sentence"].startswith(sentence)
    assert not (going / "live/trials").exists()


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(FalllineError, match="there is no run in it"):
        serve(tmp_path)
    with pytest.raises(FalllineError, match="there is no such folder"):
        serve(tmp_path / "none")


def test_what_is_missing_is_named_with_its_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(FalllineError, match=r"^The live page needs the extra 'live'.*pip install 'fallline\[live\]'"):
        serve(tmp_path)


def test_the_address_is_kept_for_a_server_that_comes_back(going):
    port, token = server._earlier(going)
    assert port == 0
    server._remember(going, 4567, token)
    assert server._earlier(going) == (4567, token)
    assert (going / "live/server.json").stat().st_mode & 0o077 == 0
    assert len(token) >= 32


def test_a_port_that_is_taken_is_refused_and_an_earlier_one_is_no_must():
    taken = server._socket(0, 0)
    taken.listen()
    port = taken.getsockname()[1]
    with taken:
        with pytest.raises(FalllineError, match=rf"^--port {port}: "):
            server._socket(port, 0)
        with server._socket(0, port) as other:
            assert other.getsockname()[0] == "127.0.0.1"
            assert other.getsockname()[1] != port
