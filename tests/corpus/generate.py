"""All programs of the corpus with mistakes planted in them, and their truth.

    python -m tests.corpus.generate            counts by style and by mistake
    python -m tests.corpus.generate DIRECTORY  writes them, with truth.json

A mistake counts only where it changes what the program does: one step from the same weights (a positive factor is no
mistake), three steps, the program's own training, its data, or a second network. Two mistakes are a pair only where
each of them shows.
"""

from __future__ import annotations

import itertools
import json
import sys
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from .catalogue import PROGRAMS
from .entry import Program
from .mutations import Mutation, mutations
from .mutations.editing import DoesNotFitError, apply, overlap
from .running import Behaviour, DoesNotRunError, behaviour, close, same, scale
from .truth import Mistake, Planted, alike, by_algebra

SCALES = {"rate_twice", "rate_divided", "wrong_scale_by_features"}  # a factor on every layer is told, and is mild
PAIRS = 14  # of each program


@dataclass
class _Candidate:
    mutations: tuple[Mutation, ...]
    source: str
    truth: tuple[Mistake, ...]
    does: Behaviour
    accepted: list[tuple[Mistake, ...]] = field(default_factory=list)


def _planted(source: str, chosen: tuple[Mutation, ...]) -> tuple[str, tuple[Mistake, ...]]:
    changes = tuple(dict.fromkeys(item for mutation in chosen for item in mutation.changes))
    text, lines = apply(source, changes)
    truth = tuple(
        Mistake(
            mutation.code,
            mutation.layers,
            tuple(sorted({line for item in mutation.changes for line in lines[item]})),
        )
        for mutation in chosen
    )
    return text, truth


def fits(program: Program, codes: set[str], healthy: Behaviour, does: Behaviour) -> bool:
    """Whether a program with these mistakes differs from the healthy one by more than a positive factor.

    A division by another size counts where its factor is none that a healthy program could have.
    """
    if does.one.shape != healthy.one.shape:
        return "broadcast_error" in codes
    if not (np.all(np.isfinite(does.one)) and np.all(np.isfinite(does.three))):
        return False
    if same(healthy, does):
        return False
    if codes == {"integer_weights"} and np.array_equal(does.start, does.one):
        return False  # nothing is stored at all: that is a lost update
    factor = scale(healthy, does)
    if factor is not None and abs(factor - 1) > 1e-9:
        return codes <= SCALES and not (codes == {"wrong_scale_by_features"} and _usual(program, healthy, factor))
    difference = np.linalg.norm(does.one - healthy.one) / np.linalg.norm(healthy.one - healthy.start)
    return factor is not None or bool(difference > 1e-6)


def _usual(program: Program, healthy: Behaviour, factor: float) -> bool:
    """Whether a step with this factor, relative to the healthy one's, is that of a sum or a mean, halved or doubled."""
    rows = healthy.data.size / (program.shape[0] + program.outputs)
    sizes = itertools.product((0.5, 1.0, 2.0), (1.0, rows), (1.0, program.outputs))
    return any(abs(program.factor * factor / (number / n / outputs) - 1) < 1e-6 for number, n, outputs in sizes)


def _narrowed(program: Program, healthy: Behaviour, does: Behaviour, mistake: Mistake) -> Mistake:
    """Leave out layers that are right: a loop's wrong sum where there is one output, a wrong layer that is its own."""
    if mistake.code not in ("bias_wrong_sum", "derivative_of_wrong_layer"):
        return mistake
    changed = tuple(
        number
        for number in mistake.layers
        if not close(healthy.one[program.place(number)], does.one[program.place(number)])
    )
    return replace(mistake, layers=changed or mistake.layers)


def _candidate(program: Program, healthy: Behaviour, chosen: tuple[Mutation, ...]) -> _Candidate | None:
    try:
        text, truth = _planted(program.source, chosen)
        does = behaviour(program, text)
    except (DoesNotFitError, DoesNotRunError, SyntaxError):
        return None
    if "np." in text and "import numpy as np" not in text:
        return None  # a program in plain Python: it would raise
    if not fits(program, {mutation.code for mutation in chosen}, healthy, does):
        return None
    if program.batch != "sample":
        truth = tuple(_narrowed(program, healthy, does, mistake) for mistake in truth)
    return _Candidate(chosen, text, truth, does)


def _accept(program: Program, healthy: Behaviour, candidates: list[_Candidate]) -> None:
    """Note which candidates are the same as others under other names."""
    for candidate in candidates:
        candidate.accepted += by_algebra(program, candidate.truth)
        for index, mutation in enumerate(candidate.mutations):
            for code, layers in mutation.also:
                other = Mistake(code, layers, candidate.truth[index].lines)
                candidate.accepted.append((*candidate.truth[:index], other, *candidate.truth[index + 1 :]))
    for first, second in itertools.combinations(candidates, 2):
        names = [{(item.code, item.layers) for item in candidate.truth} for candidate in (first, second)]
        if names[0] != names[1] and alike(first.does, second.does, healthy):
            first.accepted.append(second.truth)
            second.accepted.append(first.truth)


FAMILY = {
    **dict.fromkeys(
        ("last_row_only", "first_row_only", "mean_for_sum_in_one_layer", "wrong_scale_by_features"), "rows"
    ),
    **dict.fromkeys(("update_lost", "integer_weights", "step_skipped"), "assignment"),
    **dict.fromkeys(
        ("transposed_weights", "wrong_layer_weights", "output_error_for_hidden", "bias_propagated"), "back"
    ),
    **dict.fromkeys(("bias_not_updated", "bias_wrong_sum"), "bias"),
}


def _couple(first: Mutation, second: Mutation) -> bool:
    """Whether two mistakes can be told apart in one program: they touch other texts, and their kinds do not mix."""
    if first.code == second.code or overlap(first.changes, second.changes):
        return False
    if "sign_alternating" in (first.code, second.code) and "derivative" in first.code + second.code:
        return False  # a derivative that is replaced in one layer has no sign there to turn
    kinds = [FAMILY.get(item.code, item.code.partition("_")[0]) for item in (first, second)]
    return kinds[0] != kinds[1] or (kinds[0] != "sign" and not set(first.layers) & set(second.layers))


def _both_show(pair: Behaviour, singles: Sequence[Behaviour], healthy: Behaviour) -> bool:
    """Whether neither mistake hides the other: in the first step, if both are seen there."""
    for one in singles:
        if same(pair, one):
            return False
    seen = [not np.allclose(one.one, healthy.one, rtol=1e-9, atol=1e-12) for one in singles]
    return not all(seen) or not any(alike(pair, one, healthy) for one in singles)


def of(program: Program, pairs: int = PAIRS) -> list[Planted]:
    """Return a program's healthy form, all its singles and some of its pairs."""
    healthy = behaviour(program, program.source)
    singles, seen = [], {program.source}
    for mutation in mutations(program):
        candidate = _candidate(program, healthy, (mutation,))
        if candidate and candidate.source not in seen:
            seen.add(candidate.source)
            singles.append(candidate)
    doubles: list[_Candidate] = []
    couples = [
        (first, second)
        for first, second in itertools.combinations(singles, 2)
        if _couple(first.mutations[0], second.mutations[0])
    ]
    couples.sort(key=lambda couple: zlib.crc32((program.name + couple[0].source + couple[1].source).encode()))
    used: Counter[str] = Counter()
    for first, second in couples:
        if len(doubles) >= pairs:
            break
        codes = {first.truth[0].code, second.truth[0].code}
        if max(used[code] for code in codes) > max(1, pairs // 5):
            continue  # every mistake has its turn
        candidate = _candidate(program, healthy, first.mutations + second.mutations)
        if not candidate or candidate.source in seen:
            continue
        if not _both_show(candidate.does, [first.does, second.does], healthy):
            continue
        seen.add(candidate.source)
        used.update(codes)
        doubles.append(candidate)
    _accept(program, healthy, singles + doubles)
    result = [Planted(program.name, program.source, (), program)]
    for number, candidate in enumerate(singles + doubles, 1):
        parts = "--".join(f"{item.code}_{'_'.join(map(str, item.layers)) or 'all'}" for item in candidate.truth)
        accepted = tuple(dict.fromkeys(candidate.accepted))
        result.append(
            Planted(f"{program.name}--{number:03d}--{parts}", candidate.source, candidate.truth, program, accepted)
        )
    return result


def programs(chosen: Iterable[Program] = PROGRAMS, pairs: int = PAIRS) -> Iterator[Planted]:
    """Yield every program of the corpus, always in the same order: healthy, singles, pairs, entry by entry."""
    for program in chosen:
        yield from of(program, pairs)


def main(arguments: list[str]) -> None:
    """Count the corpus, and write it where a directory is given."""
    styles: Counter[str] = Counter()
    singles: Counter[str] = Counter()
    pairs: Counter[str] = Counter()
    total, ambiguous, truth = Counter[str](), 0, dict[str, object]()
    for planted in programs():
        kind = ("healthy", "singles", "pairs")[min(len(planted.truth), 2)]
        total[kind] += 1
        styles[f"{planted.program.style}, {planted.program.batch}"] += kind == "healthy"
        (singles if kind == "singles" else pairs).update(item.code for item in planted.truth)
        ambiguous += bool(planted.accepted)
        if arguments:
            path = Path(arguments[0]) / f"{sum(total.values()):04d}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(planted.source, encoding="utf-8")
            truth[planted.name] = {
                "file": path.name,
                "truth": [asdict(item) for item in planted.truth],
                "accepted": [[asdict(item) for item in other] for other in planted.accepted],
            }
    if arguments:
        (Path(arguments[0]) / "truth.json").write_text(json.dumps(truth, indent=1), encoding="utf-8")
    print(f"{sum(total.values())} programs: {dict(total)}; {ambiguous} with an equal twin of another name")
    for style, number in sorted(styles.items()):
        print(f"  {style:24} {number:4}")
    for code in sorted(singles | pairs):
        print(f"  {code:32} {singles[code]:5} singles {pairs[code]:5} in pairs")


if __name__ == "__main__":
    main(sys.argv[1:])
