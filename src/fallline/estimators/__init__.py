"""Networks as scikit-learn's estimators: its parameters and attributes, Fallline's training and verdict."""

from fallline.extras import required

required("an estimator", "sklearn", "sklearn")  # before what imports it

from fallline.estimators.classifier import FalllineClassifier  # noqa: E402
from fallline.estimators.regressor import FalllineRegressor  # noqa: E402

__all__ = ["FalllineClassifier", "FalllineRegressor"]
