import csv
import gzip
import io

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fallline.data.csv_table as module
from fallline.data import read_table
from fallline.errors import DataError


def rows_of(path, **options):
    table = read_table(path, **options)
    return [list(row) for batch in table.batches() for row in batch.iter_rows()], table


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends_of_every_kind(write, ending, last):
    text = ending.join(["x,y", "1,a", "2,b", ""])
    rows, table = rows_of(write(text if last else text.removesuffix(ending)))
    assert table.columns == ["x", "y"]
    assert rows == [["1", "a"], ["2", "b"]]


def test_blank_lines_are_skipped_everywhere(write):
    rows, _ = rows_of(write("\n\nx,y\n\n1,a\n   \n\r\n2,b\n\n\n"))
    assert rows == [["1", "a"], ["2", "b"]]
    rows, _ = rows_of(write('x,y\n\n1,"a"\n\n2,"b"\n'))
    assert rows == [["1", "a"], ["2", "b"]]
    rows, _ = rows_of(write("x\n1\n\n2\n"))
    assert rows == [["1"], ["2"]]


def test_quotes_newlines_and_separators_in_cells(write):
    rows, _ = rows_of(write('x,y\n"a ""b""\n\nc, d",1\n"",2\n'))
    assert rows == [['a "b"\n\nc, d', "1"], ["", "2"]]


def test_quotes_that_are_only_inch_marks_stay(write):
    rows, _ = rows_of(write('x,size\n1,5" pipe\n2,3" pipe\n3,7 pipe\n4,2" pipe\n'))
    assert [row[1] for row in rows] == ['5" pipe', '3" pipe', "7 pipe", '2" pipe']


def test_blanks_before_quoted_cells(write):
    rows, _ = rows_of(write('x, "y"\n1, "2, 3"\n2, "b"\n'))
    assert rows == [["1", "2, 3"], ["2", "b"]]


def test_runs_of_blanks_and_quoted_names(write):
    text = ' 18.0   8   ?\t"chevrolet malibu"  \n 15.0   8   165.0\t"buick skylark"\n'
    rows, _ = rows_of(write(text, "auto-mpg.data"))
    assert rows == [["18.0", "8", "?", '"chevrolet malibu"'.strip('"')], ["15.0", "8", "165.0", "buick skylark"]]


def test_a_compressed_table_is_the_table(write):
    text = "x,y\n" + "".join(f"{i},{i * i}\n" for i in range(1000))
    plain, _ = rows_of(write(text))
    packed, table = rows_of(write(gzip.compress(text.encode()), "houses.csv.gz"))
    assert packed == plain
    assert table.name == "houses.csv.gz"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a,b,c\n1,2,3\n1,2\n4,5,6\n", "houses.csv, line 3: expected 3 fields as in the first row, found 2."),
        ("a,b,c\n1,2,3\n\n1,2,3,4\n", "houses.csv, line 4: expected 3 fields as in the first row, found 4."),
        ("a,b,c\n1,2,3\n1,2,3,\n", "houses.csv, line 3: expected 3 fields as in the first row, found 4."),
        ('a,b\n"x\ny",1\n2\n3,4\n', "houses.csv, line 4: expected 2 fields as in the first row, found 1."),
        ('a,b\nx,1\ny,"2\nz,3\n', 'houses.csv, line 3: a quote (") is opened in this line and never closed.'),
        ('a,b\nx,1\n"y,2\nz,3\n', "houses.csv, line 3: expected 2 fields as in the first row, found 1. A quoted"),
    ],
)
def test_ragged_rows_are_named_with_line_and_numbers_of_fields(write, text, sentence):
    with pytest.raises(DataError) as error:
        rows_of(write(text))
    assert sentence in str(error.value)


def test_a_ragged_row_is_found_beyond_the_first_chunk(write, monkeypatch):
    monkeypatch.setattr(module, "CHUNK_BYTES", 1000)
    text = "a,b\n" + "12,34\n" * 5000 + "5\n" + "1,2\n" * 100
    with pytest.raises(DataError, match=r"line 5002: expected 2 fields as in the first row, found 1"):
        rows_of(write(text))


def test_a_quote_never_closed_does_not_swallow_the_memory(write, monkeypatch):
    monkeypatch.setattr(module, "CHUNK_BYTES", 1000)
    monkeypatch.setattr(module, "_LONGEST_RECORD", 10_000)
    with pytest.raises(DataError, match=r"houses.csv, line \d+: a quote \(\"\) is opened in this line and never"):
        rows_of(write("a,b\n1,2\n3,4\n" * 3 + '5,"6\n' + "7,8\n" * 10_000))


cells = st.text(
    st.one_of(st.sampled_from('ab1,;|\t"\n.é€ '), st.characters(codec="utf-8", exclude_categories=["C", "Z"])),
    max_size=6,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=st.integers(2, 4).flatmap(
        lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=8)
    ),
    separator=st.sampled_from([",", ";", "\t", "|"]),
    ending=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    chunk=st.sampled_from([1, 5, 50, 100_000]),
)
def test_what_python_writes_is_read_back(write, monkeypatch, table, separator, ending, quoting, encoding, chunk):
    names = [f"name{j}" for j in range(len(table[0]))]
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=separator, lineterminator=ending, quoting=quoting)
    writer.writerow(names)
    writer.writerows(table)
    monkeypatch.setattr(module, "CHUNK_BYTES", chunk)
    rows, found = rows_of(write(stream.getvalue().encode(encoding)), separator=separator, header=True)
    assert found.columns == names
    assert rows == table


numbers = st.floats(allow_nan=False, allow_infinity=False, width=64)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(st.tuples(numbers, numbers, st.sampled_from(["red", "green"])), min_size=3, max_size=20),
    dialect=st.sampled_from([(",", "."), (";", ","), (";", "."), ("\t", ","), ("\t", "."), ("|", "."), (" ", ".")]),
)
def test_the_dialect_of_a_table_of_numbers_and_words_is_found(write, values, dialect):
    separator, decimal = dialect
    # A decimal mark must occur for it to be found.
    rows = [(0.5, -1.25, "red"), *values]
    text = "first" + separator + "second" + separator + "word\n"
    for row in rows:
        text += separator.join(str(cell).replace(".", decimal) for cell in row) + "\n"
    table = read_table(write(text))
    assert (table.dialect.separator, table.dialect.decimal, table.dialect.header) == (separator, decimal, True)
    frame = pl.concat(table.batches())
    assert frame["word"].to_list() == [row[2] for row in rows]
    assert [float(cell.replace(decimal, ".")) for cell in frame["first"]] == [row[0] for row in rows]
