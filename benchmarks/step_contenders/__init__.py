"""Who takes part in the speed benchmark, each with its training loop the way its own experts write it.

A contender is made from a workload in a process of its own, with the environment that suits it, and imports its
library there. It says how it trains for a number of epochs, how many steps an epoch has, and what losses it meets in
its first three steps on the first batch: everybody's must be the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from step_contenders.jax_scan import UNROLLED_STEPS, jax_scan
from step_contenders.own import fallline
from step_contenders.prediction import run_network, run_numpy, run_prediction, run_pytorch
from step_contenders.pytorch import pytorch
from step_contenders.question import question
from step_contenders.scikit_learn import scikit_learn
from step_contenders.workload import CORES, XOR, Loop, Workload


@dataclass(frozen=True)
class Contender:
    """A peer's name, how its loop is made, and the environment variables of its process."""

    name: str
    make: Callable[..., Loop]
    arguments: tuple[Any, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()


ONE_ROW: dict[str, tuple[Any, ...]] = {
    "`Prediction.run`": (run_prediction,),
    "`Network.run`": (run_network,),
    "NumPy": (run_numpy,),
    "PyTorch": (run_pytorch, 1),
    "PyTorch, torch.compile": (run_pytorch, 1, True),
}


MANY_ROWS: dict[str, tuple[Any, ...]] = {
    "`Network.run`": (run_network,),
    "NumPy": (run_numpy,),
    "PyTorch": (run_pytorch, CORES),
    "PyTorch, torch.compile": (run_pytorch, CORES, True),
}


ONE_XLA_THREAD = (("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"),)


def contenders(work: Workload) -> list[Contender]:
    """Return who runs a workload."""
    scan = UNROLLED_STEPS if work.rows < 100 else 10
    found = [
        Contender("Fallline", fallline),
        Contender("JAX scan", jax_scan, (scan,)),
        Contender("PyTorch, 1 thread", pytorch, (1,)),
        Contender("torch.compile", pytorch, (CORES if work.shape[1] > 100 else 1, True)),
    ]
    if CORES > 1 and work.rows > 100:
        found.insert(2, Contender("JAX scan, 1 thread", jax_scan, (scan,), ONE_XLA_THREAD))
        found.insert(4, Contender(f"PyTorch, {CORES} threads", pytorch, (CORES,)))
    if work.batch is not None and work.shape[1] < 1000:
        found.append(Contender("scikit-learn", scikit_learn))
    if work is XOR:
        found.append(Contender("the question's NumPy", question))
    return found
