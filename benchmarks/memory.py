"""How much memory a large table takes: a CSV of a million rows and twenty columns, one epoch and five.

Run it as `python benchmarks/memory.py`: about a minute; writes docs/performance.md
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from page import table, write

ROWS, COLUMNS, BLOCK = 1_000_000, 20, 50_000
CHILD = """
import json, resource, sys
from fallline.training.training import train
from fallline.training.settings import Settings
run = train(sys.argv[1], Settings(iterations=int(sys.argv[3]), target="x20"), out=sys.argv[2])
print(json.dumps({"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, **run.to_dict()}))
"""


def write_table(path: Path) -> None:
    """Write a table of normal numbers whose last column depends on the others."""
    rng = np.random.default_rng(0)
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(f"x{j + 1}" for j in range(COLUMNS)) + "\n")
        for _ in range(ROWS // BLOCK):
            X = rng.standard_normal((BLOCK, COLUMNS))
            X[:, -1] = np.tanh(X[:, 0] + X[:, 1]) + 0.1 * X[:, -1]
            np.savetxt(file, X, fmt="%.9g", delimiter=",")


def trained(path: Path, epochs: int) -> list[str]:
    """Train so many epochs in a process of its own; return a row of the table."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        command = [sys.executable, "-c", CHILD, str(path), str(Path(folder) / "run"), str(epochs)]
        told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        elapsed = time.perf_counter() - started
    unit = 1 if sys.platform == "darwin" else 1024  # what ru_maxrss counts in
    peak, size = told["peak"] * unit / 1e6, ROWS * COLUMNS * 4 / 1e6
    assert told["phases"]["training rows"]["iterations"] == epochs
    return [f"{epochs}", f"{size:.0f}", f"{peak:.0f}", f"{peak / size:.2f}", f"{elapsed:.1f}"]


def main() -> None:
    """Write the file, train on it, and write the peaks."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.csv"
        write_table(path)
        rows = [trained(path, epochs) for epochs in (1, 5)]
    header = ["epochs", "MB of the table as float32", "MB at the peak", "ratio", "s in all"]
    write("performance.md", "memory", table(header, rows))


if __name__ == "__main__":
    main()
