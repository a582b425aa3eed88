"""How long it takes until something happens: `import fallline`, `fallline --help`, and a first training.

Run it as `python benchmarks/startup.py`: half a minute; writes docs/performance.md

Each command is a process of its own; they take turns, and the medians are compared.
"""

import shutil
import statistics
import sys
from pathlib import Path

from processes import seconds_of

from page import table, write

ROUNDS = 21
XOR = Path(__file__).resolve().parents[1] / "examples" / "xor.csv"
FALLLINE = shutil.which("fallline", path=str(Path(sys.executable).parent)) or "fallline"
COMMANDS = {
    "`import numpy`": [sys.executable, "-c", "import numpy"],
    "`import fallline`": [sys.executable, "-c", "import fallline"],
    "`fallline --help`": [FALLLINE, "--help"],
    "`fallline train examples/xor.csv`": [FALLLINE, "train", str(XOR), "--quiet"],
}
LIMITS = {"`import fallline`": "1.5", "`fallline --help`": "3"}


def main() -> None:
    """Measure all commands in turn, and write the table."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, command in COMMANDS.items():
            times[name].append(seconds_of(command))
    medians = {name: statistics.median(measured) for name, measured in times.items()}
    numpy = medians["`import numpy`"]
    rows = [
        [name, f"{1000 * median:.0f}", f"{median / numpy:.2f}", LIMITS.get(name, "")]
        for name, median in medians.items()
    ]
    write("performance.md", "start-up", table(["", "ms, median", "× `import numpy`", "at most"], rows))


if __name__ == "__main__":
    main()
