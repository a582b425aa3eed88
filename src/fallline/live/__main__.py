"""The server as a process of its own: `python -m fallline.live RUN PID`, as a training starts it.

It says its address on standard output, in one line, and nothing else; and yields the processor to the training.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

NICENESS = 10


def main() -> None:
    """Serve the page of the run that the command line names, for the training with that process number."""
    os.environ.setdefault("POLARS_MAX_THREADS", "1")  # the cores are the training's
    from fallline.live.server import serve

    def tell(address: str) -> None:
        sys.stdout.write(address + "\n")
        sys.stdout.flush()
        if hasattr(os, "nice"):
            os.nice(NICENESS)  # from now on; on a busy machine the address would be long in coming
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the training does not listen any longer

    serve(Path(sys.argv[1]), training=int(sys.argv[2]), tell=tell)


if __name__ == "__main__":
    main()
