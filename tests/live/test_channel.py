"""The protocol between a training and its watcher, without either."""

import json
import threading
import time

import numpy as np
import pytest

from fallline.training.channel import Action, Channel, Command, Standing


@pytest.fixture
def channel(tmp_path):
    channel = Channel(tmp_path)
    channel.open()
    return channel


def test_commands_come_in_order_each_once(channel):
    assert [channel.send(Action.PAUSE), channel.send(Action.LEARNING_RATE, 0.5)] == [1, 2]
    assert channel.commands(0) == [Command(1, Action.PAUSE), Command(2, Action.LEARNING_RATE, 0.5)]
    assert channel.commands(1) == [Command(2, Action.LEARNING_RATE, 0.5)]
    assert channel.commands(2) == []


def test_a_number_is_never_used_twice_though_its_command_is_done(channel):
    number = channel.send(Action.PAUSE)
    channel.write_state({"acknowledged": number})
    channel.done(number)
    assert channel.send(Action.RESUME) == 2


def test_many_senders_at_once_get_numbers_without_gaps(channel):
    numbers = []

    def send():
        numbers.extend(channel.send(Action.PAUSE) for _ in range(20))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(numbers) == list(range(1, 81))
    assert [each.number for each in channel.commands(0)] == list(range(1, 81))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"action": "explode", "value": null}', '{"value": 1}'])
def test_a_command_that_makes_no_sense_is_left_out_and_gone(channel, tmp_path, content):
    (tmp_path / "live/commands/00000001.json").write_text(content)
    channel.send(Action.STOP)
    assert channel.commands(0) == [Command(2, Action.STOP)]
    assert channel.commands(0) == [Command(2, Action.STOP)]
    assert not (tmp_path / "live/commands/00000001.json").exists()


def test_without_a_folder_there_is_nothing_and_nothing_is_made(tmp_path):
    channel = Channel(tmp_path)
    assert channel.commands(0) == []
    assert channel.present() == (0.0, 0.0)
    assert (channel.state(), channel.weights(), channel.rows(), channel.heard()) == (None, None, None, 0.0)
    assert list(tmp_path.iterdir()) == []


def test_a_state_is_read_whole_and_one_of_another_schema_is_none(channel, tmp_path):
    channel.write_state({"acknowledged": 3, "status": "running"})
    assert channel.state()["status"] == "running"
    assert channel.acknowledged() == 3
    assert channel.heard() == pytest.approx(time.time(), abs=60.0)
    (tmp_path / "live/state.json").write_text(json.dumps({"schema": 99}))
    assert channel.state() is None


def test_weights_and_rows_come_back_bit_for_bit(channel):
    standing = Standing(np.array([1.5, -0.25], dtype=np.float32), "training rows", 12)
    channel.write_weights(standing)
    channel.write_rows(np.eye(2))
    back = channel.weights()
    assert back.parameters.tobytes() == standing.parameters.tobytes()
    assert back.parameters.dtype == np.float32
    assert back[1:] == ("training rows", 12)
    assert np.array_equal(channel.rows(), np.eye(2))


def test_signs_of_presence_have_times(channel):
    assert channel.present() == (0.0, 0.0)
    channel.say_serving(watched=False)
    serving, watched = channel.present()
    assert serving > 0.0
    assert watched == 0.0
    channel.say_serving(watched=True)
    assert channel.present()[1] > 0.0
