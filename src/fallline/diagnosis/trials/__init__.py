"""Trials: remedies that are run against an unchanged control, to show what lowers the error."""

from fallline.diagnosis.trials.comparison import Outcome
from fallline.diagnosis.trials.remedies import REMEDIES
from fallline.diagnosis.trials.remedy import Remedy, Start
from fallline.diagnosis.trials.running import ArmName, run_trials
from fallline.diagnosis.trials.trial import Trial

__all__ = ["REMEDIES", "ArmName", "Outcome", "Remedy", "Start", "Trial", "run_trials"]
