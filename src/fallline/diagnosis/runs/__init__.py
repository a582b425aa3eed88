"""Runs as subjects: one that has just ended, and one that lies in its folder."""

from fallline.diagnosis.runs.explain import explain
from fallline.diagnosis.runs.finished import subject_of_run
from fallline.diagnosis.runs.folder import read_subject, stored_run, stored_verdict, write_verdict
from fallline.diagnosis.runs.under_way import subject_under_way
from fallline.training.run_directory import VERDICT

__all__ = [
    "VERDICT",
    "explain",
    "read_subject",
    "stored_run",
    "stored_verdict",
    "subject_of_run",
    "subject_under_way",
    "write_verdict",
]
