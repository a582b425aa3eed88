"""scikit-learn in the speed benchmark: its own loop over mini-batches."""

from __future__ import annotations

import warnings

import numpy as np

from step_contenders.workload import Loop, Workload


def scikit_learn(work: Workload) -> Loop:
    """Return scikit-learn's own loop: an epoch is one `partial_fit`. Its squared error is half of the others'."""
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    warnings.simplefilter("ignore")
    classes = work.output == "softmax"
    X, y = work.data()
    y = y.argmax(1) if classes else y[:, 0] if y.shape[1] == 1 else y
    model = (MLPClassifier if classes else MLPRegressor)(
        hidden_layer_sizes=work.shape[1:-1],
        activation=work.hidden,
        alpha=0.0,
        batch_size=work.step_rows,
        random_state=0,
    )
    known = {"classes": np.unique(y)} if classes else {}
    model.partial_fit(X, y, **known)
    for i, W in enumerate(work.network().layers):
        model.coefs_[i][:], model.intercepts_[i][:] = W[:, :-1].T, W[:, -1]
    del model._optimizer  # so that the next one begins at step 1
    losses = []
    for _ in range(3):
        model.partial_fit(X[: work.step_rows], y[: work.step_rows])
        losses.append(float(model.loss_) * (1 if classes else 2))

    def run(epochs: int) -> None:
        for _ in range(epochs):
            model.partial_fit(X, y)

    return Loop(run, work.steps, losses)
