# ruff: noqa: E501  (a sentence that is asserted stays in one line)
import pytest

from fallline.data.dialect import Asked, sniff
from fallline.errors import DataError


def found(text, **asked):
    return sniff("houses.csv", text, "utf-8", Asked(**asked))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", " "])
def test_the_separator_is_found(separator):
    rows = [["name", "size", "price"], ["a", "1.5", "7"], ["b", "2", "8"], ["c", "3", "9"]]
    dialect, names = found("".join(separator.join(row) + "\n" for row in rows))
    assert dialect.separator == separator
    assert dialect.header
    assert names == rows[0]


def test_a_semicolon_table_with_decimal_commas_is_not_taken_for_commas():
    dialect, _ = found("a;b\n1,5;2,25\n3,5;4,75\n")
    assert (dialect.separator, dialect.decimal) == (";", ",")
    dialect, _ = found("1,5;2,25\n3,5;4,75\n")
    assert (dialect.separator, dialect.decimal, dialect.header) == (";", ",", False)


def test_commas_inside_cells_of_a_tab_table_are_left_alone():
    dialect, _ = found("name\tx\nDoe, J\t1\nRoe, R\t2\n")
    assert dialect.separator == "\t"


def test_a_date_with_a_time_does_not_make_a_table_blank_separated():
    dialect, _ = found("when,y\n2020-01-01 10:00 PM,5\n2020-01-02 11:00 PM,6\n")
    assert dialect.separator == ","


def test_runs_of_blanks_with_a_tab_before_the_name_are_blank_separated():
    text = '18.0   8   307.0\t"chevrolet malibu"\n15.0   8   350.0\t"buick skylark"\n'
    dialect, names = found(text)
    assert dialect.separator == " "
    assert names == ["x1", "x2", "x3", "x4"]


def test_one_ragged_row_does_not_hide_the_separator():
    dialect, _ = found("a,b,c\n" + "1,2,3\n" * 20 + "1,2\n")
    assert dialect.separator == ","


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("a,b\n1,2\n3,4\n", True),
        ("1,2\n3,4\n", False),
        ("5.1,3.5,setosa\n4.9,3.0,setosa\n", False),
        ("2019,kind\n1.5,x\n2.5,y\n", False),  # a year over numbers cannot be told from a number
        ("0,1,2\n0.5,1.5,2.5\n0.1,0.2,0.3\n", True),  # as pandas writes columns without names
        ("0,1,2\n3,4,5\n", False),
        ("p,x,s\ne,x,s\np,y,s\n", False),  # letters that come again
        ("colour,size\nred,big\nblue,small\n", True),
        ("x,x\nred,big\nblue,small\n", False),
        ("a,?\n1,2\n3,4\n", True),
        ("?,?\n1,2\n3,4\n", False),
        ("1,2\n", False),
        ("when,x\n2020-01-01,?\n2020-01-02,?\n", True),
    ],
)
def test_the_header_is_found(text, header):
    assert found(text)[0].header is header


def test_what_the_user_says_wins():
    dialect, names = found("a,b\n1,2\n", header=False)
    assert (dialect.header, names) == (False, ["x1", "x2"])
    dialect, names = found("1,2\n3,4\n", header=True)
    assert (dialect.header, names) == (True, ["1", "2"])
    assert found("a;b\n1;2\n", separator=",")[1] == ["a;b"]


def test_comments_and_the_line_that_excel_writes_are_skipped():
    dialect, names = found("# made by hand\n\n#\nsep=;\na;b\n1;2\n")
    assert (dialect.separator, dialect.skipped, names) == (";", 5, ["a", "b"])


def test_a_header_of_several_lines_is_skipped_whole():
    dialect, names = found('"a\nlong",b\n1,2\n')
    assert names == ["a\nlong", "b"]
    assert dialect.skipped == 2


def test_separators_at_line_ends_and_unnamed_row_names_get_a_name():
    assert found("a,b\n1,2,\n3,4,\n")[1] == ["a", "b", "column 3"]
    assert found('"a" "b"\n"r1" 1 2\n"r2" 3 4\n')[1] == ["column 1", "a", "b"]
    assert found(",a\n0,5\n1,6\n")[1] == ["column 1", "a"]


def test_the_dialect_is_described_in_words():
    dialect, _ = found("a;b\n1,5;2\n2,5;3\n")
    assert dialect.describe() == "semicolon-separated, decimal comma, utf-8, with a header"


@pytest.mark.parametrize(
    ("text", "asked", "sentence"),
    [
        ("a,b\n", {}, r"houses.csv: there is only a header \(a, b\) and no row of values. If it is a row, pass --no-header."),
        ("# only\n", {}, r"houses.csv: the file has no rows. Pass a table with a header and rows of values."),
        ("a,b,a\n1,2,3\n", {}, r"houses.csv: columns 1 and 3 are both named 'a'. Give every column a name of its own, or pass --no-header"),
        ("a\n", {"separator": "::"}, r"--separator ::: expected one character, or one of comma, semicolon"),
        ("a\n", {"decimal": "x"}, r"--decimal x: expected a point or a comma."),
        ("a\n", {"decimal": ",", "separator": ","}, r"--separator and --decimal are both ',': they must differ."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(text, asked, sentence):
    with pytest.raises(DataError, match=sentence):
        found(text, **asked)
