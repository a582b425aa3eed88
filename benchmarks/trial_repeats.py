"""Whether a remedy that was said to help, or to harm, does so again with other seeds.

    python benchmarks/trial_repeats.py                   # writes docs/calibration.md
    python benchmarks/trial_repeats.py --runs 2 --dry

Draws runs of every cause (`causes/`), tries the remedies of their verdicts, and tries those that helped or harmed again
with seeds of their own: the order of mini-batches, and the first weights where a trial draws some.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

import causes
from calibrate import modules

from page import table, write

REPORTED, RUNS, SECONDS = 2_000_000, 4, 10.0


class Repeat(NamedTuple):
    """A remedy's effect, twice."""

    remedy: str
    pairs: int
    first: float  # ratio of the error with the remedy to that of the control
    again: float
    drawn: bool  # whether anything in the trial hung on its seeds


def repeats(job: tuple[str, int]) -> list[Repeat]:
    """Draw a run, try the remedies of its verdict, and try those that made a difference again."""
    from fallline.diagnosis.clock import Clock
    from fallline.diagnosis.evidence import Evidence
    from fallline.diagnosis.judge import judge
    from fallline.diagnosis.trials import Outcome, run_trials

    name, seed = job
    subject = importlib.import_module(f"causes.{name}").make(np.random.default_rng([seed, len(name)]))
    found = []
    for trial in judge(subject, SECONDS, seed=seed).trials:
        if trial.outcome in (Outcome.HELPS, Outcome.HARMS):
            evidence = Evidence(subject, Clock(SECONDS), seed=seed + 1_000_000)
            again = run_trials(evidence, [trial.remedy], Clock(SECONDS))[0]
            if again.outcome is not Outcome.NOT_RUN:
                drawn = trial.errors != again.errors
                found.append(Repeat(trial.remedy, trial.pairs, trial.ratio, again.ratio, drawn))
    return found


def main() -> None:
    """Try all, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=RUNS, help="of each cause")
    parser.add_argument("--seed", type=int, default=REPORTED)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--dry", action="store_true", help="print the table and leave the page as it is")
    arguments = parser.parse_args()
    jobs = [(name, arguments.seed + k) for k in range(arguments.runs) for name in modules(causes)]
    by_remedy: dict[str, list[Repeat]] = defaultdict(list)
    with ProcessPoolExecutor(arguments.processes) as pool:
        for job, found in zip(jobs, pool.map(repeats, jobs), strict=True):
            for each in found:
                by_remedy[each.remedy].append(each)
                same = (each.first < 1.0) == (each.again < 1.0)
                mark = " " if same else "!"
                print(f"{mark} {job}: {each.remedy} {each.first:.3g} then {each.again:.3g}", file=sys.stderr)
    rows, same_in_all, all_in_all = [], 0, 0
    for remedy, group in sorted(by_remedy.items()):
        drawn = [each for each in group if each.drawn]
        same = sum((each.first < 1.0) == (each.again < 1.0) for each in drawn)
        same_in_all, all_in_all = same_in_all + same, all_in_all + len(drawn)
        rows.append([f"`{remedy}`", f"{len(group)}", f"{len(group) - len(drawn)}", f"{len(drawn)}", f"{same}"])
    share = same_in_all / all_in_all if all_in_all else float("nan")
    total = sum(map(len, by_remedy.values()))
    rows.append(["**all**", f"{total}", f"{total - all_in_all}", f"{all_in_all}", f"**{same_in_all}** ({share:.0%})"])
    header = ["remedy", "made a difference", "hung on no seed", "tried with other seeds", "same sign"]
    if arguments.dry:
        print(table(header, rows))
    else:
        write("calibration.md", "trials", table(header, rows))


if __name__ == "__main__":
    main()
