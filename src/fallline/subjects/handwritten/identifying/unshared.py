"""A network whose arrays are no longer kept under second names: what one name's owner writes, the other's does not see.

A velocity that was made as `self.v = self.w` is the weights themselves. To keep an array under two names is mostly
right, so that only the step tells: if it is back-propagation once the names are parted, they should be apart.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator

from fallline.subjects.handwritten.attached import Attached
from fallline.subjects.handwritten.attaching.leaves import second_ways


@contextlib.contextmanager
def unshared(attached: Attached) -> Iterator[tuple[str, ...]]:
    """Give copies to the second names of the parameters meanwhile, and yield those names."""
    world = attached.world
    if world is None:
        yield ()
        return
    world.reset()
    with world.entered(reading=True):
        again = second_ways(world, [slot.read() for slot in attached.slots])
        kept = world.keep()
        for leaf in again:
            leaf.put(world, copy.deepcopy(leaf.read(world)))
    try:
        if again:
            world.starts_here()
        yield tuple(leaf.name for leaf in again)
    finally:
        world.reset(kept)
        world.starts_here()
