"""What is known of each program of the corpus: its truth, and which of its lines plays which part."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PROGRAMS = Path(__file__).parent / "programs"


@dataclass(frozen=True)
class Layer:
    """The lines of one layer's back-propagation, word for word, or of all hidden layers where one loop serves them.

    Every statement occurs once in the program; the expressions occur within their statement.
    """

    layers: tuple[int, ...]  # 1 = first hidden … output
    delta: str = ""  # the statement that computes the delta: error and slope are parts of it
    error: str = ""  # what is multiplied by the slope
    slope: str = ""  # f′; empty where the delta has none
    a: str = ""  # the layer's activation, as it can be written at the delta's statement
    z: str = ""  # its pre-activation, where the program keeps it
    below: str = ""  # the layer's input at the same place
    W: str = ""  # the weights that the delta is propagated through, as they stand in `error`
    grad: str = ""  # the statement with the weights' gradient
    product: str = ""  # the product in it
    inputs: str = ""  # the layer's input within the product
    inputs_z: str = ""  # the pre-activation of the layer below, visible there
    d: str = ""  # the delta within the product
    own: str = ""  # this layer's weights, as they can be written at the gradient's statement
    update: str = ""  # the statement that changes the weights
    bias: str = ""  # the statement with the bias's gradient
    total: str = ""  # the sum in it
    bias_update: str = ""  # the statement that changes the bias
    activation: str = ""  # where it is not the program's own


@dataclass(frozen=True)
class Helper:
    """The body of a function that returns f′."""

    line: str
    x: str
    takes: str  # "a" or "z": what it is given
    of: str = "sigmoid"
    f: str = ""  # how f is called in its body
    layers: tuple[int, ...] = ()  # the layers that use it


@dataclass(frozen=True)
class Edit:
    """A mistake that only this program's own words can hold: replace `old` by `new`."""

    code: str
    layers: tuple[int, ...]
    old: str
    new: str


@dataclass(frozen=True)
class Program:
    """A healthy program: what it is, how to call it, and its lines."""

    name: str
    style: str  # "object", "functions" or "script"
    batch: str  # "sample", "full" or "mini"
    shape: tuple[int, ...]  # inputs, units of each layer
    activations: tuple[str, ...]
    loss: str  # "squared" or "cross_entropy"; what the step descends
    bias: str  # "separate", "last column", "first column", "input column" or "none"
    parameters: tuple[str, ...]  # expressions that can be read and assigned to
    forward: str  # expression: all outputs, in the rows' order
    factor: float  # one step is −rate·factor·gradient of ½Σ(ŷ−y)² or of the summed cross-entropy
    rate: float
    step: str = ""  # statements: one step on all rows (or one for each row)
    build: str = ""  # expression: the object, where the program does not make it itself
    data: str = ""  # name in data.py; empty where X and y stand in the program
    X: str = "X"  # expressions for the rows (n, inputs) and targets (n, outputs)
    y: str = "y"
    loop: str = ""  # a script's training loop: the text that says how often
    steps: int = 600  # a script's iterations until the loss has fallen well
    one_row: tuple[str, str] = ("", "")  # a script over rows: the text to replace so that it takes the first row only
    train: str = ""  # statements: the program's own training for 5 iterations
    many: str = ""  # statements of a training long enough for the loss to fall; default: 300 steps
    orientation: str = "in,out"
    rate_name: str = "lr"
    rows: str = "rows"  # samples as "rows" or "columns", where matrices of samples occur
    n: str = ""  # the number of rows, as it can be written
    f: str = ""  # how the output activation can be called
    reports: bool = False  # whether it computes its loss: a sigmoid's delta without σ′ is the cross-entropy's
    absolute: str = "np.abs"
    integer: str = "({}).astype(int)"  # how a new weight is cast to integers
    mean: str = ""  # how the sum over rows is written as a mean: "np.mean({}, axis=0)"
    difference: str = ""  # the statement with ŷ − y or y − ŷ
    residual: str = ""  # that expression
    shown: str = ""  # the residual's name, visible at the hidden delta
    layer: tuple[Layer, ...] = ()
    helper: tuple[Helper, ...] = ()
    edit: tuple[Edit, ...] = ()

    @property
    def path(self) -> Path:
        return PROGRAMS / f"{self.name}.py"

    @property
    def source(self) -> str:
        return self.path.read_text(encoding="utf-8")

    def place(self, layer: int) -> slice:
        """Return where a layer's numbers stand among the flat parameters (1 = first hidden)."""
        bias = self.bias not in ("none", "input column")
        sizes = [(inputs + bias) * units for inputs, units in zip(self.shape, self.shape[1:], strict=False)]
        return slice(sum(sizes[: layer - 1]), sum(sizes[:layer]))

    @property
    def outputs(self) -> int:
        return self.shape[-1]
