"""The child's side of the sandbox: limits are set, the examination is called, and its answer is written."""

from __future__ import annotations

import builtins
import contextlib
import importlib
import io
import json
import os
import runpy
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from fallline.errors import FalllineError
from fallline.subjects.handwritten.attaching.faults import described


class InputAskedError(Exception):
    """The program asked its user for input."""


class Kept(io.TextIOBase):
    """An output that keeps its first characters and drops the rest."""

    def __init__(self, most: int) -> None:
        self.most, self.parts, self.length = most, list[str](), 0

    def write(self, text: str) -> int:
        """Keep what still has room."""
        if self.length < self.most:
            self.parts.append(text[: self.most - self.length])
        self.length += len(text)
        return len(text)

    @property
    def text(self) -> str:
        """What was kept, with a word on what was not."""
        more = f"\n… {self.length - self.most} more characters" if self.length > self.most else ""
        return "".join(self.parts) + more


def answer(request: dict[str, Any]) -> None:
    """Do what the parent asked for and write the result file."""
    printed = Kept(request["output"])
    path = Path(request["path"])
    _watch(request, printed)
    try:
        with _confined(request, printed):
            module = importlib.import_module(request["module"])
            value = getattr(module, request["function"])(request["path"], request["options"])
        told: dict[str, Any] = {"value": value, "printed": printed.text}
        json.dumps(told)
    except FalllineError as error:
        told = {"error": str(error)}
    except MemoryError:
        told = {"error": f"{path.name}: needed more memory than {request['memory'] / 1e9:g} GB."}
    except BaseException as error:
        told = {"error": f"{path.name}: raised {described(error, {str(path), path.name})}."}
    _write(request["result"], told)
    os._exit(0)  # threads that the program left behind must not keep the process


def run_file(path: str, options: dict[str, Any]) -> None:
    """Run a program from its beginning to its end, as an examination that looks at nothing."""
    runpy.run_path(path, run_name="__main__")


def _write(result: str, told: dict[str, Any]) -> None:
    part = Path(result + ".part")
    part.write_text(json.dumps(told), encoding="utf-8")
    part.replace(result)


@contextlib.contextmanager
def _confined(request: dict[str, Any], printed: Kept) -> Iterator[None]:
    try:
        import resource
    except ImportError:  # not on Windows: there the time limit alone holds
        pass
    else:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (request["memory"], request["memory"]))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_FSIZE, (200_000_000, 200_000_000))

    def no_input(*_: object) -> NoReturn:
        raise InputAskedError("it asks for input, which cannot be given here")

    builtins.input = no_input
    sys.stdin = io.StringIO("")
    sys.argv = [request["path"]]
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        yield


def _watch(request: dict[str, Any], printed: Kept) -> None:
    """Write where the program is when its time is over, and end it."""
    main = threading.main_thread().ident

    def ring() -> None:
        frame = sys._current_frames().get(main or 0)
        name, where = Path(request["path"]).name, ""
        while frame is not None:
            if Path(frame.f_code.co_filename).name == name:
                where = f"; it was in line {frame.f_lineno} of {name}"
                break
            frame = frame.f_back
        _write(request["result"], {"error": f"{name}: did not come back within {request['seconds']:g} s{where}."})
        os._exit(0)

    timer = threading.Timer(request["seconds"], ring)
    timer.daemon = True
    timer.start()
