import pathlib

import polars as pl
import pytest

from fallline.data import prepare, read_table
from fallline.errors import DataError


def test_a_missing_file_is_named_with_the_nearest_in_its_folder(write):
    path = write("a,b\n1,2\n")
    with pytest.raises(DataError) as error:
        read_table(path.with_name("hoses.csv"))
    sentence = f"{path.parent}/hoses.csv: there is no such file in {path.parent}. Did you mean 'houses.csv'?"
    assert str(error.value) == sentence
    with pytest.raises(DataError, match=r"no such file, nor the folder .*nowhere. Check the path."):
        read_table(path.parent / "nowhere" / "houses.csv")


def test_a_folder_is_named_with_one_of_its_tables(write):
    path = write("a,b\n1,2\n")
    with pytest.raises(DataError) as error:
        read_table(path.parent)
    assert str(error.value) == f"{path.parent}: this is a folder. Pass one of its files, for instance {path}."


@pytest.mark.parametrize("content", ["", "\n \n", "\ufeff"])
def test_an_empty_file_is_said_to_be_empty(write, content):
    with pytest.raises(DataError, match=r"houses.csv: the file (is empty|has no rows). Pass a table with a header"):
        read_table(write(content))


@pytest.mark.parametrize("name", ["a.xlsx", "a.json", "a.npy", "a.feather", "a.pkl"])
def test_other_formats_are_named(write, name):
    with pytest.raises(DataError, match=rf"{name}: this is .* by its name; tables are read from .csv"):
        read_table(write("x", name))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"a,b\n1,2\n"])
def test_damaged_parquet_is_said_to_be_damaged(write, content):
    with pytest.raises(DataError, match=r"x.parquet: cannot be read as Parquet; the file is damaged, cut off or of"):
        read_table(write(content, "x.parquet"))


def test_parquet_damaged_behind_its_end_mark_is_said_to_be_damaged(tmp_path):
    path = tmp_path / "x.parquet"
    pl.DataFrame({"a": [f"{i * i}" for i in range(9999)]}).write_parquet(path, compression="zstd")
    raw = bytearray(path.read_bytes())
    raw[10:3000] = bytes(2990)
    path.write_bytes(raw)
    with pytest.raises(DataError, match=r"x.parquet: cannot be read as Parquet"):
        list(read_table(path).batches())


def test_parquet_without_rows_is_said_to_have_none(tmp_path):
    pl.DataFrame({"a": [], "b": []}).write_parquet(tmp_path / "x.parquet")
    with pytest.raises(DataError, match=r"x.parquet: the Parquet file has no rows"):
        read_table(tmp_path / "x.parquet")


def test_missing_permission_is_a_sentence(write, monkeypatch):
    path = write("a,b\n1,2\n")

    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(pathlib.Path, "open", refuse)
    with pytest.raises(DataError, match=r"houses.csv: no permission to read this file. Change its access rights."):
        read_table(path)


def test_a_path_that_cannot_be_one_is_a_sentence():
    with pytest.raises(DataError, match=r"this cannot be a path|there is no such file"):
        read_table("a\0b")
    with pytest.raises(DataError, match=r"this cannot be a path|there is no such file"):
        read_table("a" * 5000)


def test_a_file_that_changes_between_the_passes_is_reported(write):
    path = write("a,b\n1,2\n2,4\n4,9\n")
    table = read_table(path)
    batches = table.batches
    reads = []

    class Changing:
        name, columns, decimal, notes = table.name, table.columns, ".", []

        def batches(self):
            reads.append(1)
            if len(reads) == 2:
                path.write_text("a,b\n1,2\n")
            return batches()

    with pytest.raises(DataError, match=r"houses.csv: the table changed while it was read"):
        prepare(Changing())
