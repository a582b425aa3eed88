"""The truth about every program: for tests and for the calibration, never read by what attaches or identifies."""

from __future__ import annotations

import importlib

from .entry import Program

GROUPS = (
    "objects_rows",
    "samples",
    "columns",
    "lists",
    "scripts",
    "plain",
    "dictionaries",
    "functions",
    "losses",
    "single_outputs",
)
PROGRAMS: tuple[Program, ...] = tuple(
    program for group in GROUPS for program in importlib.import_module(f".entries.{group}", __package__).PROGRAMS
)
