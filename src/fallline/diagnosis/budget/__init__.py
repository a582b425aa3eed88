"""The error at the stop, split into what holds it up: noise, range, architecture, penalty, and the descent."""

from fallline.diagnosis.budget.answer_groups import AnswerGroup, AnswerGroups
from fallline.diagnosis.budget.budget import PARTS, Budget, error_budget
from fallline.diagnosis.budget.floor import Floor
from fallline.diagnosis.budget.noise import NoiseEstimate
from fallline.diagnosis.budget.units import Units

__all__ = ["PARTS", "AnswerGroup", "AnswerGroups", "Budget", "Floor", "NoiseEstimate", "Units", "error_budget"]
