"""Who is told how a run goes."""

from __future__ import annotations

from fallline.data import Prepared, Table
from fallline.training.history import Record
from fallline.training.settings import Plan


class Audience:
    """Who is told how a run goes; this one does not listen, and nothing in this floor prints."""

    def prepared(self, table: Table, prepared: Prepared, plan: Plan) -> None:
        """Tell what was read and what is going to be done."""

    def doing(self, what: str) -> None:
        """Tell what is being done, besides the descent."""

    def descending(self, phase: str, plan: Plan) -> None:
        """Announce that a descent begins."""

    def record(self, phase: str, record: Record) -> None:
        """Pass on a record of the descent."""
