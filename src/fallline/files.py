"""Files written beside and renamed, so that whatever happens either the old or the new one is there whole."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def replacing(path: Path, *, durable: bool = True) -> Iterator[IO[bytes]]:
    """Open a file that takes the place of `path` when the block ends well, and leaves no trace when it does not.

    Parameters
    ----------
    path
        The place; its folder is made where it is missing.
    durable
        Whether to wait until the disk has it, so that it outlives a power cut too.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.parent / f".fallline-{secrets.token_hex(8)}.part"
    try:
        with beside.open("xb") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
