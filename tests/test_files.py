"""A file that is replaced is either the old one or the new one, whole."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from fallline.files import replacing


@pytest.fixture
def umask():
    """Set the process's umask, and set it back afterwards."""
    previous = os.umask(0o022)
    yield os.umask
    os.umask(previous)


def names(folder="."):
    return sorted(path.name for path in Path(folder).iterdir())


def replace(path, content):
    with replacing(path) as file:
        file.write(content)


def test_a_new_file_has_what_was_written(tmp_path):
    replace(tmp_path / "a" / "b" / "file", b"new")
    assert (tmp_path / "a" / "b" / "file").read_bytes() == b"new"
    assert names(tmp_path / "a" / "b") == ["file"]


def test_the_old_content_stands_until_the_end_of_the_block(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with replacing(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["file"]


def fail_halfway(path, problem):
    with replacing(path) as file:
        file.write(b"half of the new")
        raise problem


@pytest.mark.parametrize("problem", [ValueError, OSError, KeyboardInterrupt, SystemExit])
def test_an_exception_leaves_the_old_content_and_no_trace(problem, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(problem):
        fail_halfway(path, problem)
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_an_exception_leaves_no_file_where_there_was_none(tmp_path):
    with pytest.raises(KeyError):
        fail_halfway(tmp_path / "file", KeyError)
    assert names(tmp_path) == []


@pytest.mark.parametrize("step", ["os.fsync", "pathlib.Path.replace"])
def test_a_failure_of_any_step_leaves_the_old_content_and_no_trace(step, tmp_path, monkeypatch):
    def fails(*arguments, **options):
        raise OSError(28, "No space left on device")

    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(step, fails)
    with pytest.raises(OSError, match="No space left"):
        replace(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("mask", [0o022, 0o027, 0o077])
def test_permissions_are_those_of_any_new_file(mask, tmp_path, umask):
    umask(mask)
    replace(tmp_path / "replaced", b"x")
    (tmp_path / "plain").write_bytes(b"x")
    assert stat.S_IMODE((tmp_path / "replaced").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)
    assert umask(mask) == mask


def test_the_content_is_on_disk_before_the_name_is(tmp_path, monkeypatch):
    order = []
    fsync, rename = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (order.append("content"), fsync(handle)))
    monkeypatch.setattr(Path, "replace", lambda self, target: (order.append("name"), rename(self, target)))
    replace(tmp_path / "file", b"new")
    assert order == ["content", "name"]


def test_many_at_once_end_with_one_whole_content(tmp_path, umask):
    path, contents = tmp_path / "file", [bytes([65 + k]) * 20_000 for k in range(8)]
    path.write_bytes(contents[0])
    seen, done = set(), threading.Event()

    def watch():
        while not done.is_set():
            seen.add(path.read_bytes())

    watcher = threading.Thread(target=watch)
    writers = [
        threading.Thread(target=lambda content=content: [replace(path, content) for _ in range(5)])
        for content in contents
    ]
    watcher.start()
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    done.set()
    watcher.join()
    assert seen | {path.read_bytes()} <= set(contents)
    assert names(tmp_path) == ["file"]


def test_the_processs_umask_is_not_touched(tmp_path, monkeypatch):
    def touched(mask):
        raise AssertionError(f"the umask was set to {mask:o}")

    monkeypatch.setattr(os, "umask", touched)
    replace(tmp_path / "file", b"new")
