"""Tables into arrays and back."""

from fallline.data.columns import Column, Input
from fallline.data.csv_table import CsvTable
from fallline.data.dialect import Dialect
from fallline.data.loading import Prepared, prepare
from fallline.data.preparation import Preparation
from fallline.data.reading import read_table
from fallline.data.table import Table
from fallline.data.targets import Task

__all__ = [
    "Column",
    "CsvTable",
    "Dialect",
    "Input",
    "Preparation",
    "Prepared",
    "Table",
    "Task",
    "prepare",
    "read_table",
]
