"""Which rejected rows may belong to a subject, and whose they are (rules 42 and 50)."""

import pandas as pd
from months import MonthOf

from msp_report.model.dropped import Dropped, told
from msp_report.model.gate import decide

ROWS = pd.DataFrame(
    {
        "file": "a.csv",
        "line": [4, 7, 9],
        "reason": "missing",
        "service": ["Mail", None, "web"],
        # the last one at the cut-off itself
        "at": pd.to_datetime(["2026-10-01", None, "2026-11-01"], utc=True),
    }
)


def of(rows: pd.DataFrame, independent: frozenset = frozenset()) -> Dropped:
    case = MonthOf(pd.Timestamp("2026-10-01", tz="UTC"), pd.Timestamp("2026-11-01", tz="UTC"), {})
    case.dropped, case.independent = {"outages": rows}, independent
    return Dropped.of(case, "outages")


def test_a_row_whose_subject_could_not_be_read_may_belong_to_any():
    assert of(ROWS).about(service=" MAIL ").rows["line"].tolist() == [4, 7]
    assert of(ROWS).about(service="dns").rows["line"].tolist() == [7]


def test_what_lies_after_the_cut_off_does_not_exist():
    assert of(ROWS).before("at", pd.Timestamp("2026-11-01", tz="UTC")).rows["line"].tolist() == [4, 7]
    # the second day of October, with a row of the first, one of no time and one of November
    assert of(ROWS).before("at", pd.Timestamp("2026-10-02", tz="UTC")).rows["line"].tolist() == [4, 7]


def test_a_reason_names_file_and_line_and_stops_after_five():
    many = pd.DataFrame({"file": "b.csv", "line": range(1, 8), "reason": "", "service": None})
    assert of(ROWS.iloc[:1]).why == "1 rejected row may belong to it (a.csv:4)"
    named = "may belong to it (a.csv:4, a.csv:7, a.csv:9, b.csv:1, b.csv:2"
    assert told(of(ROWS), of(many)) == f"10 rejected rows {named}, …)"
    assert told(of(ROWS), of(many[:2])) == f"5 rejected rows {named})"
    assert of(ROWS.iloc[:0]).why is None


def test_a_reason_names_a_row_once_and_a_whole_file_without_a_line():
    assert told(of(ROWS), of(ROWS[:2])) == "3 rejected rows may belong to it (a.csv:4, a.csv:7, a.csv:9)"
    assert of(ROWS[:1].assign(line=0)).why == "1 rejected row may belong to it (a.csv)"


def test_as_many_as_there_are():
    assert (len(of(ROWS)), len(of(ROWS).about(service="dns")), len(of(ROWS[:0]))) == (3, 1, 0)


def test_whose_word_a_row_is_says_its_file_or_else_its_table():
    assert of(ROWS).own_word and not of(ROWS, frozenset({"outages"})).own_word
    assert of(ROWS.assign(whose="provider"), frozenset({"outages"})).own_word
    assert not of(ROWS.assign(whose=["provider", "probe", "provider"])).own_word
    # a file that does not say is as those that do; where none says, the table does
    assert of(ROWS.assign(whose=["provider", None, "provider"]), frozenset({"outages"})).own_word
    assert not of(ROWS.assign(whose=None), frozenset({"outages"})).own_word
    # some of them are of the same word
    assert not of(ROWS, frozenset({"outages"})).about(service="web").own_word


def test_what_has_no_value_because_rows_were_rejected_is_no_verdict():
    assert decide(None, 0.9, "higher", why="none", lost="1 row").verdict == "no_verdict"
    assert decide(None, 0.9, "higher", why="none").verdict == "no_data"
    assert decide(None, None, "higher", why="none", lost="1 row").verdict == "no_target"
