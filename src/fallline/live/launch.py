"""A training's page: the server is started as a process of its own, so that nothing of it can touch the training."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from fallline.training.audience import Audience

WAIT_SECONDS = 20.0  # for the address, at the end of a training that was quicker than the server


class LivePage(Audience):
    """Starts the server as soon as the run has a folder.

    Parameters
    ----------
    tell
        Called with the page's address when it can be had, from a thread of its own.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.address: str | None = None
        self.process: subprocess.Popen[str] | None = None
        self._tell = tell
        self._listening: threading.Thread | None = None

    def opened(self, directory: Path) -> None:
        """Start the server, and do not wait for it."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fallline.live", str(directory), str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,  # so that Ctrl-C stops the training and not the page
        )
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def wait(self) -> str | None:
        """Return the address, or None where the server did not come up."""
        if self._listening is not None:
            self._listening.join(WAIT_SECONDS)
        return self.address

    def _listen(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            self.address = lines.readline().strip() or None
        if self.address is not None:
            self._tell(self.address)
