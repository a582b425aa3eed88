"""What came of a training: the model, the descents that led to it, and what they are worth."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fallline.data import Prepared
from fallline.network import Network
from fallline.network.model import Model
from fallline.training.descent import Descent
from fallline.training.rate_by_hand import RateChange
from fallline.training.restarts import Restarts
from fallline.training.run_directory import MODEL
from fallline.training.scores import Score
from fallline.training.settings import Plan, Settings
from fallline.training.stopping import StopReason

if TYPE_CHECKING:
    from fallline.report.figures import Figures

ON_TRAINING_ROWS, ON_ALL_ROWS = "training rows", "all rows"


@dataclass(frozen=True)
class Asked:
    """What was asked for, from which the rows and the plan can be made again."""

    settings: Settings
    source: str | None  # the table's file, where there is one
    reading: dict[str, Any]


@dataclass(frozen=True)
class Run:
    """What came of a training."""

    model: Model
    plan: Plan
    prepared: Prepared = field(repr=False)
    table_name: str
    l2: float
    l2_strengths: dict[str, float | None]  # of each phase, which finds its own; None where it was given or left out
    phases: dict[str, Descent]  # in order; the last gave the model its weights
    networks: dict[str, Network] = field(repr=False)  # where each phase ended
    restarts: dict[str, Restarts]  # of the phases that had several starts
    scores: dict[str, Score]  # "train" and, with validation rows, "validation"
    baselines: dict[str, Score | None]  # "constant" and "linear", judged on the same rows as the best of `scores`
    validation_error: float  # of the network trained on the training rows alone; nan without validation rows
    seconds: float
    directory: Path | None
    asked: Asked = field(repr=False)
    rate_changes: list[RateChange] = field(default_factory=list)  # by hand, while it went

    @property
    def descent(self) -> Descent:
        """The descent that gave the model its weights."""
        return list(self.phases.values())[-1]

    @property
    def l2_strength(self) -> float | None:
        """The strength of the model's penalty; None where it was given or left out."""
        return list(self.l2_strengths.values())[-1]

    def first(self, phase: str) -> Network:
        """Return the network with the weights from which a phase's kept descent began."""
        seed = self.restarts[phase].seed if phase in self.restarts else self.plan.seed
        return self.plan.network(self.prepared.X.dtype, seed)

    @property
    def stop_reason(self) -> StopReason:
        """Why it ended."""
        return self.descent.stop_reason

    @cached_property
    def figures(self) -> Figures:
        """Its pictures, each drawn when it is asked for: `run.figures["descent"]`."""
        from fallline.report.figures import figures  # this way up only when somebody looks

        return figures(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        from fallline.report.notebook import run_bundle

        return run_bundle(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the account of the run in plain JSON types; a number that does not exist is null."""
        preparation, architecture = self.model.preparation, self.model.network.architecture
        return {
            "table": self.table_name,
            "task": preparation.task.value,
            "targets": preparation.targets,
            "rows": self.prepared.rows,
            "train_rows": len(self.prepared.train_rows),
            "validation_rows": len(self.prepared.validation_rows),
            "inputs": preparation.inputs,
            "shape": list(architecture.shape),
            "activations": list(architecture.activations),
            "parameters": architecture.parameter_count,
            "loss": architecture.loss,
            "optimizer": self.plan.optimizer.name,
            "l2": self.l2,
            "l2_strength": self.l2_strength,
            "finish": None if self.plan.finish is None else self.plan.finish.name,
            "restarts": self.plan.restarts,
            "seed": self.plan.seed,
            "dtype": self.model.network.parameters.dtype.name,
            "reasons": self.plan.reasons,
            "stop_reason": self.stop_reason.code,
            "stop_text": self.stop_reason.text,
            "stop_detail": self.descent.detail,
            "remedy": self.stop_reason.remedy,
            "train_error": self.descent.train_error,
            "validation_error": self.validation_error,
            "iterations": self.descent.iterations,
            "steps": self.descent.steps,
            "seconds": self.seconds,
            "scores": self.scores,
            "baselines": self.baselines,
            "phases": {
                name: {
                    "stop_reason": descent.stop_reason.code,
                    "detail": descent.detail,
                    "iterations": descent.iterations,
                    "steps": descent.steps,
                    "seconds": descent.seconds,
                    "train_error": descent.train_error,
                    "validation_error": descent.validation_error,
                    "kept_iteration": descent.kept_iteration,
                    "l2_strength": self.l2_strengths[name],
                    "switch": None if descent.history.switch is None else descent.history.switch._asdict(),
                    "restarts": self.restarts[name].to_dict() if name in self.restarts else None,
                }
                for name, descent in self.phases.items()
            },
            "notes": self.prepared.notes,
            "rate_changes": [each._asdict() for each in self.rate_changes],
            "asked": asdict(self.asked),
            "run": None if self.directory is None else str(self.directory),
            "model": None if self.directory is None else str(self.directory / MODEL),
        }
