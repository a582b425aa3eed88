"""All checks that scikit-learn has for estimators, none expected to fail."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from fallline import FalllineClassifier, FalllineRegressor


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks([FalllineRegressor(), FalllineClassifier()])
def test_scikit_learns_check(estimator, check):
    check(estimator)
