"""How often a mistake planted in a hand-written network is identified, on the programs of `tests/corpus`.

    python benchmarks/calibrate_handwritten.py                 # the whole corpus; writes docs/calibration.md
    python benchmarks/calibrate_handwritten.py --share 10 --dry
    python benchmarks/calibrate_handwritten.py --only rate_twice,healthy --dry

Every program is written to a file and attached to without help: only the rows are given where it has none of its own.
What is identified is compared with what was planted; another set of mistakes that makes the same program in numbers is
as right.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import statistics
import sys
import tempfile
import time
import warnings
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# The corpus belongs to the tests, which are not installed: the repository's root makes it importable.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from tests.corpus.data import DATA
from tests.corpus.generate import programs
from tests.corpus.truth import Mistake, Planted

from page import table, write

UNNAMED = "scale_of_layer"  # says that a layer has another factor, not why
SECONDS = 5.0  # that a program may take
Name = tuple[str, tuple[int, ...]]  # a mistake's code and its layers


class Outcome(StrEnum):
    """How an examination ended."""

    EXACT = "exact"
    AMONG = "among alternatives"
    PARTLY = "one of two"
    DIFFERS = "differs, unnamed"
    WRONG = "wrong name"
    MISSED = "called healthy"
    NO_TWIN = "no twin"
    NOT_ATTACHED = "not attached"


class Job(NamedTuple):
    """One program and the truth about it."""

    name: str
    source: str
    data: str  # name in the corpus's data; empty where the program has its own
    build: str  # expression that makes the network; empty where the program does that itself
    depth: int  # layers of the network that the truth is about
    rights: tuple[frozenset[Name], ...]  # sets of mistakes that are right; of the first, every mistake was planted
    lines: dict[Name, tuple[int, ...]]  # that were changed to plant it
    seed: int


class Result(NamedTuple):
    """What was found."""

    name: str
    codes: tuple[str, ...]  # planted
    outcome: Outcome
    found: str
    told: bool  # whether the network's sizes were given for the comparison
    seconds: float
    lines: tuple[tuple[str, bool, int], ...] = ()  # of those identified: code, whether a right line is named, how many


class Found(NamedTuple):
    """What an examination says."""

    outcome: Outcome
    text: str
    told: bool = False
    lines: tuple[tuple[str, bool, int], ...] = ()


def names(mistakes: tuple[Mistake, ...]) -> frozenset[Name]:
    """Return the codes and layers of mistakes."""
    return frozenset((mistake.code, tuple(mistake.layers)) for mistake in mistakes)


def job(planted: Planted, seed: int) -> Job:
    """Return what is examined, and what would be right."""
    rights = (names(planted.truth), *map(names, planted.accepted))
    program = planted.program
    changed = tuple(sorted({line for each in planted.truth for line in each.lines}))  # whatever it is called
    lines = {name: changed for accepted in rights[1:] for name in accepted}
    lines |= {(each.code, tuple(each.layers)): each.lines for each in planted.truth}
    return Job(planted.name, planted.source, program.data, program.build, len(program.activations), rights, lines, seed)


def examined(work: Job) -> Result:
    """Attach to a program, identify what it does, and compare that with the truth."""
    codes = tuple(sorted(code for code, _ in work.rights[0]))
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        path = Path(folder) / "network.py"
        path.write_text(work.source, encoding="utf-8")
        started = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            found = _found(path, work)
        seconds = time.perf_counter() - started
        return Result(work.name, codes, found.outcome, found.text, found.told, seconds, found.lines)


def _found(path: Path, work: Job) -> Found:
    from fallline.subjects.handwritten.attaching.from_file import attach_file
    from fallline.subjects.handwritten.findings import look

    data = DATA[work.data] if work.data else None
    try:
        attached = attach_file(path, data)
    except Exception as error:  # a program that cannot be attached to is a result
        return Found(Outcome.NOT_ATTACHED, f"{type(error).__name__}: {error}")
    told = False
    try:
        findings = look(attached, work.seed)
        twin = findings.examination.twin
        if work.build and (twin is None or len(twin.layers) != work.depth):
            told = True
            findings = look(attach_file(path, data, network=work.build), work.seed)
    except Exception as error:
        return Found(Outcome.NOT_ATTACHED, f"{type(error).__name__} while examined: {error}", told)
    identification = findings.examination.identification
    if findings.examination.twin is None or identification is None:
        return Found(Outcome.NO_TWIN, "", told)
    places: dict[Name, set[int]] = {
        (each.mistake.code, each.mistake.layers): {line for _, line in each.places} for each in findings.mistakes
    }
    others = findings.narration.others if findings.narration else identification.alternatives
    beside: dict[Name, set[int]] = {}  # seen by the checks, which know no layers: a class's arrays are all layers'
    for check in findings.checks:
        layers = tuple(range(1, work.depth + 1)) if check.code == "shared_arrays" else ()
        if check.code in ("shared_arrays", "step_skipped"):
            beside[check.code, layers] = {line for _, line in check.places}
    sets = [frozenset(places), *map(names, others)]
    sets = [each | frozenset(beside) for each in sets]
    text = " | ".join(", ".join(f"{code}{list(layers)}" for code, layers in sorted(each)) for each in sets)
    text += f"; nothing fits layers {list(identification.unexplained)}" * bool(identification.unexplained)
    outcome = _judged(work.rights, sets, bool(identification.unexplained) or identification.explanation is None)
    lines = tuple(
        (name[0], bool(named & set(work.lines[name])), len(named))
        for name, named in (places | beside).items()
        if outcome is Outcome.EXACT and work.lines.get(name)
    )
    return Found(outcome, text, told, lines)


def _judged(rights: tuple[frozenset[Name], ...], sets: list[frozenset[Name]], differs: bool) -> Outcome:
    if not differs and sets[0] in rights:
        return Outcome.EXACT
    if not differs and any(each in rights for each in sets[1:]):
        return Outcome.AMONG
    given = {(code, layers) for code, layers in sets[0] if code != UNNAMED}
    if not rights[0] or not any(given <= right for right in rights):
        return Outcome.WRONG
    if differs or UNNAMED in {code for code, _ in sets[0]}:
        return Outcome.DIFFERS
    return Outcome.PARTLY if given else Outcome.MISSED


def kind(result: Result) -> str:
    """Return whether nothing, one mistake or two were planted."""
    return ("healthy", "single", "pair")[min(2, len(result.codes))]


def report(results: list[Result]) -> str:
    """Return the tables."""
    groups: dict[str, list[Result]] = defaultdict(list)
    for each in results:
        groups[kind(each)].append(each)
    attached = sum(each.outcome is not Outcome.NOT_ATTACHED for each in results)
    rows = [["attached without help", f"{attached} of {len(results)}", f"**{attached / len(results):.1%}**"]]
    for group, words in (("single", "one mistake, identified exactly"), ("pair", "two mistakes, identified exactly")):
        if groups[group]:
            right = sum(each.outcome is Outcome.EXACT for each in groups[group])
            share = right / len(groups[group])
            rows.append([words, f"{right} of {len(groups[group])}", f"**{share:.1%}**"])
    lines = [each for result in results for each in result.lines]
    if lines:
        right = sum(is_right for _, is_right, _ in lines)
        rows.append(
            [
                "mistakes identified whose right line is named",
                f"{right} of {len(lines)}",
                f"**{right / len(lines):.1%}**",
            ]
        )
    told = sum(each.told for each in results)
    rows.append(["sizes given after that, where a class of any depth is never used", f"{told} of {len(results)}", ""])
    wrong = sum(each.outcome is Outcome.WRONG for each in results if each.codes)
    alarms = sum(each.outcome in (Outcome.WRONG, Outcome.AMONG, Outcome.DIFFERS) for each in groups["healthy"])
    slow = sum(each.seconds > SECONDS for each in results)
    rows += [
        ["wrong names", f"{wrong} of {len(results) - len(groups['healthy'])}", ""],
        ["false alarms on healthy programs", f"**{alarms}** of {len(groups['healthy'])}", ""],
        [f"programs over {SECONDS:g} s", f"{slow} of {len(results)}", ""],
    ]
    text = table(["", "programs", "share"], rows)
    seconds = [each.seconds for each in results]
    text += f"\n\nA program took {statistics.median(seconds):.2f} s in the middle and {max(seconds):.1f} s at most."
    if lines:
        text += f" Of lines, {statistics.mean(count for *_, count in lines):.1f} are named for a mistake, on average."
    for group, title in (("single", "alone"), ("pair", "in pairs")):
        text += "\n\n" + _by_code(groups[group], title) if groups[group] else ""
    return text


def _by_code(results: list[Result], title: str) -> str:
    by_code: dict[str, list[Result]] = defaultdict(list)
    for each in results:
        for code in each.codes:
            by_code[code].append(each)
    rows = []
    for code, group in [*sorted(by_code.items()), ("**all**", results)]:
        counts = [sum(each.outcome is outcome for each in group) for outcome in Outcome]
        share = f"{counts[0] / len(group):.0%}"
        rows.append([code, str(len(group)), *(str(count) if count else "" for count in counts), share])
    return table([f"mistake, {title}", "programs", *(outcome.value for outcome in Outcome), "exact share"], rows)


def main() -> None:
    """Examine the programs, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--share", type=int, default=1, help="take every so-manieth program with mistakes")
    parser.add_argument("--first", type=int, default=0, help="the first program of them")
    parser.add_argument("--seed", type=int, default=0, help="of the probes")
    parser.add_argument("--only", help="codes with commas, or 'healthy'")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--out", type=Path, help="a file for every program's result, a line of JSON each")
    parser.add_argument("--dry", action="store_true", help="print the tables and leave the page as it is")
    arguments = parser.parse_args()
    wanted = None if arguments.only is None else set(arguments.only.split(","))
    todo = [job(planted, arguments.seed) for planted in programs()]
    if wanted is not None:
        todo = [work for work in todo if wanted & ({code for code, _ in work.rights[0]} or {"healthy"})]
    total, healthy = len(todo), [work for work in todo if not work.rights[0]]
    mistaken = [work for work in todo if work.rights[0]]
    todo = [*healthy, *mistaken[arguments.first :: arguments.share]]
    results = []
    with ProcessPoolExecutor(arguments.processes) as pool:
        for done, result in enumerate(pool.map(examined, todo, chunksize=4), start=1):
            results.append(result)
            mark = " " if result.outcome is Outcome.EXACT else "!"
            print(
                f"{done}/{len(todo)} {mark} {result.name}: {result.outcome}: {result.found} ({result.seconds:.2f} s)",
                file=sys.stderr,
                flush=True,
            )
    if arguments.out is not None:
        arguments.out.write_text("".join(json.dumps(each._asdict()) + "\n" for each in results), encoding="utf-8")
    if arguments.share > 1:
        some = f"{len(todo)} of the {total} programs: all healthy ones, and every {arguments.share}th with mistakes."
    else:
        some = f"All {total} programs."
    text = f"{some}\n\n{report(results)}"
    if arguments.dry:
        print(text)
    else:
        write("calibration.md", "handwritten", text)


if __name__ == "__main__":
    main()
