"""The commands: `train --live` and `watch`, as a person starts them."""

import json
import os
import re
import signal
import sys
import urllib.request

import pytest
from typer.testing import CliRunner

from fallline.cli import app
from fallline.live import server

from .watched import PATIENCE, Training, ended, server_of, table, until


def test_a_training_says_where_its_page_is_and_leaves_it_there(tmp_path):
    training = Training(
        table(tmp_path / "t.csv", rows=60), tmp_path / "run", "--live", "--iterations", "5", "--l2", "0"
    )
    assert training.wait() == 0
    address = re.search(r"live page  (http://127\.0\.0\.1:\d+/[\w-]{32,}/)", training.complained)[1]
    number = json.loads((training.out / "live/server.json").read_text())["pid"]
    try:
        with urllib.request.urlopen(address, timeout=PATIENCE) as page:
            assert b"The descent" in page.read()
    finally:
        os.kill(number, signal.SIGTERM)
    assert sorted(path.name for path in training.out.iterdir()) == [
        "descent.safetensors",
        "live",
        "metrics.jsonl",
        "model.safetensors",
        "run.json",
        "verdict.json",
    ]


def test_a_server_that_comes_back_has_the_same_address_and_another_port_may_be_asked_for(tmp_path):
    (tmp_path / "metrics.jsonl").touch()
    addresses = []
    for words in ((), (), ("--port", "0")):
        process, address = server_of(tmp_path, *words)
        addresses.append(address)
        ended(process)
    assert len(set(addresses)) == 1


def test_a_folder_without_a_run_is_refused_in_a_sentence(tmp_path):
    result = CliRunner().invoke(app, ["watch", str(tmp_path)])
    assert result.exit_code == 3
    assert "there is no run in it" in result.stderr


@pytest.mark.parametrize("words", [["watch", "."], ["train", "t.csv", "--live"]])
def test_what_is_not_installed_is_named(words, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    table(tmp_path / "t.csv", rows=30)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 3
    assert "pip install 'fallline[live]'" in result.stderr.replace("\n", " ")
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
def test_a_server_without_a_page_goes_with_its_training(tmp_path):
    training = Training(
        table(tmp_path / "t.csv", rows=60), tmp_path / "run", "--live", "--iterations", "5", "--l2", "0"
    )
    address = training.process.stderr.readline().split()[-1]
    number = json.loads((training.out / "live/server.json").read_text())["pid"]
    assert training.wait() == 0

    def gone():
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            return True
        return False

    try:
        until(gone, seconds=server.LINGER_SECONDS + PATIENCE)
    finally:
        if not gone():
            os.kill(number, signal.SIGTERM)
