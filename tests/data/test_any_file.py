import numpy as np
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fallline.data import prepare, read_table
from fallline.errors import DataError

cell = st.one_of(
    st.sampled_from(["1", "2.5", "-3e4", "1,5", "", "?", "NA", "yes", "no", "a", "b", '"', '"x"', "2020-01-31"]),
    st.sampled_from(["31/12/2020", "1e999", "inf", "1e308", "-1e308", "5e-324", "é", "#", " ", "\0", "x y", "0", "1"]),
    st.text(max_size=4),
)
tables = st.tuples(
    st.sampled_from([",", ";", "\t", " ", "|", ", "]),
    st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
    st.lists(st.lists(cell, min_size=1, max_size=4), max_size=25),
).map(lambda parts: parts[1].join(parts[0].join(row) for row in parts[2]))
families = [
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.one_of(st.floats(allow_infinity=False).map(repr), st.just("")),
    st.integers(-3, 3).map(str),
    st.sampled_from(["red", "green", "", "blue"]),
    st.sampled_from(["yes", "no"]),
    st.sampled_from(["a", "b"]),
    st.dates().map(str),
    st.datetimes().map(str),
    cell.filter(lambda text: not set(text) & set(',"\n\r')),
]
regular = st.tuples(st.lists(st.sampled_from(families), min_size=2, max_size=5), st.integers(2, 25)).flatmap(
    lambda shape: st.tuples(*(st.lists(each, min_size=shape[1], max_size=shape[1]) for each in shape[0])).map(
        lambda columns: "\n".join(",".join(row) for row in zip(*columns, strict=True))
    )
)


def with_header(text):
    columns = text.partition("\n")[0].count(",") + 1
    return (",".join("pqrst"[:columns]) + "\n" + text).encode()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        st.binary(max_size=60),
        tables.map(str.encode),
        regular.map(str.encode),
        regular.map(with_header),
        tables.map(lambda text: text.encode("utf-16")),
    ),
    share=st.sampled_from([None, 0.0, 0.5]),
)
@example(content=b"a,b\n1e308,1\n-1e308,2\n0,4\n", share=None)
@example(content=b"a,b\n5e-324,1\n0,2\n0,4\n", share=None)
def test_any_file_ends_in_finite_arrays_or_in_a_sentence(write, content, share):
    try:
        table = read_table(write(content))
        prepared = prepare(table, validation=share)
    except DataError as error:
        text = str(error)
        assert text.endswith(".")
        assert "Error" not in text
        return
    assert np.isfinite(prepared.X).all()
    assert np.isfinite(prepared.y).all()
    assert prepared.X.shape == (prepared.rows, prepared.preparation.inputs)
    assert prepared.y.shape == (prepared.rows, prepared.preparation.outputs)
    assert prepared.preparation.transform(table).shape[1] == prepared.preparation.inputs
