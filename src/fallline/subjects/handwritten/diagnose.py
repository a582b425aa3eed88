"""From somebody's network to its diagnosis: attach, find the twin, identify, narrate, prove, and check the rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from fallline.errors import FalllineError
from fallline.subjects.handwritten.attached import Attached
from fallline.subjects.handwritten.attaching.attach import attach_object
from fallline.subjects.handwritten.attaching.from_file import attach_file
from fallline.subjects.handwritten.attaching.sandbox import Limits, examine_in_child
from fallline.subjects.handwritten.attaching.stand_ins import stand_in
from fallline.subjects.handwritten.diagnosis import Diagnosis
from fallline.subjects.handwritten.findings import NO_TWIN, look
from fallline.subjects.handwritten.identifying.examine import Examination
from fallline.subjects.handwritten.identifying.identification import Identification
from fallline.subjects.handwritten.proving.prove import Proof, prove
from fallline.subjects.handwritten.proving.trained import verdict_after_training
from fallline.subjects.handwritten.twins.twin import Twin
from fallline.training.run_directory import jsonable

SECONDS = 10.0
SHARE_OF_PROOF, SHARE_OF_VERDICT = 0.5, 0.2

Named = str | Callable[..., Any] | None


def diagnose(
    net: Any,
    X: Any = None,
    y: Any = None,
    *,
    forward: Named = None,
    step: Named = None,
    parameters: Sequence[str] | None = None,
    learning_rate: float | None = None,
    seconds: float = SECONDS,
) -> Diagnosis:
    """Say which mistakes a hand-written network's back-propagation makes, on which lines, and what each costs.

    The network's own code is executed, in this process and on copies: `net`, its class, global variables and random
    states are as before afterwards.

    Parameters
    ----------
    net
        An instance of somebody's class, or a module (or dictionary) of functions and global variables.
    X, y
        Rows (n, inputs) and targets (n, outputs).
    forward, step, parameters
        Names of the forward pass, the step and the parameters, where the right ones are not found by trying.
    learning_rate
        What to set the rate to.
    seconds
        How long it may take.

    Raises
    ------
    FalllineError
        If no forward pass or no step is found, or X and y do not fit; the message says what to pass.
    """
    _positive(seconds)

    attached = attach_object(net, X, y, forward=forward, step=step, parameters=parameters, learning_rate=learning_rate)
    return diagnose_attached(attached, seconds)


def diagnose_file(
    path: str | Path,
    data: tuple[Any, Any] | None = None,
    *,
    network: str | None = None,
    forward: str | None = None,
    step: str | None = None,
    parameters: Sequence[str] | None = None,
    learning_rate: float | None = None,
    seconds: float = SECONDS,
    limits: Limits | None = None,
) -> dict[str, Any]:
    """Execute a program in a child process with limits on its time and memory, and return its diagnosis as plain JSON.

    Raises
    ------
    FalllineError
        If the program does not parse, raises, does not come back or has no network; the message has file and line.
    """
    _positive(seconds)
    options = {
        "X": None if data is None else np.asarray(data[0], dtype=np.float64).tolist(),
        "y": None if data is None else np.asarray(data[1], dtype=np.float64).tolist(),
        "network": network,
        "forward": forward,
        "step": step,
        "parameters": None if parameters is None else list(parameters),
        "learning_rate": learning_rate,
        "seconds": seconds,
    }
    outcome = examine_in_child(in_child, path, options, limits or Limits(seconds=2.0 * seconds + 20.0))
    return dict(outcome.value)


def in_child(path: str, options: dict[str, Any]) -> dict[str, Any]:
    """Attach to a program in this process and return its diagnosis as plain JSON."""
    data = None if options["X"] is None else (np.array(options["X"]), np.array(options["y"]))
    named = {key: options[key] for key in ("network", "forward", "step", "parameters")}

    absent = stand_in()
    attached = attach_file(path, data, learning_rate=options["learning_rate"], **named)
    if absent.used:
        words = f"Not installed here, and left out: {', '.join(sorted(absent.used))}."
        attached = replace(attached, assumed=(*attached.assumed, words))
    found = diagnose_attached(attached, options["seconds"])
    return dict(jsonable(found.to_dict()))


def diagnose_attached(attached: Attached, seconds: float = SECONDS) -> Diagnosis:
    """Return the diagnosis of a network that is attached."""
    began = time.perf_counter()
    found = look(attached)
    narration, examination = found.narration, found.examination
    twin, observed, identification = examination.twin, examination.observed, examination.identification
    proof: Proof | None = None
    verdict: dict[str, Any] | None = None
    if twin is not None and observed is not None and identification is not None and found.mistakes:
        proof = prove(attached, twin, observed, identification, found.mistakes, SHARE_OF_PROOF * seconds)
        attached.reset()
    left = seconds - (time.perf_counter() - began)
    if twin is not None and left > 0.5:
        verdict = verdict_after_training(attached, twin, identification, min(left, SHARE_OF_VERDICT * seconds))
        attached.reset()
    return Diagnosis(
        sentence=_sentence(len(found.mistakes) + len(found.checks), examination),
        style=attached.style.value,
        assumed=tuple(attached.assumed),
        twin="" if twin is None else _twin_in_words(twin),
        mistakes=found.mistakes,
        others=narration.others if narration else (),
        differences=identification.differences if identification else (),
        step=_step(examination, identification),
        compared=identification is not None and identification.explanation is not None,
        lines=narration.lines if narration else (),
        checks=found.checks,
        proof=proof,
        verdict=verdict,
        notes=found.notes,
        seconds=time.perf_counter() - began,
    )


def _positive(seconds: float) -> None:
    if not seconds > 0.0:
        raise FalllineError(f"seconds {seconds}: expected a number above 0.")


def _sentence(count: int, examination: Examination) -> str:
    identification = examination.identification
    if identification is not None and identification.unexplained:
        layers = ", ".join(str(layer) for layer in identification.unexplained)
        return f"The step differs from back-propagation in layer {layers}, and no known mistake makes the difference."
    if count == 0:
        if identification is not None and identification.healthy:
            return "The back-propagation is right: no mistake was found."
        return "No mistake was found, but the step could not be compared with the gradient."
    return f"{count} mistake{'s' if count > 1 else ''} found."


def _step(examination: Examination, identification: Identification | None) -> str:
    if identification is None:
        return "" if examination.twin is not None else NO_TWIN
    return identification.sentence


def _twin_in_words(twin: Twin) -> str:
    sizes = "-".join(str(size) for size in twin.shape)
    forms = [form.name for form in twin.forms]
    how = forms[0] if len(set(forms)) == 1 else ", ".join(forms)
    places = {layer.place.value for layer in twin.layers}
    turned = {"(units, inputs)" if layer.units_first else "(inputs, units)" for layer in twin.layers}
    exact = "" if np.isnan(twin.difference) else f"; its outputs are yours to {max(twin.difference, 1e-16):.0e}"
    bias = " and ".join(sorted(places))
    return f"a {sizes} network, {how}; weights {' and '.join(sorted(turned))}, bias: {bias}{exact}"
