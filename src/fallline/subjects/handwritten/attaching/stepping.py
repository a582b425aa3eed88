"""Finding the step: the function that, given rows and targets, moves the parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fallline.engine import Array
from fallline.subjects.handwritten.attaching.calls import MISSING, Call, Function, Variable, functions, ranked
from fallline.subjects.handwritten.attaching.forms import (
    COLUMN,
    COLUMN_VECTORS,
    COLUMNS,
    LISTS,
    ROWS,
    VECTOR,
    Form,
    input_forms,
    target_forms,
)
from fallline.subjects.handwritten.attaching.forward import Forward
from fallline.subjects.handwritten.attaching.leaves import Leaf, leaves
from fallline.subjects.handwritten.attaching.limits import time_limit
from fallline.subjects.handwritten.attaching.signatures import Arguments, role
from fallline.subjects.handwritten.attaching.world import World

NAMES = (
    r"^_*back_*prop",
    r"^_*(train_?(step|once|one|single|sample)|step|learn|adjust|adapt|fit_?once|partial_?fit|one_?step)",
    r"back_*prop|backwards?|gradient_?desc|optimi[sz]e|^sgd_?step|update",
    r"partial|(train|fit)_?(on|batch|epoch|partial|sample|one|row)|(_|^)(step|batch|epoch)",
    r"^(train|fit|sgd|learn|training)",
    r"train|fit|descent|iterat|improve|correct",
)
NEVER = r"^__(?!call__)|init|reset|random|save|load|plot|show|draw|print|seed|zero|clear|add_?layer"
_SAMPLES = 4  # rows that a step for single samples is tried on: one alone may meet only units that are off


@dataclass(frozen=True)
class Plan:
    """How one step is made: calls in their order, the first ones feeding the later ones."""

    main: Call
    forward: Forward | None = None  # called before, where the step needs what it leaves
    update: Function | None = None  # called after with the gradients that were returned
    per_sample: bool = False
    moved: int = 0  # how many parameters it changes
    uses_targets: bool = True
    adds_up: bool = True  # a batch's update is the sum or the mean of its rows' updates

    def make(self, world: World, X: Array, y: Array) -> Any:
        """Make the step on rows X with targets y; for each row in its order where it takes one at a time. May raise."""
        result = None
        for i in range(len(X)) if self.per_sample else (slice(None),):
            rows = slice(i, i + 1) if isinstance(i, int) else i
            result = self._once(world, X[rows], y[rows])
        return result

    def _once(self, world: World, X: Array, y: Array) -> Any:
        with world.entered():
            self.main.store(world, X, y)
            estimates = self.forward.returned(world, X) if self.forward else MISSING
            result = self.main.make(world, X, y, estimates)
            if self.update is not None:
                _apply(world, self.update, result, self.main.given)
            return result


def _apply(world: World, update: Function, gradients: Any, given: dict[str, Any]) -> None:
    """Call the function that applies gradients: all of them as one argument, or one for each."""
    found = update.arguments(world)
    if found is None:
        raise TypeError(f"{update.name} cannot be asked for its arguments")
    values: dict[str, Any] = {}
    free = []
    for name, what in found.roles.items():
        if name in given or (what == "rate" and name not in found.defaults):
            values[name] = given.get(name, 0.1)
        elif name not in found.defaults and what not in ("state", "self"):
            free.append(name)
        elif what == "state":
            values[name] = world.spaces[update.root][name]
    if len(free) == 1:
        values[free[0]] = gradients
    elif isinstance(gradients, tuple | list) and len(gradients) == len(free):
        values.update(zip(free, gradients, strict=True))
    else:
        raise TypeError(f"{update.name} takes other things than what was returned")
    update.get(world)(**values)


class StepFinder:
    """Tries functions as steps on probe rows (n, inputs) and targets (n, outputs), from the first parameters on."""

    def __init__(
        self,
        world: World,
        forward: Forward | None,
        parameters: Sequence[Leaf],
        X: Array,
        y: Array,
        rate: float | None = None,
        first_forms: tuple[Form, Form] | None = None,
    ) -> None:
        self.world, self.forward, self.parameters, self.X, self.y = world, forward, list(parameters), X, y
        self.rate = rate
        self.first_forms = first_forms
        self.errors: dict[str, str] = {}

    def find(self, only: str | None = None) -> Plan | None:
        """Return the best plan, None where nothing moves the parameters."""
        names = {self.forward.call.function.name} if self.forward else set()
        found = [f for f in functions(self.world) if f.name == only or (only is None and f.name not in names)]
        found = ranked(found, NAMES, "$^" if only else NEVER)
        alone: list[Plan] = []
        for function in found:
            plan = self._best(self._plans(function, None))
            if plan is not None:
                alone.append(plan)
                if plan.moved == len(self.parameters) and plan.uses_targets:
                    break
        best = self._choose(alone)
        if best is not None and (best.moved == len(self.parameters) or only):
            return best
        composed = []
        if self.forward is not None:
            for function in found:
                plan = self._best(self._plans(function, self.forward))
                if plan is not None:
                    composed.append(plan)
                    if plan.moved == len(self.parameters):
                        break
        best = self._choose([*alone, *composed])
        return best or self._with_update(found)

    def unmoving(self) -> Plan | None:
        """Return a step by its name that runs with rows and targets but moves nothing, None where there is none.

        One that calls it, and besides calls another such function or adds to the parameters, is preferred: what is lost
        may be lost there.
        """
        known = ranked([f for f in functions(self.world) if _is_step_name(f.name)], NAMES, NEVER)
        for function in known:
            if (first := self._running(function)) is not None:
                own = {function.name, *_called(function, known, self.world)}
                adds = self._adds_to_parameters(function)
                for other in known:
                    calls = _called(other, known, self.world)
                    more = own < calls or (own == calls and self._adds_to_parameters(other) and not adds)
                    if more and (plan := self._running(other)) is not None:
                        return plan
                return first
        return None

    def _running(self, function: Function) -> Plan | None:
        """Return the first way to call a function that raises nothing."""
        plans = (*self._plans(function, None), *self._plans(function, self.forward))
        return next((plan for plan in plans if self.update(plan, self.X, self.y) is not None), None)

    def _adds_to_parameters(self, function: Function) -> bool:
        """Whether its text adds something to what is called as the parameters are."""
        names = "|".join(sorted({re.escape(leaf.last_name) for leaf in self.parameters if leaf.last_name}))
        return bool(names and re.search(rf"\b({names})\b(\[[^\]]*\])*\s*[-+]", function.source(self.world)))

    def _choose(self, plans: list[Plan]) -> Plan | None:
        return max(plans, key=lambda plan: (plan.uses_targets, plan.moved), default=None)

    def _with_update(self, found: list[Function]) -> Plan | None:
        """Try a function that returns gradients together with one that applies them."""
        appliers = [f for f in found if re.search(r"update|apply|step|optim|descent|adjust", f.name.lower())]
        for function in found:
            for forward in (None, self.forward):
                for plan in self._plans(function, forward):
                    for applier in appliers:
                        if applier != function:
                            best = self._best(iter([replace(plan, update=applier)]))
                            if best is not None:
                                return best
        return None

    def _plans(self, function: Function, forward: Forward | None) -> Iterator[Plan]:
        """Yield the ways to call a function as a step, the commonest forms first."""
        self.world.reset()
        found = function.arguments(self.world)
        if found is None:
            return
        given: dict[str, Any] = {}
        rate = found.of("rate")
        if rate is not None and (self.rate is not None or rate not in found.defaults):
            given[rate] = 0.1 if self.rate is None else self.rate
        for name, default in found.defaults.items():
            if found.roles[name] in ("iterations",):
                given[name] = 1
            elif found.roles[name] == "batch":
                given[name] = len(self.X)
            elif found.roles[name] == "flag" and isinstance(default, bool):
                given[name] = False
        given.update(self._variables(function, found))
        stored = self.forward.call.stored if self.forward else ()
        takes_rows = found.of("inputs") is not None or found.of("pairs") is not None
        takes_targets = found.of("targets") is not None or found.of("pairs") is not None
        if not takes_rows and not stored and (forward is None or forward.call.inputs is None):
            return
        if not takes_targets and not stored:
            return
        places = list(stored)
        if stored and not takes_targets:
            from_target = _stored_targets(self.world)
            if from_target is None:
                return
            places.append((from_target, "targets"))
        shape = self.forward.shape if self.forward else (len(self.X),)
        whole = found.of("iterations") is not None
        for inputs, targets in self._forms(
            whole, found.of("pairs") is not None, shape, forward, takes_rows, bool(stored)
        ):
            kinds = ("tuples", "lists") if found.of("pairs") else ("",)
            for kind in kinds:
                roles = found.roles if any(isinstance(v, Variable) for v in given.values()) else {}
                call = Call(function, inputs, targets, kind, given, tuple(places), roles)
                yield Plan(call, forward, per_sample=inputs.per_sample)

    def _variables(self, function: Function, found: Arguments) -> dict[str, Variable]:
        """Return the variable with the parameters for the argument that takes it in the forward pass."""
        passed = self.forward.call.given if self.forward else {}
        variables = {n: v for n, v in passed.items() if isinstance(v, Variable)}
        free = [n for n in found.roles if n not in found.defaults and found.roles[n] in ("", "network")]
        chosen = {n: v for n, v in variables.items() if n in found.roles}
        if variables and not chosen and len(free) == 1:
            chosen = {free[0]: next(iter(variables.values()))}
        if chosen:  # the rows go to another argument then
            found.roles.update({n: role(n) for n in found.roles if role(n) in ("inputs", "targets")})
            found.roles.update(dict.fromkeys(chosen, ""))
        return chosen

    def _forms(
        self, whole: bool, pairs: bool, shape: tuple[int, ...], forward: Forward | None, takes_rows: bool, stored: bool
    ) -> Iterator[tuple[Form, Form]]:
        width, outputs = self.X.shape[1], self.y.shape[1]
        if pairs:
            for form in (ROWS, COLUMN_VECTORS, LISTS):
                for targets in target_forms(form, outputs, shape):
                    yield form, targets
            return
        if self.first_forms is not None and forward is None:
            yield self.first_forms
        ways = [form for per_sample in (False, True) for form in input_forms(per_sample, width)]
        known = self.forward.call.inputs if self.forward else None
        if forward is not None or stored:
            single = {ROWS: [VECTOR], COLUMNS: [COLUMN]}.get(known or ROWS, [])
            ways = [known or ROWS, *([] if stored else single)]
        elif known is not None and (whole or not known.per_sample):
            ways.sort(key=lambda form: (form.per_sample, form is not known))
        elif known is not None:
            ways.sort(key=lambda form: (form is not known, form.per_sample))
        for inputs in ways:
            for targets in target_forms(inputs, outputs, shape):
                yield inputs, targets

    def _best(self, plans: Iterator[Plan]) -> Plan | None:
        """Return the first plan that moves parameters as a step does: of a batch where it adds up, else of a sample."""
        unclear: Plan | None = None
        for plan in plans:
            moved = self.update(plan, self.X[:_SAMPLES] if plan.per_sample else self.X, self.y)
            if moved is None or not any(np.any(change) for change in moved):
                continue
            if plan.per_sample and not self._every_input_counts(plan, moved):
                continue
            judged = self.judged(plan, moved)
            if plan.per_sample and unclear is not None:
                # a batch went through, but not as the sum of its rows: it is meant to where its code counts rows, or
                # where the forward pass takes batches; then one of its mistakes is in the sum
                return (
                    unclear
                    if self._forward_takes_batches() or _counts_rows(unclear.main.function.source(self.world))
                    else judged
                )
            if judged.adds_up or (plan.main.inputs, plan.main.targets) == self.first_forms:
                return judged
            unclear = unclear or judged
        return unclear

    def _forward_takes_batches(self) -> bool:
        known = self.forward
        return known is not None and known.independent and not (known.call.inputs and known.call.inputs.per_sample)

    def _every_input_counts(self, plan: Plan, moved: list[Array]) -> bool:
        """Whether each input has a say: not so where a method for a batch walks over the numbers of one sample."""
        for column in range(min(self.X.shape[1], 8)):
            rows = self.X[:_SAMPLES].copy()
            rows[:, column] += 0.25
            other = self.update(plan, rows, self.y)
            if other is None or all(np.array_equal(a, b) for a, b in zip(moved, other, strict=True)):
                return False
        return True

    def judged(self, plan: Plan, moved: list[Array]) -> Plan:
        """Return the plan with what its update from the probe rows says about it."""
        count = sum(1 for change in moved if np.any(change))
        rows = slice(0, _SAMPLES) if plan.per_sample else slice(None)
        other = self.update(plan, self.X[rows], 0.35 - 0.8 * self.y[rows])
        uses = other is not None and any(not np.allclose(a, b, rtol=1e-9) for a, b in zip(moved, other, strict=True))
        plan = replace(plan, moved=count, uses_targets=uses)
        if plan.per_sample:
            return plan
        both = self.update(plan, self.X[:2], self.y[:2])
        each = [self.update(plan, self.X[i : i + 1], self.y[i : i + 1]) for i in (0, 1)]
        if both is None or each[0] is None or each[1] is None:
            return replace(plan, adds_up=False)
        total = [a + b for a, b in zip(each[0], each[1], strict=True)]
        if all(_close(a, b) or _close(a, 0.5 * b) for a, b in zip(both, total, strict=True)):
            return plan
        for order in ((0, 1), (1, 0)):
            one = replace(plan, per_sample=True)
            turned = self.update(one, self.X[list(order)], self.y[list(order)])
            if turned is not None and all(_close(a, b) for a, b in zip(both, turned, strict=True)):
                return replace(plan, per_sample=True)
        return replace(plan, adds_up=False)

    def update(self, plan: Plan, X: Array, y: Array) -> list[Array] | None:
        """Return what a step changes from the first parameters, None where it fails or changes their shapes."""
        self.world.reset()
        before = [leaf.array(self.world) for leaf in self.parameters]
        try:
            with time_limit(3):
                plan.make(self.world, X.copy(), y[: len(X)].copy())
        except (Exception, SystemExit) as error:
            self.errors.setdefault(plan.main.function.name, f"{type(error).__name__}: {error}")
            return None
        changes: list[Array] = []
        for old, leaf in zip(before, self.parameters, strict=True):
            new = leaf.array(self.world)
            if old is None or new is None or not np.isfinite(new).all():
                return None
            if new.shape != old.shape and not new.size == old.size == 1:  # a number may become an array of one
                return None
            changes.append(new.reshape(old.shape) - old)
        return changes


def _close(first: Array, second: Array) -> bool:
    return bool(np.allclose(first, second, rtol=1e-6, atol=1e-9 * max(1e-9, float(np.abs(second).max(initial=0)))))


def _is_step_name(name: str) -> bool:
    return any(re.search(pattern, name.lower()) for pattern in NAMES)


def _called(function: Function, known: Sequence[Function], world: World) -> set[str]:
    """Return the names of those among the known functions that one calls, by itself or through others."""
    found: set[str] = set()
    waiting = [function]
    while waiting:
        source = waiting.pop().source(world)
        new = [each for each in known if each.name not in found and re.search(rf"\b{each.name}\s*\(", source)]
        found |= {each.name for each in new}
        waiting += new
    return found - {function.name}


def _counts_rows(source: str) -> bool:
    return bool(re.search(r"axis\s*=|keepdims|shape\[|len\(|zip\(|\.mean\(|\.size", source))


def _stored_targets(world: World) -> Leaf | None:
    found = [leaf for leaf in leaves(world) if role(leaf.last_name) == "targets"]
    return next((leaf for leaf in found if len(leaf.shape(world) or ()) in (1, 2)), None)
