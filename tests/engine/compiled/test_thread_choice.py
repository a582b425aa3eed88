"""The number of threads follows what they are worth at the moment."""

from fallline.engine.compiled.thread_choice import TURNS_BETWEEN_TRIALS, ThreadChoice


def turns(choice: ThreadChoice, together: float, alone: float, count: int) -> list[int]:
    """Return the threads of so many calls, each as long as it is to be, at these speeds in steps a second."""
    chosen = []
    for _ in range(count):
        chosen.append(choice.threads)
        steps = choice.steps_at_once
        choice.note(steps, steps / (alone if choice.threads == 1 else together))
    return chosen


def test_the_faster_way_is_found_and_kept_but_for_trials():
    assert turns(ThreadChoice(2), together=20_000, alone=10_000, count=200).count(2) > 180
    assert turns(ThreadChoice(2), together=5_000, alone=10_000, count=200).count(1) > 180


def test_it_follows_when_the_machine_becomes_busy_and_calm_again():
    choice = ThreadChoice(4)
    turns(choice, 20_000, 10_000, 100)
    assert turns(choice, 1_000, 10_000, 100).count(1) > 90
    assert turns(choice, 20_000, 10_000, 2 * TURNS_BETWEEN_TRIALS).count(4) > TURNS_BETWEEN_TRIALS - 10


def test_short_calls_are_judged_together():
    choice = ThreadChoice(2)
    for _ in range(100):
        before = choice.threads
        choice.note(1, 1e-4)
        if choice.threads != before:
            break
    else:
        raise AssertionError("never tried the other way")


def test_a_trial_is_short_and_long_steps_need_none():
    choice = ThreadChoice(2)
    seconds = {1: 0.0, 2: 0.0}
    for _ in range(500):
        threads, steps = choice.threads, choice.steps_at_once
        took = steps / (10_000 if threads == 1 else 20_000)
        seconds[threads] += took
        choice.note(steps, took)
    assert seconds[1] < 0.02 * seconds[2]
    assert turns(ThreadChoice(2), together=50, alone=25, count=50).count(1) == 0


def test_one_thread_stays_alone():
    assert set(turns(ThreadChoice(1), 1, 10_000, 50)) == {1}
