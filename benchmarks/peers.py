"""The workloads of the speed benchmark, and each contender's training loop, the way its own experts write it.

A contender is made from a workload in a process of its own, with the environment that suits it, and imports its
library there. It says how it trains for a number of epochs, how many steps an epoch has, and what losses it meets in
its first three steps on the first batch: everybody's must be the same.
"""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fallline import Network
from fallline.engine import Objective, Rows
from fallline.engine.compiled.prediction import Prediction
from fallline.engine.threads import available_cores
from fallline.optimizers import Adam, GradientDescent, Iteration

CORES = available_cores()
XOR_RATE, RATE = 0.5, 0.001
UNROLLED_STEPS = 1000  # in one of JAX's scans over all rows, where they are short


@dataclass(frozen=True)
class Workload:
    """A network, its rows and its optimizer; batch None takes all rows at each step."""

    name: str
    shape: tuple[int, ...]
    hidden: str
    rows: int
    batch: int | None = None
    output: str = "identity"
    loss: str = "mean_squared_error"
    rule: str = "adam"
    dtype: str = "float32"

    @property
    def step_rows(self) -> int:
        """Rows of a step."""
        return self.batch or self.rows

    @property
    def steps(self) -> int:
        """Steps in an epoch; the last batch takes what rows are left."""
        return math.ceil(self.rows / self.step_rows)

    @property
    def weights(self) -> list[int]:
        """Numbers of weights, biases not counted, of each layer."""
        return [n * m for n, m in zip(self.shape[:-1], self.shape[1:], strict=True)]

    @property
    def operations(self) -> int:
        """Multiplications and additions in a step's matrix products: 2 · rows · weights for each.

        Each layer has one forward, one for the gradient by its weights and, but for the first, one by its inputs.
        """
        return 2 * self.step_rows * (3 * sum(self.weights) - self.weights[0])

    def network(self) -> Network:
        """Return the network with the first weights that all contenders start from."""
        names = [*[self.hidden] * (len(self.shape) - 2), self.output]
        return Network(self.shape, names, loss=self.loss, seed=0, dtype=self.dtype)

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Return X (rows, inputs) and y (rows, outputs), one-hot where the outputs are classes."""
        if self.shape == (2, 3, 1):
            xor = np.array([[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]], self.dtype)
            return xor[:, :2].copy(), xor[:, 2:].copy()
        rng = np.random.default_rng(1)
        X = rng.normal(size=(self.rows, self.shape[0])).astype(self.dtype)
        if self.output == "softmax":
            return X, np.eye(self.shape[-1], dtype=self.dtype)[rng.integers(0, self.shape[-1], self.rows)]
        return X, np.tanh(X[:, :1] * X[:, 1:2] + np.arange(self.shape[-1], dtype=self.dtype))


@dataclass
class Loop:
    """A contender at work."""

    run: Callable[[int], Any]  # trains for so many epochs, and returns when they are done
    steps: int  # in an epoch
    losses: list[float]  # before each of the first three steps on the first batch


class Watch:
    """Stops after so many iterations and keeps the error of those that it is told about."""

    def __init__(self, iterations: int, every: bool = False) -> None:
        self.iterations, self.every, self.number = iterations, every, 0
        self.errors: list[float] = []

    def iteration(self, iteration: Iteration) -> bool:
        self.number = iteration.number
        self.errors.append(iteration.error)
        return self.number >= self.iterations

    def portion(self) -> int:
        return self.iterations - self.number

    def wanted(self, first: int, last: int) -> Sequence[int]:
        return range(first, last + 1) if self.every else ()

    def target(self) -> float:
        return -math.inf

    def interrupted(self) -> bool:
        return False


def fallline(work: Workload) -> Loop:
    """Fallline's compiled engine, through its optimizers; it chooses its threads by itself."""
    network, (X, y) = work.network(), work.data()
    first = Objective(network.architecture, Rows(X[: work.step_rows], y[: work.step_rows]), compiled=True)
    watch, parameters = Watch(3, every=True), network.parameters.copy()
    fallline_optimizer(work, None).minimize(first, parameters, watch)
    objective = Objective(network.architecture, Rows(X, y), compiled=True)
    optimizer = fallline_optimizer(work, work.batch)
    return Loop(
        lambda epochs: optimizer.minimize(objective, network.parameters, Watch(epochs)), work.steps, watch.errors
    )


def fallline_optimizer(work: Workload, batch: int | None) -> Adam | GradientDescent:
    """Return the workload's optimizer."""
    return Adam(RATE, batch) if work.rule == "adam" else GradientDescent(XOR_RATE, batch)


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


def jax_scan(work: Workload, steps: int = 1) -> Loop:
    """Return JAX's loop: an epoch, or that many steps on all rows, is one jitted scan with its state donated."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", work.dtype == "float64")
    layers = [(jnp.array(W[:, :-1].T), jnp.array(W[:, -1])) for W in work.network().layers]
    X, y = (jnp.array(array) for array in work.data())
    act = {"sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh, "relu": jax.nn.relu, "identity": lambda z: z}
    leaves = jax.tree_util.tree_map

    def error(weights: Any, x: Any, target: Any) -> Any:
        for W, b in weights[:-1]:
            x = act[work.hidden](x @ W + b)
        z = x @ weights[-1][0] + weights[-1][1]
        if work.output == "softmax":
            return -jnp.mean(jnp.sum(target * jax.nn.log_softmax(z), axis=1))
        squares = jnp.square(act[work.output](z) - target)
        return 0.5 * jnp.sum(squares) if work.loss == "half_squared_error" else jnp.mean(squares)

    def step(state: Any, x: Any, target: Any) -> Any:
        weights, mean, square, t = state
        loss, gradient = jax.value_and_grad(error)(weights, x, target)
        if work.rule != "adam":
            return (leaves(lambda w, g: w - XOR_RATE * g, weights, gradient), mean, square, t), loss
        t = t + 1
        mean = leaves(lambda m, g: 0.9 * m + 0.1 * g, mean, gradient)
        square = leaves(lambda s, g: 0.999 * s + 0.001 * g * g, square, gradient)
        rate, scale = RATE / (1 - 0.9**t), 1 / (1 - 0.999**t)
        weights = leaves(lambda w, m, s: w - rate * m / (jnp.sqrt(s * scale) + 1e-8), weights, mean, square)
        return (weights, mean, square, t), loss

    def start() -> Any:
        if work.rule != "adam":
            return leaves(jnp.copy, layers), (), (), ()
        return leaves(jnp.copy, layers), *(leaves(jnp.zeros_like, layers) for _ in "ms"), jnp.zeros((), X.dtype)

    def on_all_rows(state: Any, X: Any, y: Any, _order: Any) -> Any:
        return jax.lax.scan(lambda s, _: step(s, X, y), state, None, length=steps)[0]

    def in_batches(state: Any, X: Any, y: Any, order: Any) -> Any:
        whole = work.rows // work.step_rows
        split = whole * work.step_rows
        state, _ = jax.lax.scan(lambda s, i: step(s, X[i], y[i]), state, order[:split].reshape(whole, -1))
        return step(state, X[order[split:]], y[order[split:]])[0] if split < work.rows else state

    one, losses, state = jax.jit(step), [], start()
    for _ in range(3):
        state, loss = one(state, X[: work.step_rows], y[: work.step_rows])
        losses.append(float(loss))
    epoch = jax.jit(on_all_rows if work.batch is None else in_batches, donate_argnums=0)
    held, rng = [start()], np.random.default_rng(0)

    def run(epochs: int) -> None:
        for _ in range(epochs):
            order = None if work.batch is None else rng.permutation(work.rows).astype(np.int32)
            held[0] = epoch(held[0], X, y, order)
        jax.block_until_ready(held[0])

    return Loop(run, steps if work.batch is None else work.steps, losses)


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


def question(work: Workload) -> Loop:
    """Return the class of examples/odd_number.py with its slope and its sign mended."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "examples"))
    from odd_number import OddNetwork

    class Mended(OddNetwork):
        def slope(self, a: np.ndarray) -> np.ndarray:
            return a * (1 - a)

    network, (X, y) = Mended(list(work.shape)), work.data()
    network.weights = [W.copy() for W in work.network().layers]
    losses = [float(network.backpropagate(X, y, -XOR_RATE)) for _ in range(3)]

    def run(epochs: int) -> None:
        for _ in range(epochs):
            network.backpropagate(X, y, -XOR_RATE)

    return Loop(run, 1, losses)


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


@dataclass(frozen=True)
class Contender:
    """A peer's name, how its loop is made, and the environment variables of its process."""

    name: str
    make: Callable[..., Loop]
    arguments: tuple[Any, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()


ONE_XLA_THREAD = (("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"),)
XOR = Workload("XOR `[2,3,1]` sigmoid, all rows, gradient descent", (2, 3, 1), "sigmoid", 4, None, "sigmoid",
               "half_squared_error", "gradient_descent", "float64")  # fmt: skip
WORKLOADS = {
    "xor": XOR,
    "batch 200": Workload("10,000 × 10, `[10,50,1]` tanh, batch 200, Adam", (10, 50, 1), "tanh", 10_000, 200),
    "batch 32": Workload("10,000 × 10, `[10,32,32,1]` tanh, batch 32, Adam", (10, 32, 32, 1), "tanh", 10_000, 32),
    "classes": Workload("20,000 × 784, `[784,128,10]` relu softmax, batch 128, Adam", (784, 128, 10), "relu", 20_000,
                        128, "softmax", "categorical_cross_entropy"),
    "all rows": Workload("10,000 × 4, `[4,32,16,4]` tanh, all rows, Adam", (4, 32, 16, 4), "tanh", 10_000),
    "large": Workload("16,384 × 28, `[28,1024,1024,1]` relu, batch 4096, Adam", (28, 1024, 1024, 1), "relu", 16_384,
                      4096),
}  # fmt: skip


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
