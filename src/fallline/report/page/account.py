"""The account of a run as the page tells it, from its plain JSON form."""

from __future__ import annotations

from typing import Any, NamedTuple

from fallline.report.text import network_in_words


class Scores(NamedTuple):
    """The errors of the network beside those of a linear model and of a constant answer."""

    heading: str
    columns: list[str]
    rows: list[tuple[str, list[str]]]  # the network first
    note: str


def scores(account: dict[str, Any]) -> Scores:
    """Return the comparison, in the target's own units, or in rows answered rightly."""
    validated = "validation" in account["scores"]
    judged = account["validation_rows"] if validated else account["train_rows"]
    heading = f"on {judged:,} validation rows" if validated else f"on the {judged:,} training rows"
    regression, targets = account["task"] == "regression", account["targets"]
    columns = []
    for name in targets if regression and len(targets) > 1 else [""]:
        columns += [f"{name} {word}".strip() for word in (("RMSE", "R²") if regression else ("right", "accuracy"))]
    lines = {
        "this network": account["scores"]["validation" if validated else "train"],
        "a linear model": account["baselines"]["linear"],
        f"always the {'mean' if regression else 'majority'}": account["baselines"]["constant"],
    }
    rows = [(name, _cells(score, judged, len(columns))) for name, score in lines.items()]
    note = ""
    if validated:
        note = f"Loss: validation {_number(account['validation_error'])}, training {_number(account['train_error'])}. "
        if "all rows" in account["phases"]:
            note += "Then all of it was done once more on all rows, for the model that is kept."
    return Scores(heading, columns, rows, note.strip())


def _cells(score: dict[str, Any] | None, rows: int, columns: int) -> list[str]:
    if score is None:
        return ["interrupted", *[""] * (columns - 1)]
    if "rmse" not in score:
        return [f"{rows - score['wrong']:,} of {rows:,}", f"{100 * score['accuracy']:.1f} %"]
    cells = []
    for rmse, r2 in zip(score["rmse"], score["r2"], strict=True):
        cells += [_number(rmse), "–" if r2 is None else f"{r2:.3f}"]
    return cells


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def stop_words(account: dict[str, Any]) -> str:
    """Return why it stopped, in a sentence."""
    detail = f" ({account['stop_detail']})" if account["stop_detail"] else ""
    return f"{account['stop_text'][0].upper()}{account['stop_text'][1:]}{detail}."


def settings_rows(account: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what was trained and how, a line each, with the reasons of what was chosen."""
    reasons = account["reasons"]
    split = f"{account['train_rows']:,} to learn from, {account['validation_rows']:,} held out"
    network = network_in_words(tuple(account["shape"]), tuple(account["activations"]))
    rows = [
        ("table", f"{account['table']}: {account['rows']:,} rows; {split}"),
        ("target", f"{', '.join(account['targets'])} ({account['task']})"),
        ("network", f"{network}; {account['parameters']:,} parameters, {account['dtype']}" + _why(reasons, "shape")),
        ("loss", account["loss"].replace("_", " ")),
        ("optimizer", account["optimizer"].replace("_", " ") + _why(reasons, "optimizer")),
        ("penalty (l2)", ("none" if not account["l2"] else f"{account['l2']:.3g}") + _why(reasons, "l2")),
        ("finish", (account["finish"] or "none").replace("_", " ")),
        ("starts", f"{account['restarts']:,}"),
        ("seed", str(account["seed"])),
        ("iterations", f"{account['iterations']:,}, with {account['steps']:,} evaluations of the gradient"),
        ("seconds", f"{account['seconds']:.1f}, reading the table and choosing the penalty included"),
    ]
    shown = set(dict(rows)) | {"shape", "l2"}
    return rows + [(name, words) for name, words in reasons.items() if name not in shown]


def _why(reasons: dict[str, str], name: str) -> str:
    return f" ({reasons[name]})" if name in reasons else ""


def starts_words(account: dict[str, Any]) -> list[str]:
    """Return what several starts say, a sentence for each phase that had them."""
    told = []
    for phase, about in account["phases"].items():
        found = about["restarts"]
        if found:
            told.append(f"{found['starts']} starts on {phase}, seed {found['seed']} kept. {found['sentence']}")
    return told
