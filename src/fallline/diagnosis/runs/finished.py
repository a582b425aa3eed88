"""A run that has just ended, as a subject: the descent on the training rows, where validation rows were held out."""

from __future__ import annotations

from collections.abc import Sequence

from fallline.data import Prepared
from fallline.diagnosis.subject import Subject
from fallline.diagnosis.trials.rates import with_rate
from fallline.engine import Rows
from fallline.network import Network
from fallline.optimizers import FirstOrder, Optimizer
from fallline.training.descent import Descent
from fallline.training.penalty import l2_of
from fallline.training.rate_by_hand import RateChange
from fallline.training.run import ON_TRAINING_ROWS, Run
from fallline.training.settings import Plan


def subject_of_run(run: Run) -> Subject:
    """Return the descent on the training rows as a subject.

    A run that then goes over all rows again is judged by the first descent all the same: there its validation rows are
    rows that it has not seen.
    """
    return subject_of(
        run.prepared,
        run.plan,
        run.l2_strengths[ON_TRAINING_ROWS],
        run.first(ON_TRAINING_ROWS),
        run.networks[ON_TRAINING_ROWS],
        run.phases[ON_TRAINING_ROWS],
        run.rate_changes,
    )


def subject_of(
    prepared: Prepared,
    plan: Plan,
    l2_strength: float | None,
    first: Network,
    stop: Network,
    descent: Descent,
    rate_changes: Sequence[RateChange] = (),
) -> Subject:
    """Return a subject from the rows and the plan of a run, and its networks before and after the descent.

    Where the learning rate was changed by hand, the optimizer is the one that it was at the stop.
    """
    training = Rows(prepared.X, prepared.y, prepared.train_rows)
    validation = Rows(prepared.X, prepared.y, prepared.validation_rows) if len(prepared.validation_rows) else None
    l2 = plan.l2 if l2_strength is None else l2_of(l2_strength, plan.architecture, len(training))
    return Subject(
        network=stop,
        training=training,
        validation=validation,
        first=first,
        optimizer=_at_stop(plan.optimizer, rate_changes),
        limits=plan.limits,
        l2=l2,
        descent=descent,
        initialiser=plan.initialiser,
        seed=plan.seed,
        features=prepared.preparation.input_names,
        target_scale=[float(scale) for scale in prepared.preparation.target_scale],
    )


def _at_stop(optimizer: Optimizer, changes: Sequence[RateChange]) -> Optimizer:
    factors = [each.factor for each in changes if each.phase == ON_TRAINING_ROWS]
    return with_rate(optimizer, factors[-1]) if factors and isinstance(optimizer, FirstOrder) else optimizer
