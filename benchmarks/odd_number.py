"""The hand-written network of examples/odd_number.py: as written, with each mistake mended, and with both.

python benchmarks/odd_number.py             # about 4 minutes; writes docs/odd-number.md
python benchmarks/odd_number.py diagnose    # about 2 minutes; draws what `fallline diagnose` says of it
"""

import io
import re
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import altair as alt
import numpy as np
import polars as pl
from rich.console import Console

from fallline import Network
from fallline.report.handwritten import diagnosis_in_words
from fallline.subjects.handwritten.diagnose import diagnose_file

from page import DOCS, table, write

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "examples"))
from odd_number import OddNetwork

PROGRAM = Path(__file__).resolve().parents[1] / "examples" / "odd_number.py"
SECONDS = 120.0  # long enough for 60,000 steps of every variant
X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = np.array([[0.0], [1.0], [1.0], [0.0]])
SHAPE, RATE, ITERATIONS, SEEDS = [2, 3, 1], 0.5, 60_000, 10
LEARNED = 0.01  # of ½·Σ(ŷ − y)²: every row within 0.15 of its target


class Mended(OddNetwork):
    """The network with the chosen mistakes mended, and a list of weights of its own so that they can be compared."""

    def __init__(self, shape: list[int], seed: int, argument: bool, sign: bool) -> None:
        self.weights = []
        self.argument, self.sign = argument, sign
        super().__init__(shape, seed)

    def slope(self, a: np.ndarray) -> np.ndarray:
        s = a if self.argument else self.sigmoid(a)
        return s * (1 - s) if self.sign else s * (s - 1)

    def step(self) -> float:
        return self.backpropagate(X, Y, -RATE if self.sign else RATE)


VARIANTS = {
    "as written": (False, False),
    "only σ′ taken of z": (True, False),
    "only the sign": (False, True),
    "both": (True, True),
}


def descend(job: tuple[str, int]) -> np.ndarray:
    """Return the error before each step."""
    network = Mended(SHAPE, job[1], *VARIANTS[job[0]])
    return np.array([network.step() for _ in range(ITERATIONS)])


def main() -> None:
    """Measure, write the table, and draw the descents."""
    jobs = [(name, seed) for name in VARIANTS for seed in range(SEEDS)]
    with ProcessPoolExecutor(2) as pool:
        errors = dict(zip(jobs, pool.map(descend, jobs), strict=True))
    rows = []
    for name in VARIANTS:
        final = np.array([errors[name, seed][-1] for seed in range(SEEDS)])
        learned = int((final < LEARNED).sum())
        rows.append([name, f"{learned} of {SEEDS}", ", ".join(f"{e:.4g}" for e in np.unique(final.round(5)))])
    write("odd-number.md", "variants", table(["mended", "learn XOR", "errors after 60,000 steps"], rows))

    own = Network(SHAPE, "sigmoid", initialiser="normal", seed=0).train(X, Y, RATE, ITERATIONS)
    same = np.abs(own[:-1] - errors["both", 0]).max()
    print(f"Fallline's own network from the same weights: differs by at most {same:.2g} at any step")
    assert same < 1e-9
    draw(errors)


def draw(errors: dict[tuple[str, int], np.ndarray]) -> None:
    """Draw the error of seed 0 under each variant, on two logarithmic scales."""
    at = np.unique(np.geomspace(1, ITERATIONS, 300).astype(int)) - 1
    frame = pl.concat(
        [
            pl.DataFrame({"iteration": at + 1, "error": errors[name, 0][at], "mended": [name] * len(at)})
            for name in VARIANTS
        ]
    )
    chart = (
        alt.Chart(frame, width=560, height=300, background="white")
        .mark_line(strokeWidth=2)
        .encode(
            x=alt.X("iteration:Q", scale=alt.Scale(type="log"), axis=alt.Axis(format="~s", tickCount=5)),
            y=alt.Y("error:Q", scale=alt.Scale(type="log"), title="½·Σ(ŷ − y)²", axis=alt.Axis(tickCount=5)),
            color=alt.Color("mended:N", sort=list(VARIANTS), title="what is mended"),
        )
    )
    (DOCS / "images").mkdir(exist_ok=True)
    chart.save(DOCS / "images" / "odd-number.svg")


def diagnosed() -> None:
    """Draw the terminal with the network's diagnosis."""
    network = f"OddNetwork({SHAPE}, seed=0)"
    found = diagnose_file(PROGRAM, (X, Y), network=network, learning_rate=RATE, seconds=SECONDS)
    console = Console(record=True, width=116, file=io.StringIO(), force_terminal=True)
    console.print(diagnosis_in_words(found))
    drawn = console.export_svg(title="fallline diagnose examples/odd_number.py --data examples/xor.csv")
    drawn = re.sub(r"@font-face \{.*?\}", "", drawn, flags=re.S).replace("Fira Code", "ui-monospace, Menlo, Consolas")
    (DOCS / "images" / "diagnose.svg").write_text(drawn, encoding="utf-8")
    proof = found["proof"]
    print(f"{proof['steps']:,} steps; learned: {[(v['mended'], v['learned']) for v in proof['variants']]}")


if __name__ == "__main__":
    if sys.argv[1:] == ["diagnose"]:
        diagnosed()
    else:
        main()
