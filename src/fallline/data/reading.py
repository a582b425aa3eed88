"""Any table source, opened: a path by what the file is, anything else by what it is in memory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from fallline.data.csv_table import open_csv
from fallline.data.dialect import reject_duplicates
from fallline.data.frames import from_memory, open_parquet
from fallline.data.table import Table, nearest
from fallline.errors import DataError

_PARQUET = {".parquet", ".pq"}
_FOREIGN = {
    ".xlsx": "an Excel workbook",
    ".xls": "an Excel workbook",
    ".ods": "an OpenDocument table",
    ".json": "JSON",
    ".jsonl": "JSON lines",
    ".feather": "a Feather file",
    ".arrow": "an Arrow file",
    ".npy": "a NumPy array",
    ".npz": "a NumPy archive",
    ".pkl": "a Python pickle",
    ".h5": "an HDF5 file",
    ".zip": "a ZIP archive",
}


def read_table(
    source: Any,
    *,
    separator: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    header: bool | None = None,
) -> Table:
    """Open a table.

    Parameters
    ----------
    source
        A path (.csv, .tsv, .txt and their like, each also with .gz; .parquet), a frame of any library that
        Narwhals knows (pandas, Polars, pyarrow, …), a 2-D or structured NumPy array, or a dict of columns.
    separator, decimal, encoding, header
        How a text table is written; None is found out.

    Raises
    ------
    DataError
        If the source is missing, empty, damaged or no table; the message says which and what to do.
    """
    if not isinstance(source, str | os.PathLike):
        return from_memory(source)
    path = Path(source)
    _require_file(path)
    suffix = path.suffix.lower()
    table: Table
    if suffix in _PARQUET:
        table = open_parquet(path)
    elif suffix in _FOREIGN:
        raise DataError(
            f"{path.name}: this is {_FOREIGN[suffix]} by its name; tables are read from .csv, .tsv, .txt "
            "(each also .gz) and .parquet. Save it as one of these."
        )
    else:
        table = open_csv(path, separator=separator, decimal=decimal, encoding=encoding, header=header)
    reject_duplicates(path.name, table.columns)
    return table


def _require_file(path: Path) -> None:
    try:
        if path.is_dir():
            tables = sorted(each.name for each in path.iterdir() if each.suffix in {".csv", ".parquet", ".tsv"})
            hint = f", for instance {path / tables[0]}" if tables else ""
            raise DataError(f"{path}: this is a folder. Pass one of its files{hint}.")
        if path.exists():
            return
        folder = path.parent
        names = [each.name for each in folder.iterdir()] if folder.is_dir() else []
    except DataError:
        raise
    except PermissionError:
        raise DataError(f"{path}: no permission to read this file. Change its access rights.") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{str(path)[:200]!r}: this cannot be a path ({error}).") from None
    place = "in this folder" if folder == Path() else f"in {folder}"
    if not folder.is_dir():
        raise DataError(f"{path}: there is no such file, nor the folder {folder}. Check the path.")
    raise DataError(f"{path}: there is no such file {place}.{nearest(path.name, names)}")
