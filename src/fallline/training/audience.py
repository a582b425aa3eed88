"""Who is told how a run goes."""

from __future__ import annotations

from pathlib import Path

from fallline.data import Prepared, Table
from fallline.training.history import Record
from fallline.training.settings import Plan


class Audience:
    """Who is told how a run goes; this one does not listen, and nothing in this floor prints."""

    def prepared(self, table: Table, prepared: Prepared, plan: Plan) -> None:
        """Tell what was read and what is going to be done."""

    def opened(self, directory: Path) -> None:
        """Tell where the run is written."""

    def doing(self, what: str) -> None:
        """Tell what is being done, besides the descent."""

    def descending(self, phase: str, plan: Plan) -> None:
        """Announce that a descent begins."""

    def record(self, phase: str, record: Record) -> None:
        """Pass on a record of the descent."""


class Together(Audience):
    """Several who are told the same, in their order."""

    def __init__(self, *audiences: Audience) -> None:
        self._audiences = audiences

    def prepared(self, table: Table, prepared: Prepared, plan: Plan) -> None:
        """Tell each what was read and what is going to be done."""
        for each in self._audiences:
            each.prepared(table, prepared, plan)

    def opened(self, directory: Path) -> None:
        """Tell each where the run is written."""
        for each in self._audiences:
            each.opened(directory)

    def doing(self, what: str) -> None:
        """Tell each what is being done."""
        for each in self._audiences:
            each.doing(what)

    def descending(self, phase: str, plan: Plan) -> None:
        """Announce a descent to each."""
        for each in self._audiences:
            each.descending(phase, plan)

    def record(self, phase: str, record: Record) -> None:
        """Pass on a record to each."""
        for each in self._audiences:
            each.record(phase, record)
