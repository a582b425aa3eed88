"""The whole way: a table in; a trained model, an account of the run, and its folder out."""

from __future__ import annotations

import math
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from fallline.data import Prepared, Task, read_table
from fallline.engine import Rows
from fallline.engine.choice import worth_compiling
from fallline.network import Network
from fallline.network.model import Model
from fallline.training.audience import Audience, Together
from fallline.training.baselines import constant_baseline, linear_baseline
from fallline.training.channel import Channel
from fallline.training.descent import Descent, descend, expected_passes
from fallline.training.finish import finish
from fallline.training.history import Record
from fallline.training.interrupt import Interrupt
from fallline.training.marks import Marks
from fallline.training.penalty import choose_strength, l2_of, passes
from fallline.training.remote import Remote
from fallline.training.restarts import Restarts, descend_with_restarts
from fallline.training.run import ON_ALL_ROWS, ON_TRAINING_ROWS, Asked, Run
from fallline.training.run_directory import MODEL, RunDirectory
from fallline.training.scores import Score, outputs_on, score, targets_of
from fallline.training.settings import Plan, Settings, plan

SHARE_OF_FIRST = 0.5  # of the time, where a second descent follows
SHARE_FOR_PENALTY = 0.5  # of a descent's time
SHARE_BEFORE_FINISH = 0.5  # of the time that then is left, where a finish follows


def train(
    source: Any,
    settings: Settings | None = None,
    *,
    out: str | Path | None = None,
    save: bool = True,
    audience: Audience | None = None,
    reading: dict[str, Any] | None = None,
) -> Run:
    """Train a network on a table, from the file to the model.

    Parameters
    ----------
    source
        A CSV or Parquet file, a pandas, Polars or pyarrow frame, or an array: see `fallline.data.read_table`.
    settings
        What to do; everything that is left out is chosen.
    out
        Folder of the run; None makes one under `runs/`.
    save
        False writes nothing.
    audience
        Who is told how it goes.
    reading
        Options of `fallline.data.read_table`.

    Raises
    ------
    FalllineError
        If the table cannot be used, or the settings do not fit it.
    """
    started = time.perf_counter()
    settings, audience = settings or Settings(), audience or Audience()
    asked = Asked(settings, _file(source), reading or {})
    table = read_table(source, **(reading or {}))
    prepared = settings.prepare(table)
    chosen = plan(settings, prepared)
    audience.prepared(table, prepared, chosen)
    chosen.network(prepared.X.dtype)  # one that cannot be made is refused before there is a folder
    directory = RunDirectory(None if out is None else Path(out), table.name.split(".")[0] or "table") if save else None
    remote = None if directory is None else Remote(Channel(directory.path), asked)
    try:
        if directory is not None and remote is not None:
            remote.prepared(table, prepared, chosen)
            audience.opened(directory.path)
            audience = Together(audience, remote)
        with remote or Interrupt() as interrupt, np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return _Training(table.name, prepared, chosen, asked, audience, directory, interrupt, remote, started).run()
    finally:
        if directory is not None:
            directory.close()
        if remote is not None:
            remote.end()


def _file(source: Any) -> str | None:
    return str(Path(source).absolute()) if isinstance(source, str | os.PathLike) else None


class _Training:
    """One run, from the prepared rows on."""

    def __init__(
        self,
        table_name: str,
        prepared: Prepared,
        plan: Plan,
        asked: Asked,
        audience: Audience,
        directory: RunDirectory | None,
        interrupt: Interrupt,
        remote: Remote | None,
        started: float,
    ) -> None:
        self.table_name = table_name
        self.prepared = prepared
        self.plan = plan
        self.asked = asked
        self.audience = audience
        self.directory = directory
        self.interrupt = interrupt
        self.remote = remote
        self.started = started
        self.limit = math.inf if plan.limits.seconds is None else plan.limits.seconds
        self.training = Rows(prepared.X, prepared.y, prepared.train_rows)
        self.validation = Rows(prepared.X, prepared.y, prepared.validation_rows)
        self.strengths: dict[str, float | None] = {}  # by phase
        self.restarts: dict[str, Restarts] = {}
        self._loaded = False  # the compiled engine

    def run(self) -> Run:
        """Descend on the training rows, judge, descend on all rows if wished, and write it all down."""
        preparation = self.prepared.preparation
        held_out = len(self.validation) > 0
        judged = self.validation if held_out else self.training
        phases: dict[str, Descent] = {}
        networks: dict[str, Network] = {}
        scores: dict[str, Score] = {}
        learned = self.training
        network = networks[ON_TRAINING_ROWS] = self._descend(ON_TRAINING_ROWS, learned, phases)
        validation_error = phases[ON_TRAINING_ROWS].validation_error
        if held_out:
            scores["validation"] = score(preparation, outputs_on(network, judged), targets_of(judged))
        if self.plan.refit and not self.interrupt.wished:
            learned = Rows(self.prepared.X, self.prepared.y)
            network = networks[ON_ALL_ROWS] = self._descend(ON_ALL_ROWS, learned, phases)
        scores["train"] = score(preparation, outputs_on(network, learned), targets_of(learned))
        self.audience.doing("comparing with a linear model")
        baselines = {
            "constant": constant_baseline(preparation, self.training, judged),
            "linear": linear_baseline(network, preparation, self.training, judged, self.interrupt),
        }
        run = Run(
            model=Model(network, preparation),
            plan=self.plan,
            prepared=self.prepared,
            table_name=self.table_name,
            l2=self._l2(list(phases)[-1], len(learned)),
            l2_strengths=self.strengths,
            phases=phases,
            networks=networks,
            restarts=self.restarts,
            scores=scores,
            baselines=baselines,
            validation_error=validation_error,
            seconds=self.interrupt.now() - self.started,
            directory=None if self.directory is None else self.directory.path,
            asked=self.asked,
            rate_changes=[] if self.remote is None else self.remote.changes,
        )
        if self.directory is not None:
            run.model.save(self.directory.path / MODEL)
            ends = {"first": run.first(ON_TRAINING_ROWS), "stop": networks[ON_TRAINING_ROWS]}
            weights = {name: each.parameters for name, each in ends.items()}
            marks = phases[ON_TRAINING_ROWS].marks
            self.directory.write_weights(weights | ({} if marks is None else marks.arrays()))
            self.directory.write_run(run.to_dict())
        return run

    def _initial(self) -> Network:
        return self.plan.network(self.prepared.X.dtype)

    def _time_left(self) -> float:
        return max(0.0, self.limit - (self.interrupt.now() - self.started))

    def _l2(self, phase: str, rows: int) -> float:
        strength = self.strengths[phase]
        return self.plan.l2 if strength is None else l2_of(strength, self.plan.architecture, rows)

    def _choose_penalty(self, rows: Rows, seconds: float) -> float:
        strata = None
        if self.prepared.preparation.task is not Task.REGRESSION:
            targets = targets_of(rows)
            strata = (targets[:, 0] if targets.shape[1] == 1 else targets.argmax(axis=1)).astype(np.int64)
        choice = choose_strength(
            self.plan.architecture,
            rows,
            self._initial,
            strata=strata,
            seed=self.plan.seed,
            seconds=seconds,
            interrupt=self.interrupt,
            compiled=self._compiled(rows),
            tell=self.audience.doing,
        )
        self.plan.reasons["l2"] = choice.reason
        return choice.strength

    def _descend(self, phase: str, rows: Rows, phases: dict[str, Descent]) -> Network:
        """Choose the penalty if that is the plan, and train a network from its first weights on these rows."""
        first = phase == ON_TRAINING_ROWS
        seconds = self._time_left() * (SHARE_OF_FIRST if first and self.plan.refit else 1.0)
        before = self.interrupt.now()
        self.strengths[phase] = self._choose_penalty(rows, SHARE_FOR_PENALTY * seconds) if self.plan.choose_l2 else None
        limits, finishing = self.plan.limits, replace(self.plan.limits, iterations=None)
        starts, seed = self.plan.restarts, self.plan.seed
        if not first and limits.patience is not None:
            # Without rows to watch, go as far as the watched descent found right, from where it began.
            watched = phases[ON_TRAINING_ROWS]
            switch, right = watched.history.switch, watched.kept_iteration
            if switch is not None:
                beyond = max(0, right - switch.iteration)
                right = min(right, switch.kept_iteration)
                finishing = replace(finishing, patience=None, plateau=False, iterations=beyond)
            limits = replace(limits, patience=None, plateau=False, iterations=right)
            if ON_TRAINING_ROWS in self.restarts:
                starts, seed = 1, self.restarts[ON_TRAINING_ROWS].seed
        ends = before + seconds
        share = 1.0 if self.plan.finish is None else SHARE_BEFORE_FINISH
        if math.isfinite(self.limit):
            limits = replace(limits, seconds=max(0.0, share * (ends - self.interrupt.now())))
        self.audience.descending(phase, self.plan)

        def observe(record: Record) -> None:
            self.audience.record(phase, record)
            if self.directory is not None:
                self.directory.record(phase, record)

        validation = self.validation if first and len(self.validation) else None
        l2, dtype = self._l2(phase, len(rows)), self.prepared.X.dtype
        optimizer, followers = self.plan.optimizer, []
        if self.remote is not None:
            optimizer = self.remote.take(optimizer, rows, limits, self.strengths[phase], starts)
            followers = [self.remote]
        if starts > 1:
            found = descend_with_restarts(
                lambda seed: self.plan.network(dtype, seed),
                rows,
                self.plan.optimizer,
                starts=starts,
                seed=seed,
                validation=validation,
                l2=l2,
                limits=limits,
                interrupt=self.interrupt,
                compiled=self._compiled(rows),
                tell=self.audience.doing,
            )
            self.restarts[phase] = found
            network, descent = found.network, found.descent
            for record in descent.history.records:
                observe(record)
        else:
            network = self.plan.network(dtype, seed)
            marks = Marks(network.parameters.size)
            descent = descend(
                network,
                rows,
                optimizer,
                validation=validation,
                l2=l2,
                limits=limits,
                observe=observe,
                interrupt=self.interrupt,
                compiled=self._compiled(rows),
                followers=[marks, *followers],
            )
            descent = replace(descent, marks=marks)
        if self.plan.finish is not None:
            if math.isfinite(self.limit):
                finishing = replace(finishing, seconds=max(0.0, ends - self.interrupt.now()))
            if self.remote is not None:
                self.remote.take(self.plan.finish, rows, finishing, self.strengths[phase], starts=1)
            self.audience.doing(f"{self.plan.finish.name} in float64")
            descent = finish(
                network,
                descent,
                rows,
                self.plan.finish,
                validation=validation,
                l2=l2,
                limits=finishing,
                observe=observe,
                interrupt=self.interrupt,
                followers=followers if descent.marks is None else [descent.marks, *followers],
            )
        if self.remote is not None:
            self.remote.release()
        phases[phase] = descent
        return network

    def _compiled(self, rows: Rows) -> bool:
        """Whether all that is done with these rows is work enough for the compiled engine."""
        likely = expected_passes(self.plan.optimizer, self.plan.limits) * self.plan.restarts
        if self.plan.choose_l2:
            likely += passes(len(rows))
        worth = worth_compiling(self.plan.architecture, len(rows), likely)
        if worth and not self._loaded:
            self._loaded = True
            self.audience.doing(
                "loading the compiled engine (the first time on a machine, it is compiled: some seconds)"
            )
        return worth
