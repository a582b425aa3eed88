"""A training in this process does what the channel asks of it, between two steps."""

import math
import threading
import time

import numpy as np
import pytest

import fallline
from fallline import Settings
from fallline.optimizers import Adam, OnPlateau
from fallline.training import remote as remote_module
from fallline.training.channel import Action, Channel
from fallline.training.rate_by_hand import by_hand
from fallline.training.remote import Remote
from fallline.training.run import Asked
from fallline.training.stopping import StopReason

from .watched import answered, table, until

ENDLESS = {"hidden": [4], "l2": 0.0, "plateau_stop": False, "time_limit": 60.0, "validation": 0.0}
ADAM = {**ENDLESS, "optimizer": "adam", "learning_rate": 0.01}


@pytest.fixture(autouse=True)
def _at_every_moment(monkeypatch):
    monkeypatch.setattr(remote_module, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(remote_module, "TELL_SECONDS", 0.0)


class Running:
    """A training in a thread, with its channel."""

    def __init__(self, folder, **settings):
        self.out = folder / "run"
        self.channel = Channel(self.out)
        self._settings = Settings(**settings)
        self._file = table(folder / "t.csv", rows=60)
        self.run = None
        self._thread = threading.Thread(target=self._train)

    def _train(self):
        self.run = fallline.train(self._file, self._settings, out=self.out)

    def __enter__(self):
        self._thread.start()
        until(self.lines if self._settings.restarts is None else (self.out / "metrics.jsonl").exists)
        self.channel.open()
        return self

    def __exit__(self, *rest):
        if self._thread.is_alive():
            self.channel.send(Action.STOP)
        self._thread.join(60.0)
        assert not self._thread.is_alive()

    def lines(self):
        file = self.out / "metrics.jsonl"
        return file.read_text().count("\n") if file.exists() else 0

    def ask(self, action, value=None):
        return answered(self.channel, self.channel.send(action, value))


def test_a_stop_from_the_channel_ends_it_as_ctrl_c_does(tmp_path):
    with Running(tmp_path, **ADAM) as running:
        answer = running.ask(Action.STOP)
        until(lambda: running.run)
    assert answer["done"]
    assert running.run.stop_reason is StopReason.INTERRUPTED
    assert (running.out / "model.safetensors").exists()
    assert running.channel.state()["status"] == "ended"
    assert [each.name for each in (running.out / "live/commands").iterdir()] == []


def test_a_pause_stands_still_and_its_time_does_not_count(tmp_path):
    with Running(tmp_path, **ADAM) as running:
        running.ask(Action.PAUSE)
        assert running.channel.state()["status"] == "paused"
        before = running.lines()
        time.sleep(1.0)
        assert running.lines() == before
        assert not running.ask(Action.PAUSE)["done"]
        began = time.perf_counter()
        running.ask(Action.RESUME)
        until(lambda: running.lines() > before)
        assert not running.ask(Action.RESUME)["done"]
    paused_at, after = (record.seconds for record in running.run.descent.history.records[before - 1 : before + 1])
    assert after - paused_at < 0.9
    assert running.run.seconds < time.perf_counter() - began + paused_at + 5.0


def test_a_rate_by_hand_holds_from_there_on(tmp_path):
    with Running(tmp_path, **ADAM) as running:
        answer = running.ask(Action.LEARNING_RATE, 0.002)
        assert answer["done"]
        assert "0.002" in answer["said"]
        until(lambda: running.channel.state()["learning_rate"] == pytest.approx(0.002))
        seen = running.lines()
        until(lambda: running.lines() > seen)
    rates = running.run.descent.history.column("learning_rate")[1:]
    assert set(np.round(rates, 9)) == {0.01, 0.002}
    assert (np.diff(rates) <= 0).all()
    (change,) = running.run.to_dict()["rate_changes"]
    assert (change["before"], change["after"]) == (0.01, 0.002)
    assert rates[change["iteration"] + 2] == pytest.approx(0.002)


@pytest.mark.parametrize("value", [None, 0.0, -1.0, math.inf, math.nan])
def test_what_is_no_rate_is_refused(tmp_path, value):
    with Running(tmp_path, **ADAM) as running:
        number = running.channel.send(Action.LEARNING_RATE, value)
        answer = answered(running.channel, number)
    assert not answer["done"]
    assert "expected a number above 0" in answer["said"]
    assert running.run.rate_changes == []


def test_an_optimizer_without_a_rate_says_so(tmp_path):
    with Running(tmp_path, **ENDLESS, optimizer="rprop") as running:
        answer = running.ask(Action.LEARNING_RATE, 0.1)
    assert not answer["done"]
    assert "rprop finds a rate of its own" in answer["said"]


def test_somebody_who_watches_is_shown_state_and_weights(tmp_path):
    with Running(tmp_path, **ADAM) as running:
        time.sleep(0.1)
        assert running.channel.state() is None  # nobody watches

        def shown():
            running.channel.say_serving(watched=True)
            return running.channel.weights()

        standing = until(shown)
        state = until(running.channel.state)
    assert standing.parameters.shape == (4 * 4 + 5,)
    assert standing.phase == "training rows"
    assert running.channel.rows().shape == (60, 3)
    assert state["shape"] == [3, 4, 1]
    assert state["asked"]["source"].endswith("t.csv")
    assert 0.0 < state["left"] <= 60.0


def test_a_pause_ends_where_the_page_is_gone(tmp_path, monkeypatch):
    monkeypatch.setattr(remote_module, "GONE_SECONDS", 0.3)
    with Running(tmp_path, **ADAM) as running:
        running.channel.say_serving(watched=False)
        running.ask(Action.PAUSE)
        before = running.lines()
        until(lambda: running.lines() > before)


def test_a_folder_that_goes_away_does_not_touch_the_training(tmp_path):
    with Running(tmp_path, **ADAM) as running:
        (running.out / "live/state.json").mkdir()  # so that no state can be written
        number = running.channel.send(Action.LEARNING_RATE, 0.002)
        before = running.lines()
        until(lambda: running.lines() > before + 5)
        (running.out / "live/state.json").rmdir()
        assert answered(running.channel, number)["done"]


def test_a_run_that_is_watched_has_the_same_bits_as_one_that_is_not(tmp_path):
    settings = Settings(
        hidden=[4], l2=0.0, optimizer="adam", learning_rate=0.01, schedule="plateau", iterations=300, plateau_stop=False
    )
    file = table(tmp_path / "t.csv", rows=60)
    alone = fallline.train(file, settings, save=False)
    out = tmp_path / "run"
    Channel(out).folder.mkdir(parents=True)
    Channel(out).open()
    Channel(out).say_serving(watched=True)
    watched = fallline.train(file, settings, out=out)
    assert watched.model.network.parameters.tobytes() == alone.model.network.parameters.tobytes()
    assert (out / "live/weights.safetensors").exists()


def test_several_starts_can_be_stopped_and_have_no_rate_by_hand(tmp_path):
    with Running(tmp_path, **ENDLESS, optimizer="adam", restarts=3) as running:
        answer = running.ask(Action.LEARNING_RATE, 0.1)
        assert not answer["done"]
        assert "several starts" in answer["said"]
        assert running.ask(Action.PAUSE)["done"]
        assert running.ask(Action.RESUME)["done"]
    assert running.run is not None


def test_a_hand_on_a_schedule_is_the_schedule_until_it_moves():
    own, (held, hand) = OnPlateau(0.1, patience=2), by_hand(Adam(OnPlateau(0.1, patience=2)))
    errors = [math.nan, 1.0, 1.0, 1.0, 1.0, 0.1, 0.1, 0.1]
    one, other = own.course(), held.schedule().course()
    assert other.looks_at_errors
    assert [one.rate(i + 1, e) for i, e in enumerate(errors)] == [other.rate(i + 1, e) for i, e in enumerate(errors)]
    hand.set(1.0)
    assert other.rate(9, 0.05) == pytest.approx(1.0)


def test_looking_costs_next_to_nothing(tmp_path):
    remote = Remote(Channel(tmp_path), Asked(Settings(), None, {}))
    assert not remote.wished
    started = time.perf_counter()
    for _ in range(1000):
        remote._attend()
    assert (time.perf_counter() - started) / 1000 < 2e-3  # a few times a second: far below a hundredth
