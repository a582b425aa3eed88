"""The mutator: what it plants is there, changes the program, and is where its truth says."""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache

import pytest

from .catalogue import PROGRAMS
from .entry import Program
from .generate import fits, of, programs
from .mutations import mutations
from .mutations.editing import DoesNotFitError, apply, change, within
from .running import Behaviour, behaviour, close, same
from .truth import Planted

CODES = {
    *("derivative_of_activation", "derivative_of_pre_activation", "derivative_of_input", "derivative_missing"),
    *("derivative_of_wrong_function", "derivative_of_wrong_layer", "sign_reversed", "sign_alternating"),
    *("error_squared", "error_absolute", "weights_after_update", "bias_propagated", "bias_not_updated"),
    *("bias_wrong_sum", "transposed_weights", "wrong_layer_weights", "layers_out_of_order"),
    *("pre_activation_for_activation", "wrong_scale_by_features", "mean_for_sum_in_one_layer", "last_row_only"),
    *("first_row_only", "rate_twice", "rate_divided", "momentum_sign", "integer_weights", "broadcast_error"),
    *("shared_arrays", "stale_activations", "update_lost", "output_error_for_hidden", "weight_for_input"),
    *("step_skipped", "data_changed", "softmax_axis"),
}
SAMPLE = PROGRAMS[::6]
OWN_LAYER_ONLY = {
    *("bias_not_updated", "bias_wrong_sum", "pre_activation_for_activation", "last_row_only", "first_row_only"),
    *("rate_twice", "rate_divided", "update_lost", "integer_weights", "weight_for_input"),
    *("mean_for_sum_in_one_layer", "layers_out_of_order", "sign_alternating"),
}
NOT_ABOVE = {
    *("derivative_of_activation", "derivative_of_pre_activation", "derivative_of_input", "derivative_missing"),
    *("derivative_of_wrong_layer", "weights_after_update", "bias_propagated", "transposed_weights"),
    *("wrong_layer_weights", "output_error_for_hidden"),
}


@cache
def planted_in(program: Program) -> tuple[Planted, ...]:
    return tuple(of(program, pairs=4))


@cache
def done(program: Program, source: str) -> Behaviour:
    return behaviour(program, source)


def test_every_mistake_of_the_list_has_places_and_there_are_enough() -> None:
    counts = Counter(mutation.code for program in PROGRAMS for mutation in mutations(program))
    assert set(counts) == CODES
    assert sum(counts.values()) > 1500
    assert len(PROGRAMS) >= 60
    assert len({program.name for program in PROGRAMS}) == len(PROGRAMS)


def test_every_edit_of_an_entry_makes_a_mistake() -> None:
    useless = []
    for program in PROGRAMS:
        healthy = done(program, program.source)
        for edit in program.edit:
            text, _ = apply(program.source, (change(program.source, edit.old, edit.new),))
            if not fits(program, {edit.code}, healthy, behaviour(program, text)):
                useless.append((program.name, edit.code, edit.new))
    assert useless == []


@pytest.mark.parametrize("program", SAMPLE, ids=[program.name for program in SAMPLE])
def test_planted_programs_differ_from_the_healthy_one_and_from_each_other(program: Program) -> None:
    healthy, *mutants = planted_in(program)
    assert healthy.truth == ()
    assert healthy.source == program.source
    assert len({mutant.source for mutant in mutants} | {healthy.source}) == len(mutants) + 1
    assert len({mutant.name for mutant in mutants}) == len(mutants)
    for mutant in mutants:
        ast.parse(mutant.source)
        assert not same(done(program, healthy.source), done(program, mutant.source)), mutant.name


@pytest.mark.parametrize("program", SAMPLE, ids=[program.name for program in SAMPLE])
def test_the_lines_of_the_truth_are_the_changed_ones(program: Program) -> None:
    old = [line.strip() for line in program.source.splitlines()]
    for mutant in planted_in(program)[1:]:
        new = [line.strip() for line in mutant.source.splitlines()]
        marked = {line for mistake in mutant.truth for line in mistake.lines}
        assert marked
        assert all(new[line - 1] for line in marked)
        if len(mutant.truth) == 1:
            fresh = {number for number, line in enumerate(new, 1) if line and line not in old}
            assert fresh <= marked, mutant.name
            unmarked = [line for number, line in enumerate(new, 1) if number not in marked and line]
            assert not Counter(unmarked) - Counter(old)  # everything else is word for word as it was


def wrongly_placed(mutants: tuple[Planted, ...]) -> list[str]:
    """Return the singles that spoil a layer which their truth does not name, by the numbers."""
    wrong = []
    for mutant in mutants:
        program, codes = mutant.program, [mistake.code for mistake in mutant.truth]
        if len(codes) != 1 or program.batch == "sample":
            continue
        (mistake,) = mutant.truth
        healthy, does = done(program, program.source), done(program, mutant.source)
        differs = {
            number
            for number in range(1, len(program.activations) + 1)
            if not close(healthy.one[program.place(number)], does.one[program.place(number)])
        }
        if codes[0] in OWN_LAYER_ONLY and differs != set(mistake.layers) and differs:
            wrong.append(f"{mutant.name}: {differs}")
        if codes[0] in NOT_ABOVE and differs and max(differs) > max(mistake.layers):
            wrong.append(f"{mutant.name}: {differs}")
    return wrong


@pytest.mark.parametrize("program", SAMPLE, ids=[program.name for program in SAMPLE])
def test_mistakes_spoil_the_layers_that_their_truth_names(program: Program) -> None:
    assert wrongly_placed(planted_in(program)) == []


def test_the_corpus_is_the_same_each_time() -> None:
    program = SAMPLE[1]
    first, second = (tuple(of(program, pairs=4)) for _ in range(2))
    assert first == second
    assert [len(mutant.truth) for mutant in first].count(2) == 4


def test_expressions_are_changed_where_they_stand_as_a_whole() -> None:
    source = "d2 = error * a2\nd1 = d2 * a2\n"
    text, lines = apply(source, (within(source, "d1 = d2 * a2", "a2", "z2"),))
    assert text == "d2 = error * a2\nd1 = d2 * z2\n"
    assert list(lines.values()) == [(2,)]
    with pytest.raises(DoesNotFitError):
        change(source, "a2", "z2")


@pytest.mark.slow
def test_the_whole_corpus_has_enough_programs_with_every_mistake_in_its_layers() -> None:
    everything = tuple(programs())
    assert len({planted.source for planted in everything}) == len(everything) >= 1500
    assert len({planted.name for planted in everything}) == len(everything)
    singles = Counter(planted.truth[0].code for planted in everything if len(planted.truth) == 1)
    assert set(singles) == CODES
    assert sum(len(planted.truth) == 2 for planted in everything) >= 500
    assert wrongly_placed(everything) == []
