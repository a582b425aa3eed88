"""Tables that are in memory already: frames of any library through Narwhals, arrays, dicts; and Parquet files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl
from numpy.typing import NDArray

from fallline.data.dialect import reject_duplicates
from fallline.errors import DataError

BATCH_ROWS = 16_384
PARQUET_ROWS = 8 * BATCH_ROWS


@dataclass
class FrameTable:
    """A frame in memory."""

    frame: pl.DataFrame
    name: str
    decimal: str = "."
    notes: list[str] = field(default_factory=list)
    read_as: str = ""

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return self.frame.columns

    def batches(self) -> Iterator[pl.DataFrame]:
        """Yield slices of the frame; nothing is copied."""
        for start in range(0, len(self.frame), BATCH_ROWS):
            yield self.frame.slice(start, BATCH_ROWS)


@dataclass
class ArrayTable:
    """A 2-D array whose columns are named x1, x2, …; converted batch by batch."""

    array: NDArray[Any]
    name: str = "the array"
    decimal: str = "."
    notes: list[str] = field(default_factory=list)
    read_as: str = ""

    @property
    def columns(self) -> list[str]:
        """x1, x2, …, one name for each column."""
        return [f"x{j + 1}" for j in range(self.array.shape[1])]

    def batches(self) -> Iterator[pl.DataFrame]:
        """Yield the rows as frames."""
        for start in range(0, len(self.array), BATCH_ROWS):
            block = self.array[start : start + BATCH_ROWS]
            yield pl.DataFrame([_series(name, block[:, j]) for j, name in enumerate(self.columns)])


@dataclass
class ParquetTable:
    """A Parquet file, read in slices."""

    path: Path
    columns: list[str]
    rows: int
    decimal: str = "."
    notes: list[str] = field(default_factory=list)
    read_as: str = ""

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.path.name

    def batches(self) -> Iterator[pl.DataFrame]:
        """Yield the rows in order."""
        for start in range(0, self.rows, PARQUET_ROWS):
            try:
                part = pl.scan_parquet(self.path, glob=False).slice(start, PARQUET_ROWS).collect()
            except (pl.exceptions.PolarsError, OSError):
                raise _damaged(self.path) from None
            yield from part.iter_slices(BATCH_ROWS)


def open_parquet(path: Path) -> ParquetTable:
    """Open a Parquet file; `DataError` if it is damaged or empty."""
    try:
        scan = pl.scan_parquet(path, glob=False)
        columns = scan.collect_schema().names()
        rows = int(scan.select(pl.len()).collect().item())
    except PermissionError:
        raise DataError(f"{path}: no permission to read this file. Change its access rights.") from None
    except (pl.exceptions.PolarsError, OSError):
        raise _damaged(path) from None
    if not rows or not columns:
        raise DataError(f"{path.name}: the Parquet file has no rows. Pass a table with rows of values.")
    return ParquetTable(path, columns, rows)


def from_memory(source: Any) -> FrameTable | ArrayTable:
    """Return the table that a frame, an array or a dict of columns is; `DataError` if it is none of them."""
    if isinstance(source, np.ndarray):
        return _from_array(source)
    if isinstance(source, Mapping):
        frame = _from_columns("the dict", {str(name): column for name, column in source.items()})
        reject_duplicates("the dict", [str(name) for name in source])
        return _filled(frame, "the dict")
    try:
        native = nw.from_native(source)
    except nw.exceptions.DuplicateError:
        reject_duplicates("the frame", [str(name) for name in _native_names(source)])
        raise DataError("the frame: two columns share a name. Give every column its own.") from None
    except TypeError:
        raise DataError(
            f"expected a path, a DataFrame, a 2-D array or a dict of columns, got {type(source).__name__}."
        ) from None
    if isinstance(native, nw.LazyFrame):
        return _filled(native.collect(backend="polars").to_native(), "the frame")
    if isinstance(source, pl.DataFrame):
        return _filled(source, "the frame")
    names = [str(name) for name in native.columns]
    reject_duplicates("the frame", names)
    columns = [_from_narwhals(name, each) for name, each in zip(names, native.iter_columns(), strict=True)]
    return _filled(pl.DataFrame(columns), "the frame")


def _native_names(source: Any) -> list[Any]:
    """Return the names of a frame that Narwhals refuses; pyarrow calls them otherwise than pandas."""
    return list(getattr(source, "column_names", None) or getattr(source, "columns", []))


def _from_array(array: NDArray[Any]) -> FrameTable | ArrayTable:
    if array.dtype.names is not None:
        fields = {name: np.atleast_1d(array[name]) for name in array.dtype.names}
        return _filled(_from_columns("the array", fields), "the array")
    if array.ndim != 2:
        raise DataError(
            f"the array: expected two dimensions (rows, columns), got shape {array.shape}. "
            "Reshape it, for instance with array.reshape(-1, 1)."
        )
    if array.dtype.kind == "c":
        raise DataError("the array: expected real numbers, got complex ones. Pass real and imaginary parts.")
    if not array.size:
        raise DataError(f"the array: there are no values (shape {array.shape}).")
    return ArrayTable(array)


def _from_columns(name: str, columns: Mapping[str, Any]) -> pl.DataFrame:
    made = {
        each: column if isinstance(column, pl.Series) else _series(each, column) for each, column in columns.items()
    }
    lengths = {each: len(column) for each, column in made.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"'{each}' {length}" for each, length in list(lengths.items())[:6])
        raise DataError(f"{name}: the columns have different numbers of rows ({listed}). Make them equal.")
    return pl.DataFrame([column.rename(each) for each, column in made.items()])


def _filled(frame: pl.DataFrame, name: str) -> FrameTable:
    if frame.is_empty():
        raise DataError(f"{name}: there are no rows. Pass a table with rows of values.")
    objects = [column for column, dtype in frame.schema.items() if dtype == pl.Object]
    return FrameTable(frame.with_columns(_series(each, frame[each].to_list()) for each in objects), name)


def _from_narwhals(name: str, column: nw.Series[Any]) -> pl.Series:
    try:
        return column.to_polars().rename(name)
    except Exception:  # what pyarrow and pandas raise for cells of several types has no common base
        return _series(name, column.to_list())


def _series(name: str, values: Sequence[Any] | NDArray[Any]) -> pl.Series:
    """Return the column; cells of several types become texts, as they would be in a file."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiub" and values.dtype != np.float16:
        return pl.Series(name, np.ascontiguousarray(values))
    if isinstance(values, np.ndarray) and values.dtype == np.float16:
        return pl.Series(name, values.astype(np.float32))
    cells = values.tolist() if isinstance(values, np.ndarray) and values.dtype.kind not in "mM" else values
    try:
        made = pl.Series(name, cells, strict=True)
        if made.dtype != pl.Object:
            return made
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
        if all(cell is None or isinstance(cell, int | float | np.number) for cell in cells):
            return pl.Series(name, cells, dtype=pl.Float64, strict=False)
    return pl.Series(name, [_text(cell) for cell in cells], dtype=pl.String)


def _text(cell: object) -> str | None:
    return None if cell is None else str(cell)


def _damaged(path: Path) -> DataError:
    return DataError(
        f"{path.name}: cannot be read as Parquet; the file is damaged, cut off or of another kind. "
        "Write or fetch it again."
    )
