"""Parameters that belong to a class instead of its objects."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import numpy as np

from fallline.subjects.handwritten.attaching.world import reachable
from fallline.subjects.handwritten.checks.check import Case, Check
from fallline.subjects.handwritten.narrating.statements import Text


def shared_between_networks(case: Case) -> Iterator[Check]:
    """Parameters that belong to the class: every network of the class uses the same ones."""
    attached = case.attached
    world = attached.world
    if world is None or world.target is None:
        return
    world.reset()
    names = set()
    with world.entered(reading=True):
        own = vars(world.target) if hasattr(world.target, "__dict__") else {}
        for kind in world.classes:
            for name, value in vars(kind).items():
                if name in own or not isinstance(value, list | dict | np.ndarray):
                    continue
                inside = {id(each) for each in reachable(value)}
                if any(id(slot.read()) in inside for slot in attached.slots):
                    names.add((kind.__name__, name))
    for owner, name in sorted(names):
        places = tuple(
            (file, node.lineno)
            for file, source in attached.code.items()
            for node in _class_body(Text(file, source), owner)
            if isinstance(node, ast.Assign | ast.AnnAssign) and name in ast.unparse(node).split("=")[0]
        )
        sentence = (
            f"`{name}` belongs to the class {owner}, not to the network: every {owner} appends to and trains the same "
            f"parameters. Make it in __init__: `self.{name} = []`."
        )
        yield Check("shared_arrays", sentence, {}, places)


def _class_body(text: Text, name: str) -> Iterator[ast.stmt]:
    for node in ast.walk(text.tree):
        if isinstance(node, ast.ClassDef) and node.name == name:
            yield from node.body
