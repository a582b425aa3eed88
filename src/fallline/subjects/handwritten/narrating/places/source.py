"""What only the source tells: assignments in comments, local names, loops over names, lists that are shared."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Sequence

from fallline.subjects.handwritten.identifying.identification import Mistake
from fallline.subjects.handwritten.narrating.sights import Sights
from fallline.subjects.handwritten.narrating.statements import last_name, targets
from fallline.subjects.handwritten.narrating.tracing import Place

COMMENT = re.compile(r"^\s*(pass\s*)?#+\s*(?P<text>[A-Za-z_].*)")


def commented_out(sights: Sights) -> list[Place]:
    """Lines of the step's functions in which an assignment is commented out."""
    found = []
    for file, text in sights.trace.texts.items():
        ran = {name for own, name in sights.trace.calls if own == file}
        lines = range(1, len(text.lines) + 1) if "<module>" in ran else ()
        found += [(file, line) for line in lines if _is_commented_out(text.lines[line - 1])]
        for function in (function for name in ran for function in text.functions.get(name, ())):
            last = function.end_lineno or function.lineno
            while last < len(text.lines) and re.match(r"\s*(#|$)", text.lines[last]):
                last += 1  # comments behind the last statement
            lines = range(function.lineno, last + 1)
            found += [(file, line) for line in lines if _is_commented_out(text.lines[line - 1])]
    return found


def _is_commented_out(line: str) -> bool:
    """Whether a line is a comment whose text assigns something."""
    comment = COMMENT.match(line)
    try:
        parsed = ast.parse(comment["text"].strip()).body if comment else []
    except SyntaxError:
        return False
    return any(isinstance(statement, ast.Assign | ast.AugAssign) for statement in parsed)


def local_names(sights: Sights, lines: Sequence[Place]) -> list[Place]:
    """Where the functions with these lines make local names of what the lines assign to, or leave out `global`."""
    found = []
    for file, line in lines:
        statement = sights.statement((file, line))
        names = {node.id for node in targets(statement) if isinstance(node, ast.Name)} if statement else set()
        for function in (f for each in sights.trace.texts[file].functions.values() for f in each):
            if not function.lineno <= line <= (function.end_lineno or 0):
                continue
            inside = list(ast.walk(function))
            assigned = [n for n in inside if isinstance(n, ast.Assign) and n.lineno < line]
            found += [(file, n.lineno) for n in assigned if names & {ast.unparse(target) for target in targets(n)}]
            found += [(file, n.lineno) for n in inside if isinstance(n, ast.Global) and names]
    return found


def loops_over_names(sights: Sights, lines: Sequence[Place]) -> list[Place]:
    """The loops over names written out that hold these lines: a name that is missing there is not updated."""
    return [
        (file, node.lineno)
        for file, line in lines
        for node in ast.walk(sights.trace.texts[file].tree)
        if isinstance(node, ast.For) and node.lineno < line <= (node.end_lineno or 0)
        if any(isinstance(part, ast.Constant) and isinstance(part.value, str) for part in ast.walk(node.iter))
    ]


def assigned_to(sights: Sights, names: Collection[str]) -> list[Place]:
    """Where one of these names is assigned to, or is part of what is."""
    return [
        (file, node.lineno)
        for file, text in sights.trace.texts.items()
        for node in ast.walk(text.tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if any(isinstance(part, ast.expr) and last_name(part) in names for part in ast.walk(target))
    ]


def shared_arrays(sights: Sights, _: Mistake) -> list[Place]:
    """Where the source makes what the parameters are kept in, outside of the step: copies by reference, if any."""
    moved = {each.place for each in sights.trace.moved}
    words = {word for name in sights.slot_names for word in re.findall(r"[A-Za-z_]\w*", name)} - {"self"}
    made: list[Place] = []
    by_reference: list[Place] = []
    for file, text in sights.trace.texts.items():
        for node in ast.walk(text.tree):
            if not isinstance(node, ast.Assign | ast.Return) or node.value is None or (file, node.lineno) in moved:
                continue
            parts = list(ast.walk(node.value))
            keys = {part.value for part in parts if isinstance(part, ast.Constant)}
            own = set() if isinstance(node, ast.Return) else {last_name(target) for target in node.targets}
            if words & own or words & keys:
                made.append((file, node.lineno))
            named = words & (own | keys | {last_name(node.value)})
            reads = isinstance(node, ast.Assign) and isinstance(node.value, ast.Name | ast.Attribute | ast.Subscript)
            if any(_repeats_one(part) for part in parts) or (named and reads):
                by_reference.append((file, node.lineno))
    return by_reference or made


def _repeats_one(node: ast.AST) -> bool:
    """Whether an expression makes a list of one thing many times, other than of a number: `[[0.0] * n] * m`."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Mult):
        return False
    lists = [side for side in (node.left, node.right) if isinstance(side, ast.List)]
    return any(not isinstance(item, ast.Constant | ast.UnaryOp) for side in lists for item in side.elts)
