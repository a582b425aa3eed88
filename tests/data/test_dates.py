import datetime

import numpy as np
import polars as pl
import pytest

from fallline.data.dates import FORMATS, days, surviving_formats, year_circle

EPOCH = datetime.datetime(1970, 1, 1)


@pytest.mark.parametrize(
    "form",
    ["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y %H:%M", "%m/%d/%Y"],
)
def test_dates_are_days_since_1970_whatever_their_form(form):
    moments = [datetime.datetime(2024, 12, 31, 18), datetime.datetime(1969, 1, 13), datetime.datetime(2000, 2, 29)]
    written = pl.Series([each.strftime(form) for each in moments])
    (found,) = surviving_formats(written, FORMATS)
    values, unread = days(written, found)
    exact = [(datetime.datetime.strptime(text, form) - EPOCH) / datetime.timedelta(days=1) for text in written]
    assert values.tolist() == exact
    assert len(unread) == 0


def test_day_and_month_that_could_be_either_leave_both_forms():
    assert len(surviving_formats(pl.Series(["01/02/2020", "03/04/2021"]), FORMATS)) == 2
    assert surviving_formats(pl.Series(["01/02/2020", "13/04/2021"]), FORMATS) == ("%d/%m/%Y",)


def test_offsets_are_taken_to_utc():
    values, _ = days(pl.Series(["2020-01-01T00:00:00+12:00", "2019-12-31T12:00:00Z"]), "%+")
    assert values[0] == values[1]


@pytest.mark.parametrize("text", ["1/2/20", "2020-13-01", "yesterday", "20200101", "31.02.2020"])
def test_other_texts_are_no_dates(text):
    assert surviving_formats(pl.Series([text]), FORMATS) == ()
    assert days(pl.Series([text, None]), None)[1].tolist() == [0]


def test_typed_dates_equal_written_ones():
    typed = pl.Series([datetime.date(2020, 5, 1), None])
    values, _ = days(typed, None)
    written, _ = days(pl.Series(["2020-05-01", ""]), "%Y-%m-%d")
    np.testing.assert_array_equal(values, written)
    zoned = pl.Series([datetime.datetime(2020, 5, 1)]).dt.replace_time_zone("Europe/Berlin")
    assert days(zoned, None)[0][0] == pytest.approx(values[0] - 2 / 24, abs=1e-9)


def test_the_same_day_of_every_year_has_nearly_the_same_place_on_the_circle():
    sine, cosine = year_circle(days(pl.Series(["1970-07-01", "2023-07-01"]), None)[0])
    assert abs(sine[0] - sine[1]) < 0.02
    assert abs(cosine[0] - cosine[1]) < 0.02
    np.testing.assert_allclose(sine**2 + cosine**2, 1.0)
