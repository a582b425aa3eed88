"""PyTorch: L-BFGS with strong Wolfe conditions, and Adam on all rows, float64."""

from __future__ import annotations

import numpy as np
import torch

from problems import Problem
from target_contenders.solver import Goal, Solver

MODULES = {"tanh": torch.nn.Tanh, "sigmoid": torch.nn.Sigmoid}
MANY = 10**9


class PyTorchSolver(Solver):
    """A module, its loss, and the way between its weights and Fallline's flat vector."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.X, self.y = (torch.from_numpy(each) for each in problem.table)
        parts: list[torch.nn.Module] = []
        for (inputs, units), name in zip(
            zip(problem.shape, problem.shape[1:], strict=False), problem.activations, strict=True
        ):
            parts += [torch.nn.Linear(inputs, units, dtype=torch.float64)]
            parts += [MODULES[name]()] if name in MODULES else []
        self.model = torch.nn.Sequential(*parts)
        mean = problem.loss == "mean_squared_error"
        self.criterion = torch.nn.MSELoss() if mean else lambda a, b: 0.5 * (a - b).square().sum()

    def use(self, threads: int) -> None:
        torch.set_num_threads(threads)

    def load(self, parameters: np.ndarray) -> None:
        """Give the module these weights."""
        linear = [each for each in self.model if isinstance(each, torch.nn.Linear)]
        with torch.no_grad():
            for each, W in zip(linear, self.problem.architecture.layers(parameters), strict=True):
                each.weight.copy_(torch.from_numpy(W[:, :-1].copy()))
                each.bias.copy_(torch.from_numpy(W[:, -1].copy()))

    def weights(self) -> np.ndarray:
        """Return the module's weights as one flat vector."""
        linear = [each for each in self.model if isinstance(each, torch.nn.Linear)]
        with torch.no_grad():
            return torch.cat([torch.cat([e.weight, e.bias[:, None]], 1).ravel() for e in linear]).numpy().copy()

    def loss(self) -> torch.Tensor:
        """Return the loss at the module's weights."""
        return self.criterion(self.model(self.X), self.y)

    def error(self, parameters: np.ndarray) -> float:
        self.load(parameters)
        return float(self.loss().detach())


class PyTorchLBFGS(PyTorchSolver):
    """`torch.optim.LBFGS` without tolerances; each evaluation of its line search is looked at."""

    name = "PyTorch L-BFGS"

    def descend(self, parameters: np.ndarray, goal: Goal) -> None:
        self.load(parameters)
        optimizer = torch.optim.LBFGS(
            self.model.parameters(),
            max_iter=MANY,
            max_eval=MANY,
            tolerance_grad=0.0,
            tolerance_change=0.0,
            line_search_fn="strong_wolfe",
        )

        def closure() -> torch.Tensor:
            optimizer.zero_grad(set_to_none=True)
            loss = self.loss()
            goal.note(loss.item(), self.weights)
            loss.backward()
            return loss

        optimizer.step(closure)


class PyTorchAdam(PyTorchSolver):
    """`torch.optim.Adam`, fused, at the problem's rate; the error before each step is looked at."""

    name = "PyTorch Adam"

    def descend(self, parameters: np.ndarray, goal: Goal) -> None:
        self.load(parameters)
        optimizer = torch.optim.Adam(self.model.parameters(), self.problem.adam_rate, fused=True)
        while True:
            optimizer.zero_grad(set_to_none=True)
            loss = self.loss()
            goal.note(loss.item(), self.weights)
            loss.backward()
            optimizer.step()
