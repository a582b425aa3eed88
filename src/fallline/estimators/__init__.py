"""Networks as scikit-learn's estimators: its parameters and attributes, Fallline's training and verdict."""

try:
    import sklearn  # noqa: F401 - an extra, needed by everything here
except ImportError as missing:
    raise ImportError("the estimators need scikit-learn: pip install 'fallline[sklearn]'") from missing

from fallline.estimators.classifier import FalllineClassifier
from fallline.estimators.regressor import FalllineRegressor

__all__ = ["FalllineClassifier", "FalllineRegressor"]
