"""Finding the learning rate: an argument, an attribute or a global variable that scales the step."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.attached import CodePlace
from fallline.subjects.handwritten.attaching.leaves import Leaf, leaves
from fallline.subjects.handwritten.attaching.signatures import role
from fallline.subjects.handwritten.attaching.stepping import Plan
from fallline.subjects.handwritten.attaching.world import World

Update = Callable[[], Sequence[Array] | None]
NAME = re.compile(r"(^|_)(lr|eta|alpha|l_?rate|rate|learning_?rate|learn_?rate|step_?size|eps|epsilon)(_|$)", re.I)


@dataclass(frozen=True)
class Rate:
    """The learning rate's value, its name, and where it can be set: `leaf` is None for an argument or a literal."""

    value: float | None
    name: str
    leaf: Leaf | None = None
    places: tuple[CodePlace, ...] = ()  # of the literals


def argument_rate(world: World, plan: Plan) -> Rate | None:
    """Return the rate that a step's call is given."""
    found = plan.main.function.arguments(world)
    if found is None:
        return None
    name = found.of("rate")
    if name is None and plan.update is not None:
        name = (found := plan.update.arguments(world) or found).of("rate")
    if name is None:
        return None
    value = plan.main.given.get(name, found.defaults.get(name, 0.1))
    return Rate(float(value), name) if isinstance(value, int | float | np.number) else None


def stored_rate(world: World, parameters: Sequence[Leaf], update: Update) -> Rate | None:
    """Return the number in the network's state that scales the update: doubled, it makes each change 2, 4 or ½ as long.

    `update` makes a step from the first parameters and returns their changes; numbers with a rate's name go first. A
    number that is called a rate and changes the step in another way (through weights that are used after their own
    update, say) is taken where nothing scales it.
    """
    world.reset()
    plain = update()
    if plain is None or not any(np.any(change) for change in plain):
        return None
    world.reset()
    numbers = [leaf for leaf in leaves(world) if leaf not in parameters and leaf.shape(world) == ()]
    numbers.sort(key=lambda leaf: (role(leaf.last_name) != "rate", not NAME.search(leaf.last_name)))
    by_name: Rate | None = None
    for leaf in numbers[:40]:
        world.reset()
        value = leaf.read(world)
        if not value or (isinstance(value, int | np.integer) and role(leaf.last_name) != "rate"):
            continue
        kept = world.keep()
        try:
            leaf.put(world, 2 * value)
        except TypeError:  # within a tuple
            continue
        world.starts_here()
        changed = update()
        world.reset(kept)
        world.starts_here()
        if changed is None:
            continue
        both = list(zip(changed, plain, strict=True))
        if all(any(_scaled(new, old, factor) for factor in (2.0, 4.0, 0.5)) for new, old in both):
            return Rate(float(value), leaf.name, leaf)
        if by_name is None and role(leaf.last_name) == "rate" and not all(_scaled(new, old, 1.0) for new, old in both):
            by_name = Rate(float(value), leaf.name, leaf)
    return by_name


def _scaled(new: Array, old: Array, factor: float) -> bool:
    return bool(np.allclose(new, factor * old, rtol=1e-5, atol=1e-9 * float(np.abs(old).max(initial=0)) + 1e-15))


def with_rate(plan: Plan, name: str, value: float) -> Plan:
    """Return the plan with another rate as its argument."""
    return replace(plan, main=replace(plan.main, given={**plan.main.given, name: value}))


@contextlib.contextmanager
def stored_as(world: World, leaf: Leaf, value: float) -> Iterator[None]:
    """Keep another rate in the network's state meanwhile."""
    before = leaf.read(world)
    leaf.put(world, value)
    try:
        yield
    finally:
        leaf.put(world, before)
