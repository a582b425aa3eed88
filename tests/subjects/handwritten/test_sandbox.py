"""The child process: every way in which a program can go wrong becomes one sentence with its file and line."""

import os
import sys
import time
from pathlib import Path

import pytest

from fallline.errors import FalllineError
from fallline.subjects.handwritten.attaching.sandbox import Limits, examine_in_child
from fallline.subjects.handwritten.attaching.sandboxed import run_file
from fallline.subjects.handwritten.attaching.source import read_source

posix = pytest.mark.skipif(sys.platform == "win32", reason="no limit on memory there")


def examined(folder: Path, source: str, **limits: float):
    path = folder / "net.py"
    path.write_text(source, encoding="utf-8")
    return examine_in_child(run_file, path, {}, Limits(**limits))


def test_what_is_printed_comes_back_up_to_its_limit(tmp_path):
    outcome = examined(tmp_path, "for i in range(1000):\n    print('x' * 99)\n", output=500)
    assert outcome.printed.startswith("x" * 99 + "\n")
    assert outcome.printed.endswith("\n… 99500 more characters")
    assert len(outcome.printed) < 600


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("def f(x):\n    return x / 0\nf(3)\n", "ZeroDivisionError: division by zero, in line 2 of net.py (return x /"),
        ("n = int(input('units? '))\n", "it asks for input, which cannot be given here, in line 1 of net.py"),
        ("import sys\nsys.exit(4)\n", "raised SystemExit: 4, in line 2 of net.py"),
    ],
)  # fmt: skip
def test_what_is_raised_is_told_with_the_users_line(tmp_path, source, sentence):
    with pytest.raises(FalllineError) as raised:
        examined(tmp_path, source)
    assert sentence in str(raised.value)


def test_an_endless_loop_is_stopped_and_its_line_told(tmp_path):
    began = time.monotonic()
    with pytest.raises(FalllineError, match=r"net\.py: did not come back within 1 s; it was in line [23] of net\.py\."):
        examined(tmp_path, "n = 0\nwhile True:\n    n += 1\n", seconds=1)
    assert time.monotonic() - began < 10


@posix
def test_memory_is_limited(tmp_path):
    with pytest.raises(FalllineError, match=r"net\.py: needed more memory than 2 GB\."):
        examined(tmp_path, "block = bytearray(10**10)\n", memory=2_000_000_000)


@posix
def test_a_process_that_dies_is_told(tmp_path):
    with pytest.raises(FalllineError, match=r"ended early \(signal 9"):
        examined(tmp_path, "import os\nos.kill(os.getpid(), 9)\n")


def test_files_are_read_from_beside_and_written_elsewhere(tmp_path):
    (tmp_path / "data.csv").write_text("1,2\n", encoding="utf-8")
    outcome = examined(tmp_path, "print(open('data.csv').read())\nopen('weights.txt', 'w').write('w')\n")
    assert "1,2" in outcome.printed
    assert sorted(os.listdir(tmp_path)) == ["data.csv", "net.py"]  # noqa: PTH208


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("x = 1\nprint 'error', x\n", "line 2: this is Python 2 (`print 'error', x`)"),
        ("try:\n    x = 1\nexcept ValueError, e:\n    pass\n", "line 3: this is Python 2 (`except ValueError, e:`)"),
        ("x = 1\ndef f(:\n    pass\n", "line 2: does not parse: invalid syntax (`def f(:`)"),
        ("", "the file is empty"),
    ],
)
def test_a_file_that_does_not_parse_is_told_with_its_line(tmp_path, source, sentence):
    path = tmp_path / "net.py"
    path.write_text(source, encoding="utf-8")
    with pytest.raises(FalllineError) as raised:
        read_source(path)
    assert sentence in str(raised.value)
    assert str(raised.value).startswith("net.py")


def test_a_notebook_and_a_missing_file_are_told(tmp_path):
    with pytest.raises(FalllineError, match="is a notebook: save it as a script"):
        read_source(tmp_path / "net.ipynb")
    with pytest.raises(FalllineError, match="cannot be read"):
        read_source(tmp_path / "absent.py")
