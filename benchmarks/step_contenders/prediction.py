"""The contenders in predicting: Fallline's two calls, the plain expression in NumPy, and PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fallline.engine.compiled.prediction import Prediction
from step_contenders.pytorch import pytorch_model
from step_contenders.workload import CORES, Loop, Workload


def run_network(work: Workload) -> Loop:
    """Return `Network.run`, which accepts lists and checks its argument."""
    network, (X, _) = work.network(), work.data()
    return predicting(lambda: network.run(X))


def run_prediction(work: Workload) -> Loop:
    """Return `Prediction.run`, prepared once."""
    network, (X, _) = work.network(), work.data()
    prediction = Prediction(network.architecture, network.parameters.dtype, CORES)
    return predicting(lambda: prediction.run(network.parameters, X))


def run_numpy(work: Workload) -> Loop:
    """Return the plain expression."""
    network, (X, _) = work.network(), work.data()
    layers = [(W[:, :-1].T.copy(), W[:, -1].copy()) for W in network.layers]

    def run() -> np.ndarray:
        a = X
        for W, b in layers[:-1]:
            a = np.tanh(a @ W + b)
        return a @ layers[-1][0] + layers[-1][1]

    return predicting(run)


def run_pytorch(work: Workload, threads: int, compiled: bool = False) -> Loop:
    """Return PyTorch's module in inference mode."""
    import torch

    torch.set_num_threads(threads)
    model, X = pytorch_model(work), torch.from_numpy(work.data()[0])
    call = torch.compile(model) if compiled else model
    inference = torch.inference_mode()
    inference.__enter__()
    return predicting(lambda: call(X))


def predicting(call: Callable[[], Any]) -> Loop:
    """Return the loop around one call; what is compared are its first outputs."""
    outputs = np.asarray(call())

    def run(times: int) -> None:
        for _ in range(times):
            call()

    return Loop(run, 1, outputs[:3].ravel().tolist())
