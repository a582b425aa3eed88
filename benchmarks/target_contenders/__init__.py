"""Who takes part in reaching targets; each in a process of its own, where alone its library is imported."""

from __future__ import annotations

from importlib import import_module

from fallline.optimizers import OPTIMIZERS
from target_contenders.own import NAMES, own
from target_contenders.solver import Solver

PEERS = {
    "SciPy lm": "scipy_solvers.LM",
    "SciPy trf": "scipy_solvers.TRF",
    "SciPy L-BFGS-B": "scipy_solvers.LBFGSB",
    "Optimistix LM": "optimistix_solver.OptimistixLM",
    "PyTorch L-BFGS": "pytorch_solvers.PyTorchLBFGS",
    "PyTorch Adam": "pytorch_solvers.PyTorchAdam",
    "scikit-learn lbfgs": "scikit_learn_solver.ScikitLearnLBFGS",
}
CONTENDERS = [*(f"Fallline {name}" for name in NAMES), *PEERS]


def contender(name: str) -> type[Solver]:
    """Return the contender of that name, and import its library."""
    if name not in PEERS:
        optimizer = name.removeprefix("Fallline ")
        assert optimizer in OPTIMIZERS
        return own(optimizer)
    module, each = PEERS[name].split(".")
    found: type[Solver] = getattr(import_module(f"target_contenders.{module}"), each)
    return found
