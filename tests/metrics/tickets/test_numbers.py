"""Gaps in the numbers of tickets over the usual: what is listed, what is usual, and when it is a doubt."""

import re

import numpy as np
import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from msp_report.metrics.tickets import numbers
from msp_report.model.tables import TABLES

START, END = (pd.Timestamp(at, tz="UTC") for at in ("2026-10-01", "2026-11-01"))
NONE = TABLES["tickets"].empty()


def tickets(found, form="T-{:04d}", first="2026-09-01", last="2026-10-31"):
    days = pd.date_range(first, last, periods=len(found), tz="UTC").astype("datetime64[us, UTC]")
    return pd.DataFrame({"ticket_id": [form.format(n) for n in found], "opened_at": days})


def without(table, *ids):
    return table[~table["ticket_id"].isin(ids)].reset_index(drop=True)


def test_a_number_that_is_in_none_of_the_files_is_listed():
    table = without(tickets(range(1, 201)), "T-0150", "T-0151", "T-0160")
    found = numbers.gaps(table, NONE, START, END)
    assert found[["first_id", "last_id", "missing", "before_id"]].values.tolist() == [
        ["T-0150", "T-0151", 2, "T-0152"], ["T-0160", "T-0160", 1, "T-0161"],
    ]  # fmt: skip
    rejected = pd.DataFrame({"ticket_id": ["T-0150", None, "T-0160"]})
    assert numbers.gaps(table, rejected, START, END)["first_id"].tolist() == ["T-0151"], "those were supplied"


def test_gaps_of_another_month_are_not_this_months():
    assert numbers.gaps(without(tickets(range(1, 201)), "T-0010"), NONE, START, END).empty


def test_a_counter_that_others_share_has_its_usual_gaps():
    steps = np.random.default_rng(7).geometric(0.2, 400)
    table = tickets(np.cumsum(steps))
    assert numbers.gaps(table, NONE, START, END)["missing"].sum() < 0.1 * steps.sum()
    far = without(table, *table["ticket_id"][300:330])
    assert numbers.gaps(far, NONE, START, END)["missing"].max() > 100


@pytest.mark.parametrize("form", ["{}", "INC{:07d}", "2026-{:05d}", "#{}"])
def test_numbers_are_written_as_the_tool_does(form):
    found = numbers.gaps(without(tickets(range(901, 1101), form), form.format(1050)), NONE, START, END)
    assert found[["first_id", "last_id"]].values.tolist() == [[form.format(1050)] * 2]


def test_digits_of_every_script_number_tickets():
    table = tickets(range(1, 201)).astype({"ticket_id": "object"})
    table["ticket_id"] = [one.translate({48 + n: 0x660 + n for n in range(10)}) for one in table["ticket_id"]]
    found = numbers.gaps(without(table, table["ticket_id"][149]), NONE, START, END)
    assert found[["first_id", "missing"]].values.tolist() == [["T-0150", 1]]


@examples(300)
@given(st.lists(st.text("A-_ 019\u0661\u0669é\n", min_size=1, max_size=20) | st.none(), max_size=6))
def test_the_form_of_a_number_is_all_before_its_last_digits(ids):
    """Whatever way is taken, the same: fifteen digits at the most, whatever stands among those before them."""
    told = [re.fullmatch(r"(.*?)(\d{1,15})", one or "") for one in ids]
    found = numbers._numbered(pd.Series(ids, range(5, 5 + len(ids)), dtype="str"))
    assert found.fillna("").values.tolist() == [list(one.groups()) if one else ["", ""] for one in told]


def test_names_without_numbers_and_few_of_them_tell_nothing():
    ids = pd.DataFrame(
        {"ticket_id": [f"a{n}b" for n in range(50)], "opened_at": tickets(range(50))["opened_at"]}
    )
    assert numbers.gaps(ids, NONE, START, END).empty
    assert numbers.gaps(tickets([1, 9, 30]), NONE, START, END).empty
    assert numbers.gaps(NONE, NONE, START, END).empty


@given(st.sets(st.integers(101, 199), max_size=60))
@examples()
def test_every_number_left_out_of_a_gapless_month_is_in_a_gap(left_out):
    whole = tickets(range(1, 201))
    here = whole["opened_at"].ge(START)
    table = without(whole, *(f"T-{n:04d}" for n in left_out))
    found = numbers.gaps(table, NONE, START, END)
    assert found["missing"].sum() == len(left_out)
    doubt = numbers.doubt(found, table, START, END)
    assert (doubt is not None) == (len(left_out) > int(here.sum()) / 20)
