"""Fallline trains feed-forward networks down to their floor, and says why when one stops short."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fallline.errors import DataError, FalllineError, ModelFileError

if TYPE_CHECKING:
    from fallline.diagnosis.runs.explain import explain
    from fallline.diagnosis.verdict import Verdict
    from fallline.estimators import FalllineClassifier, FalllineRegressor
    from fallline.interchange.export import export
    from fallline.network.model import Model
    from fallline.network.network import Network
    from fallline.report.figures import figures
    from fallline.report.page import write_report
    from fallline.subjects.handwritten.diagnose import diagnose
    from fallline.subjects.handwritten.diagnosis import Diagnosis
    from fallline.training.run import Run
    from fallline.training.settings import Settings
    from fallline.training.training import train

__version__ = "0.1.0"
__all__ = [
    "DataError",
    "Diagnosis",
    "FalllineClassifier",
    "FalllineError",
    "FalllineRegressor",
    "Model",
    "ModelFileError",
    "Network",
    "Run",
    "Settings",
    "Verdict",
    "__version__",
    "diagnose",
    "explain",
    "export",
    "figures",
    "train",
    "write_report",
]

_LATER = {  # imported when first asked for, so that `fallline --help` waits neither for NumPy nor for what reads tables
    "Network": "fallline.network.network",
    "Model": "fallline.network.model",
    "Run": "fallline.training.run",
    "Settings": "fallline.training.settings",
    "train": "fallline.training.training",
    "diagnose": "fallline.subjects.handwritten.diagnose",
    "Diagnosis": "fallline.subjects.handwritten.diagnosis",
    "explain": "fallline.diagnosis.runs.explain",
    "Verdict": "fallline.diagnosis.verdict",
    "export": "fallline.interchange.export",
    "figures": "fallline.report.figures",
    "write_report": "fallline.report.page",
    "FalllineRegressor": "fallline.estimators",
    "FalllineClassifier": "fallline.estimators",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module 'fallline' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
