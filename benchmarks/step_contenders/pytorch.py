"""PyTorch in the speed benchmark: a fused optimizer, eager or compiled."""

from __future__ import annotations

from typing import Any

from step_contenders.workload import RATE, XOR_RATE, Loop, Workload


def pytorch_model(work: Workload) -> Any:
    """Return the network as a PyTorch module."""
    import torch

    dtype = getattr(torch, work.dtype)
    kinds = {"sigmoid": torch.nn.Sigmoid, "tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}
    parts: list[Any] = []
    layers = work.network().layers
    for number, W in enumerate(layers, 1):
        linear = torch.nn.Linear(W.shape[1] - 1, len(W), dtype=dtype)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(W[:, :-1].copy()))
            linear.bias.copy_(torch.from_numpy(W[:, -1].copy()))
        kind = kinds.get(work.hidden if number < len(layers) else work.output)
        parts += [linear] if kind is None else [linear, kind()]
    return torch.nn.Sequential(*parts)


def pytorch(work: Workload, threads: int, compiled: bool = False) -> Loop:
    """Return PyTorch's loop with a fused optimizer; rows are gathered by the epoch if they are few, or by the batch."""
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    model = pytorch_model(work)
    X, y = (torch.from_numpy(array) for array in work.data())
    if work.output == "softmax":
        y, criterion = y.argmax(1), torch.nn.CrossEntropyLoss()
    elif work.loss == "half_squared_error":
        criterion = lambda output, target: 0.5 * (output - target).square().sum()  # noqa: E731
    else:
        criterion = torch.nn.MSELoss()

    def error(x: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return criterion(model(x), target)

    forward = torch.compile(error, dynamic=False) if compiled else error
    start = [p.detach().clone() for p in model.parameters()]

    def optimizer() -> torch.optim.Optimizer:
        if work.rule == "adam":
            return torch.optim.Adam(model.parameters(), RATE, fused=True)
        return torch.optim.SGD(model.parameters(), XOR_RATE, fused=True)

    def step(x: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        descent.zero_grad(set_to_none=True)
        loss = forward(x, target)
        loss.backward()
        descent.step()
        return loss

    descent = optimizer()
    losses = [float(step(X[: work.step_rows], y[: work.step_rows]).detach()) for _ in range(3)]
    with torch.no_grad():
        for p, first in zip(model.parameters(), start, strict=True):
            p.copy_(first)
    descent = optimizer()
    by_epoch = X.nbytes < 1 << 22

    def run(epochs: int) -> None:
        for _ in range(epochs):
            if work.batch is None:
                step(X, y)
                continue
            order = torch.randperm(len(X))
            if by_epoch:
                shuffled = X.index_select(0, order), y.index_select(0, order)
                for x, target in zip(*(each.split(work.batch) for each in shuffled), strict=True):
                    step(x, target)
            else:
                for rows in order.split(work.batch):
                    step(X.index_select(0, rows), y.index_select(0, rows))

    return Loop(run, work.steps, losses)
