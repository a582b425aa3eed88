"""Commands timed as whole processes."""

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence


def seconds_of(command: Sequence[str]) -> float:
    """Return how long a command takes, in an empty folder, with Python's bytecode kept as an installation keeps it."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        subprocess.run(command, cwd=folder, check=True, capture_output=True, env=environment)
        return time.perf_counter() - started
