"""The error at the stop, split into what holds it up: noise, range, architecture, penalty, and the descent."""

from fallline.diagnosis.budget.budget import Budget, error_budget
from fallline.diagnosis.budget.floor import Floor

__all__ = ["Budget", "Floor", "error_budget"]
