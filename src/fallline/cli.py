"""The command line: words in, calls down, words out.

Exit codes: 0 done; 2 the command's own words are wrong; 3 the file, table or model cannot be used; 4 the error
overflowed; 130 stopped by Ctrl-C, with everything kept.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from fallline.errors import FalllineError

if TYPE_CHECKING:
    from rich.console import Console

    from fallline.live.launch import LivePage
    from fallline.training.run import Run

UNUSABLE, OVERFLOW, INTERRUPTED = 3, 4, 130
SECONDS = 10.0  # of an examination
LEAST_SECONDS, SHARE_OF_TRAINING = 1.0, 0.2  # of the one that ends a training
WORTH_A_REPORT = 10.0  # seconds of training, from which on the 2 s or so that a report takes are no matter

app = typer.Typer(
    name="fallline",
    help="Train a feed-forward network on a table down to its floor, and use it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Separator = Annotated[str | None, typer.Option(help="What separates the cells of a text table; found by itself.")]
Decimal = Annotated[str | None, typer.Option(help="Decimal mark, '.' or ','; found by itself.")]
Encoding = Annotated[str | None, typer.Option(help="Text encoding, such as utf-8 or cp1252; found by itself.")]
Header = Annotated[bool | None, typer.Option("--header/--no-header", help="Whether the first line is names.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing on standard error but errors.")]


@app.command()
def train(
    file: Annotated[Path, typer.Argument(help="CSV (also .gz) or Parquet file.", show_default=False)],
    target: Annotated[
        str | None, typer.Option(help="Column to predict, or several with commas; default: found by name, or the last.")
    ] = None,
    drop: Annotated[list[str] | None, typer.Option(help="Column to leave out; may be repeated.")] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(help="NAME=numeric, boolean, categorical, date or drop, against what was inferred; repeatable."),
    ] = None,
    task: Annotated[str | None, typer.Option(help="regression, binary or multiclass; default: by the target.")] = None,
    shape: Annotated[str | None, typer.Option(help="All sizes, inputs to outputs, such as 10,16,1.")] = None,
    hidden: Annotated[str | None, typer.Option(help="Sizes of the hidden layers alone, such as 32,16.")] = None,
    activation: Annotated[
        str | None,
        typer.Option(
            help="tanh, sigmoid, relu, leaky_relu, elu, softplus, silu, gelu, identity; with commas one for each layer."
        ),
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option(
            help="mean_squared_error, half_squared_error, mean_absolute_error, huber, "
            "binary_cross_entropy, categorical_cross_entropy; default: by the task."
        ),
    ] = None,
    initialiser: Annotated[str | None, typer.Option(help="normal, glorot, he, lecun or nguyen_widrow.")] = None,
    optimizer: Annotated[
        str | None,
        typer.Option(
            help="gradient_descent, momentum, nesterov, rmsprop, adam, adamw, rprop, lbfgs, bfgs, newton_cg, "
            "levenberg_marquardt, bayesian_regularisation or auto, which chooses by parameters, rows, loss and time; "
            "default: by the rows."
        ),
    ] = None,
    learning_rate: Annotated[float | None, typer.Option(help="First learning rate.")] = None,
    schedule: Annotated[str | None, typer.Option(help="Of the rate: constant, step, cosine or plateau.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Rows in a mini-batch.")] = None,
    l2: Annotated[float | None, typer.Option(help="Penalty on large weights; default: cross-validated.")] = None,
    iterations: Annotated[int | None, typer.Option(help="Most epochs, or steps on all rows.")] = None,
    time_limit: Annotated[float | None, typer.Option(help="Seconds in all; default 60.", show_default=False)] = None,
    target_error: Annotated[float | None, typer.Option(help="Training loss at which to stop.")] = None,
    patience: Annotated[
        int | None, typer.Option(help="Stop early after so many iterations without a lower validation error.")
    ] = None,
    plateau_stop: Annotated[
        bool, typer.Option("--plateau-stop/--no-plateau-stop", help="Stop where the error no longer falls.")
    ] = True,
    validation: Annotated[
        float | None, typer.Option(help="Share of the rows held out; default 0.2, or 0 below 20 rows.")
    ] = None,
    refit: Annotated[
        bool | None,
        typer.Option("--refit/--no-refit", help="Train once more on all rows at the end; default: for small tables."),
    ] = None,
    scale: Annotated[bool, typer.Option("--scale/--no-scale", help="Standardise inputs and numeric targets.")] = True,
    restarts: Annotated[
        int | None,
        typer.Option(
            help="Starts from different first weights, of which the best is kept; default 1.", show_default=False
        ),
    ] = None,
    finish: Annotated[
        str | None,
        typer.Option(
            help="Optimizer that goes on in float64 where the descent has ended, such as lbfgs; default: none."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the split, the first weights and the order of rows.")] = 0,
    dtype: Annotated[str | None, typer.Option(help="float64 or float32; default: by the table's size.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the run; default runs/NAME.")] = None,
    verdict: Annotated[
        bool,
        typer.Option("--verdict/--no-verdict", help="Say at the end why it stopped and what would lower the error."),
    ] = True,
    report: Annotated[
        bool | None,
        typer.Option(
            "--report/--no-report", help="Write report.html at the end; default: after trainings of 10 s or more."
        ),
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Serve a page, on this machine alone, with the descent as it happens.")
    ] = False,
    separator: Separator = None,
    decimal: Decimal = None,
    encoding: Encoding = None,
    header: Header = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Train a network on a table; with nothing but a file, everything else is chosen."""
    with _sentences():
        from fallline.report.progress import Terminal
        from fallline.report.text import summary
        from fallline.training.audience import Together
        from fallline.training.settings import Settings
        from fallline.training.stopping import StopReason
        from fallline.training.training import train as train_on

        settings = Settings(
            target=None if target is None else _words(target),
            drop=drop or (),
            kinds=_pairs(kind or []),
            task=task,
            shape=_numbers("--shape", shape),
            hidden=_numbers("--hidden", hidden),
            activation=None if activation is None else _words(activation),
            loss=loss,
            initialiser=initialiser,
            optimizer=optimizer,
            learning_rate=learning_rate,
            schedule=schedule,
            batch_size=batch_size,
            l2=l2,
            iterations=iterations,
            time_limit=time_limit,
            target_error=target_error,
            patience=patience,
            plateau_stop=plateau_stop,
            validation=validation,
            refit=refit,
            scale=scale,
            restarts=restarts,
            finish=finish,
            seed=seed,
            dtype=dtype,
        )
        reading = {"separator": separator, "decimal": decimal, "encoding": encoding, "header": header}
        console = _console(stderr=True)
        page = _live_page(console) if live else None
        watching = [] if page is None else [page]
        if quiet:
            run = train_on(file, settings, out=out, reading=reading, audience=Together(*watching))
        else:
            with Terminal(console) as terminal:
                run = train_on(file, settings, out=out, reading=reading, audience=Together(terminal, *watching))
        found = None
        if verdict and run.stop_reason is not StopReason.INTERRUPTED:
            found = _verdict_on(run, quiet)
        written = _report_on(run, report, quiet)
        if as_json:
            _print_json(run.to_dict() | {"verdict": found})
        elif quiet:
            typer.echo(str(run.to_dict()["model"]))
        else:
            _console().print(summary(run, found, written))
        if page is not None:
            if page.wait() is None:
                console.print("the live page could not be served; the run itself is whole.", style="yellow")
            elif not quiet:
                console.print(f"The page goes when it is closed; this brings it back: fallline watch {run.directory}")
        code = {StopReason.NOT_FINITE: OVERFLOW, StopReason.INTERRUPTED: INTERRUPTED}.get(run.stop_reason, 0)
        raise typer.Exit(code)


@app.command()
def explain(
    run: Annotated[Path, typer.Argument(help="Folder of a run, such as runs/iris.", show_default=False)],
    data: Annotated[Path | None, typer.Option(help="The run's table, where it no longer lies where it did.")] = None,
    seconds: Annotated[
        float | None, typer.Option(help="Examine the run anew, for so long; default: show the verdict that it has.")
    ] = None,
    trials: Annotated[bool, typer.Option("--trials/--no-trials", help="Try remedies against a control.")] = True,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Say why a run stopped, what its error is made of, and what lowers it."""
    with _sentences():
        from fallline.diagnosis.runs import explain as explain_run
        from fallline.diagnosis.runs import stored_verdict, write_verdict
        from fallline.report.curve import curve_in
        from fallline.report.verdict import verdict_in_words

        found = stored_verdict(run)
        if found is None or seconds is not None or data is not None:
            with _telling("examining the run", quiet):
                verdict = explain_run(run, SECONDS if seconds is None else seconds, table=data, trials=trials)
            write_verdict(run, verdict)
            found = verdict.to_dict()
        if as_json:
            _print_json(found)
        else:
            console = _console()
            console.print(verdict_in_words(found, whole=True))
            console.print()
            console.print(curve_in(run))


@app.command()
def plot(
    run: Annotated[Path, typer.Argument(help="Folder of a run, such as runs/iris.", show_default=False)],
    figure: Annotated[
        str,
        typer.Option(
            help="descent, budget, gradients, saturation, weights, spectrum, residuals, confusion, surface, trials; "
            "or all that the run has."
        ),
    ] = "descent",
    out: Annotated[
        Path | None,
        typer.Option(help="File to write: .png, .svg, .html or .pdf; default: FIGURE.png in the run's folder."),
    ] = None,
    data: Annotated[Path | None, typer.Option(help="The run's table, where it no longer lies where it did.")] = None,
) -> None:
    """Draw a picture of a run: how the error fell, what it is made of, what the layers did."""
    with _sentences():
        from fallline.report.figures import figures

        drawn = figures(run, table=data)
        if figure == "all":
            folder = run if out is None else out
            for name, each in drawn.drawn.items():
                typer.echo(str(each.save(folder / f"{name}.png")))
        else:
            typer.echo(str(drawn[figure].save(run / f"{figure}.png" if out is None else out)))


@app.command()
def report(
    run: Annotated[Path, typer.Argument(help="Folder of a run, such as runs/iris.", show_default=False)],
    data: Annotated[Path | None, typer.Option(help="The run's table, where it no longer lies where it did.")] = None,
    quiet: Quiet = False,
) -> None:
    """Write report.html into a run's folder: the verdict and its evidence on one page, to be read anywhere."""
    with _sentences():
        from fallline.report.page import write_report

        with _telling("drawing the report", quiet):
            page = write_report(run, table=data)
        typer.echo(str(page))


@app.command()
def watch(
    run: Annotated[Path, typer.Argument(help="Folder of a run, such as runs/iris.", show_default=False)],
    port: Annotated[int, typer.Option(help="Where to listen on 127.0.0.1; default: any free port.", min=0)] = 0,
) -> None:
    """Serve the page of a run, under way or finished, on this machine alone, until Ctrl-C."""
    with _sentences():
        from fallline.live.server import serve

        console = _console(stderr=True)
        serve(run, port, tell=lambda address: _say_address(console, address))


@app.command()
def diagnose(
    file: Annotated[Path, typer.Argument(help="Python file with the network; it is executed.", show_default=False)],
    data: Annotated[
        Path | None, typer.Option(help="Table of numbers: inputs, and the targets; default: its own.")
    ] = None,
    target: Annotated[str | None, typer.Option(help="Target columns, with commas; default: the last.")] = None,
    network: Annotated[
        str | None, typer.Option(help="How to make the network, such as 'NeuralNetwork([2,3,1])'.")
    ] = None,
    forward: Annotated[str | None, typer.Option(help="Name of the forward pass, where the wrong one is found.")] = None,
    step: Annotated[str | None, typer.Option(help="Name of the training step, where the wrong one is found.")] = None,
    parameters: Annotated[str | None, typer.Option(help="Names of the parameters, such as W1,b1,W2,b2.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="What to set the network's rate to.")] = None,
    seconds: Annotated[float, typer.Option(help="How long it may take, about.")] = SECONDS,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Name the mistakes in a hand-written network, and their lines. The file is executed, in a child process."""
    with _sentences():
        from fallline.report.handwritten import diagnosis_in_words
        from fallline.subjects.handwritten.attaching.table import rows_of_table
        from fallline.subjects.handwritten.diagnose import diagnose_file

        rows = None if data is None else rows_of_table(data, None if target is None else _words(target))
        with _telling("running the network", quiet):
            found = diagnose_file(
                file,
                rows,
                network=network,
                forward=forward,
                step=step,
                parameters=None if parameters is None else _words(parameters),
                learning_rate=learning_rate,
                seconds=seconds,
            )
        if as_json:
            _print_json(found)
        else:
            _console().print(diagnosis_in_words(found))


@app.command()
def predict(
    model: Annotated[Path, typer.Argument(help="model.safetensors of a run.", show_default=False)],
    file: Annotated[Path, typer.Argument(help="Table with the columns it was trained on.", show_default=False)],
    out: Annotated[Path | None, typer.Option(help="CSV file to write; default: standard output.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Let --out replace a file.")] = False,
    separator: Separator = None,
    decimal: Decimal = None,
    encoding: Encoding = None,
    header: Header = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Predict the rows of a table; where it has the target too, say how good the predictions are."""
    with _sentences():
        import numpy as np
        from rich.text import Text

        from fallline.data import read_table
        from fallline.files import replacing
        from fallline.network.model import Model
        from fallline.report.text import score_in_words
        from fallline.training.scores import score

        if out is not None and out.exists() and not overwrite:
            raise FalllineError(f"--out {out}: there is a file already. Name another, or pass --overwrite.")
        loaded = Model.load(model)
        table = read_table(file, separator=separator, decimal=decimal, encoding=encoding, header=header)
        notes: list[str] = []
        outputs = loaded.outputs(table, notes)
        predictions = loaded.preparation.predictions(outputs)
        targets = loaded.preparation.target_values(table)
        judged = None
        if targets is not None and (known := ~np.isnan(targets).any(axis=1)).any():
            judged = score(loaded.preparation, outputs[known], targets[known])
        if not quiet:
            console = _console(stderr=True)
            for note in notes:
                console.print(Text(f"note: {note}"), style="yellow")
            if judged is not None:
                rows = int(known.sum())
                console.print(Text(f"on {rows:,} rows with a known target: {score_in_words(judged, rows, loaded)}"))
        if as_json:
            _print_json({"rows": len(predictions), "predictions": predictions.to_dicts(), "score": judged})
        elif out is None:
            sys.stdout.write(predictions.write_csv())
        else:
            with replacing(out) as place:
                predictions.write_csv(place)


@app.command()
def export(
    model: Annotated[Path, typer.Argument(help="model.safetensors of a run.", show_default=False)],
    out: Annotated[Path, typer.Option(help="File to write.", show_default=False)],
    to: Annotated[
        str | None, typer.Option(help="onnx, numpy or c; default: by the ending of --out (.onnx, .py, .c).")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Let --out replace a file.")] = False,
    quiet: Quiet = False,
) -> None:
    """Write a model as a file that predicts without Fallline: ONNX, a NumPy function, or C."""
    with _sentences():
        from fallline.interchange import export as export_model
        from fallline.interchange.export import form
        from fallline.network.model import Model

        wanted = form(out, to)
        if out.exists() and not overwrite:
            raise FalllineError(f"--out {out}: there is a file already. Name another, or pass --overwrite.")
        export_model(Model.load(model), out, wanted)
        if not quiet:
            _console(stderr=True).print(f"{out}: {out.stat().st_size:,} bytes ({wanted})", markup=False)


@app.command()
def inspect(
    model: Annotated[Path, typer.Argument(help="model.safetensors of a run.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Show what a model file holds: network, layers, columns and how they are prepared."""
    with _sentences():
        from fallline.network.model import Model
        from fallline.report.text import model_in_words

        loaded = Model.load(model)
        if as_json:
            architecture = loaded.network.architecture
            _print_json(
                {
                    "model": str(model),
                    "shape": architecture.shape,
                    "activations": architecture.activations,
                    "loss": architecture.loss,
                    "parameters": architecture.parameter_count,
                    "dtype": loaded.network.parameters.dtype.name,
                    "written_by": loaded.written_by,
                    "preparation": loaded.preparation.to_dict(),
                }
            )
        else:
            _console().print(model_in_words(str(model), loaded))


def _live_page(console: Console) -> LivePage:
    """Return who starts the page of a training; its address is said whatever else is quiet, for nobody can guess it."""
    from fallline.extras import required
    from fallline.live.launch import LivePage

    required("A live page", "live", "starlette", "uvicorn")
    return LivePage(lambda address: _say_address(console, address))


def _say_address(console: Console, address: str) -> None:
    console.print(f"live page  {address}", soft_wrap=True, markup=False)


def _verdict_on(run: Run, quiet: bool) -> dict[str, Any] | None:
    """Examine a run that has just ended, for a fifth of its time; write the verdict beside the model."""
    from fallline.diagnosis.runs import explain as explain_run
    from fallline.diagnosis.runs import write_verdict

    seconds = min(SECONDS, max(LEAST_SECONDS, SHARE_OF_TRAINING * run.seconds))
    try:
        with _telling("examining the run", quiet):
            verdict = explain_run(run, seconds)
    except FalllineError as problem:  # the training itself is done and kept
        _console(stderr=True).print(f"no verdict: {problem}", style="yellow", markup=False)
        return None
    if run.directory is not None:
        write_verdict(run.directory, verdict)
    return verdict.to_dict()


def _report_on(run: Run, wanted: bool | None, quiet: bool) -> Path | None:
    """Write the page of a run that has just ended, if that was asked for, or takes little beside the training."""
    if (
        run.directory is None
        or wanted is False
        or (wanted is None and not (run.seconds >= WORTH_A_REPORT and _drawn()))
    ):
        return None
    from fallline.report.page import write_report

    try:
        with _telling("drawing the report", quiet):
            return write_report(run)
    except FalllineError as problem:  # the training itself is done and kept
        _console(stderr=True).print(f"no report: {problem}", style="yellow", markup=False)
        return None


def _drawn() -> bool:
    """Whether what draws is installed."""
    from importlib.util import find_spec

    return all(find_spec(name) is not None for name in ("altair", "vl_convert", "jinja2"))


@contextmanager
def _telling(what: str, quiet: bool) -> Iterator[None]:
    """Show what is being done while it is, where somebody watches."""
    console = _console(stderr=True)
    if quiet or not console.is_terminal:
        yield
        return
    with console.status(what):
        yield


def _version(wanted: bool) -> None:
    if wanted:
        from fallline import __version__

        typer.echo(f"fallline {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Train a feed-forward network on a table down to its floor, and use it."""


def main() -> None:
    """Run the command line."""
    app()


@contextmanager
def _sentences() -> Iterator[None]:
    """Turn what went wrong into a sentence on standard error and an exit code."""
    try:
        yield
    except FalllineError as problem:
        _refuse(str(problem))
    except MemoryError as problem:
        _refuse(f"there is not enough memory ({problem}). Choose a smaller network (--hidden) or a smaller table.")
    except KeyboardInterrupt:
        _console(stderr=True).print("stopped.")
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        # The reader of our output left (as `head` does); nothing is wrong, and there is nobody to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
    except OSError as problem:
        place = f"{problem.filename}: " if problem.filename else ""
        _refuse(f"{place}{problem.strerror or problem}. Nothing that was there before is changed.")


def _refuse(sentence: str) -> NoReturn:
    from rich.text import Text

    _console(stderr=True).print(Text.assemble(("error: ", "bold red"), sentence), soft_wrap=True)
    raise typer.Exit(UNUSABLE) from None


def _console(stderr: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, highlight=False)


def _print_json(value: dict[str, Any]) -> None:
    from fallline.training.run_directory import jsonable

    sys.stdout.write(json.dumps(jsonable(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _numbers(flag: str, text: str | None) -> list[int] | None:
    try:
        return None if text is None else [int(word) for word in _words(text)]
    except ValueError:
        raise FalllineError(f"{flag} {text}: expected whole numbers with commas, such as 10,16,1.") from None


def _pairs(words: list[str]) -> dict[str, str]:
    pairs = dict(word.rpartition("=")[::2] for word in words)
    if "" in pairs:
        raise FalllineError("--kind: expected COLUMN=KIND, such as --kind zip=categorical.")
    return pairs
