"""Running a program of the corpus as its entry says, on weights that depend on the seed alone."""

from __future__ import annotations

import contextlib
import io
import random
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .data import DATA
from .entry import Program


class DoesNotRunError(Exception):
    """The program raised."""


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Swallow what a program prints and its floating-point warnings."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def flat(values: Any) -> list[float]:
    """Return the numbers of nested lists and arrays in their order."""
    if isinstance(values, (list, tuple)):
        return [number for value in values for number in flat(value)]
    return [float(number) for number in np.ravel(np.asarray(values, dtype=np.float64))]


class Running:
    """A program in a namespace of its own."""

    def __init__(self, program: Program, source: str, iterations: int = 0, seed: int = 3) -> None:
        self.program = program
        np.random.seed(seed)  # noqa: NPY002 - the programs draw from it
        random.seed(seed)
        self.names: dict[str, Any] = {"__name__": "program", "np": np}
        if program.loop:
            short = f"range({iterations})"
            if program.loop not in source:
                raise DoesNotRunError("the loop is not there any more")
            source = source.replace(program.loop, short)
        try:
            with quiet():
                exec(compile(source, f"{program.name}.py", "exec"), self.names)
        except Exception as error:
            if not (program.loop and iterations == 0 and isinstance(error, (NameError, IndexError))):
                raise DoesNotRunError(repr(error)) from error
        if program.data:
            X, y = DATA[program.data]
            self.names.update(X=X.copy(), y=y.copy())
        if program.build:
            self.names["net"] = self.value(program.build)

    def value(self, expression: str) -> Any:
        """Return an expression's value in the program's namespace."""
        try:
            with quiet():
                return eval(expression, self.names)
        except Exception as error:
            raise DoesNotRunError(repr(error)) from error

    def do(self, statements: str) -> None:
        """Run statements in the program's namespace."""
        try:
            with quiet():
                exec(statements, self.names)
        except Exception as error:
            raise DoesNotRunError(repr(error)) from error

    def parameters(self) -> np.ndarray:
        """Return all parameters, flat."""
        return np.array(flat([self.value(expression) for expression in self.program.parameters]))

    def data(self) -> np.ndarray:
        """Return the rows and targets, flat."""
        return np.array(flat([self.value(self.program.X), self.value(self.program.y)]))

    def loss(self, rows: int | None = None) -> float:
        """Return ½Σ(ŷ−y)², or the cross-entropy summed over the first rows, all by default."""
        target = np.asarray(self.value(self.program.y), dtype=np.float64)
        target = target.reshape(-1, self.program.outputs)
        output = np.array(flat(self.value(self.program.forward))).reshape(-1, self.program.outputs)
        output, target = output[:rows], target[:rows]
        if self.program.loss == "squared":
            return float(0.5 * np.sum((output - target) ** 2))
        output = np.clip(output, 1e-300, 1)
        if self.program.activations[-1] == "softmax":
            return float(-np.sum(target * np.log(output)))
        return float(-np.sum(target * np.log(output) + (1 - target) * np.log(np.clip(1 - output, 1e-300, 1))))


@dataclass(frozen=True)
class Behaviour:
    """What a program does from the seed's weights: flat parameters, changed data, a second network's influence."""

    start: np.ndarray
    one: np.ndarray  # parameters after one step
    three: np.ndarray
    trained: np.ndarray  # after its own training of five iterations
    data: np.ndarray  # X and y after three steps
    other: np.ndarray  # the parameters of a first network after a step of a second one


def behaviour(program: Program, source: str) -> Behaviour:
    """Run the program and return what it does; raises DoesNotRunError where it fails."""
    none = np.zeros(0)
    if program.loop:
        start, one, three = (Running(program, source, iterations) for iterations in (0, 1, 3))
        return Behaviour(start.parameters(), one.parameters(), three.parameters(), none, three.data(), none)
    running = Running(program, source)
    start_values = running.parameters()
    running.do(program.step)
    one_values = running.parameters()
    running.do(program.step)
    running.do(program.step)
    three_values, data = running.parameters(), running.data()
    trained = other = none
    if program.train:
        running = Running(program, source)
        running.do(program.train)
        trained = running.parameters()
    if program.build:
        running = Running(program, source)
        first = running.names["net"]
        running.names["net"] = running.value(program.build)
        try:
            running.do(program.step)
        except DoesNotRunError:  # with shared arrays the second network may be of an impossible shape
            other = np.full(1, np.nan)
        else:
            running.names["net"] = first
            other = running.parameters()
    return Behaviour(start_values, one_values, three_values, trained, data, other)


def close(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether two arrays are the same but for rounding."""
    return first.shape == second.shape and bool(np.allclose(first, second, rtol=1e-9, atol=1e-12, equal_nan=True))


def same(first: Behaviour, second: Behaviour) -> bool:
    """Whether two programs do the same."""
    return all(close(getattr(first, name), getattr(second, name)) for name in vars(first))


def scale(healthy: Behaviour, other: Behaviour) -> float | None:
    """Return the positive factor by which every parameter's first step differs, None where there is none."""
    if not close(healthy.start, other.start) or healthy.one.shape != other.one.shape:
        return None
    expected, step = healthy.one - healthy.start, other.one - other.start
    factor = float(expected @ step / (expected @ expected))
    if not np.isfinite(factor) or factor <= 0:
        return None
    return factor if np.allclose(step, factor * expected, rtol=1e-9, atol=1e-12 * factor) else None
