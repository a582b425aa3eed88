"""A training in a process of its own, as a user starts it, and what its folder says meanwhile."""

import asyncio
import json
import math
import os
import random
import subprocess
import sys
import time

import httpx

from fallline.training.channel import Channel

PATIENCE = 60.0  # seconds, of a machine that is busy with other things


def until(what, *, seconds=PATIENCE):
    """Return what `what` returns as soon as it is true."""
    ends = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < ends, f"waited {seconds:g} s for {what}"
        time.sleep(0.02)
    return found


def table(path, rows=400, seed=1):
    rng = random.Random(seed)
    lines = ["a,b,c,y"]
    for _ in range(rows):
        a, b, c = (rng.gauss(0, 1) for _ in range(3))
        lines.append(f"{a},{b},{c},{math.sin(2 * a) * b + 0.3 * c + rng.gauss(0, 0.1)}")
    path.write_text("\n".join(lines) + "\n")
    return path


def command(*words):
    return [sys.executable, "-c", "from fallline.cli import main; main()", *map(str, words)]


class Training:
    """`fallline train`, to be ended by whoever started it."""

    def __init__(self, file, out, *options):
        self.out = out
        words = ("train", file, "--out", out, "--quiet", *options)
        self.process = subprocess.Popen(
            command(*words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.channel = Channel(out)

    def wait(self):
        """Return its exit code."""
        self.said, self.complained = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def records(self):
        try:
            text = (self.out / "metrics.jsonl").read_text()
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]

    def state(self):
        return self.channel.state() or {}


def answered(channel, number):
    """Return the answer to a command as soon as there is one."""

    def look():
        answers = (channel.state() or {"answers": []})["answers"]
        return next((each for each in answers if each["number"] == number), None)

    return until(look)


def server_of(run, *words):
    """Start `fallline watch` on a run; return the process and the page's address."""
    process = subprocess.Popen(
        command("watch", run, *words),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"COLUMNS": "300"},
    )
    line = process.stderr.readline()
    if "http://127.0.0.1:" not in line:
        _, rest = process.communicate(timeout=PATIENCE)
        raise AssertionError(line + rest)
    return process, line.split()[-1]


def ended(process):
    process.kill()
    process.wait()
    process.stderr.close()


class Client:
    """Asks an application in this process, without a network."""

    def __init__(self, app, base_url="http://127.0.0.1:4321"):
        self._app, self._base_url = app, base_url

    def _asked(self, method, path, options):
        async def ask():
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url=self._base_url) as client:
                return await client.request(method, path, **options)

        return asyncio.run(ask())

    def get(self, path, **options):
        return self._asked("GET", path, options)

    def post(self, path, **options):
        return self._asked("POST", path, options)

    def options(self, path, **options):
        return self._asked("OPTIONS", path, options)
