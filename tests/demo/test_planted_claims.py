"""What the demo's provider claims, what it leaves out of its numbers, and that nothing else is said to be so."""

from decimal import Decimal

import pandas as pd
import pytest
from months import PastOf, figures_of

from msp_report.metrics import evidence, tickets
from msp_report.model.period import Month


def pack(*found):
    figures = figures_of(*(figure for one in found for figure in one.figures()))
    names = zip(("availability", "tickets"), found, strict=True)
    return figures, {
        (name, record): frame
        for name, one in names
        for record, frame in one.records().items()
        if record in ("rules", "services", "outages", "clocks")
    }


@pytest.fixture(scope="module", params=[pytest.param("2026-09", marks=pytest.mark.thorough), "2026-10"])
def month(request, demo_case, demo_report, truth):
    case, before = demo_case(request.param), str(Month.parse(request.param).shift(-1))
    earlier, _ = pack(*(demo_report(report, before)[0] for report in ("availability", "tickets")))
    figures, records = pack(
        *(demo_report(report, request.param)[0] for report in ("availability", "tickets"))
    )
    past = PastOf(figures=figures, before=earlier.assign(month=before), records=records)
    return evidence.analyse(case, past), truth[request.param], case


def test_the_gaps_are_the_planted_ones(month):
    found, truth, _ = month
    planted = (
        [fault for fault in truth["evidence"] if fault["fault"] == "claims_gap"]
        if "evidence" in truth
        else []
    )
    expected = {
        (f["measure"], f["subject"]): (f["claimed"], f["cause"], Decimal(str(f["money"]))) for f in planted
    }
    rows = found.gaps
    shown = {(r.measure, r.subject): (r.claimed, r.cause, r.money) for r in rows.itertuples()}
    assert shown == expected
    for fault in planted:
        row = rows[rows["measure"].eq(fault["measure"]) & rows["subject"].eq(fault["subject"])].iloc[0]
        assert row["recomputed"] == pytest.approx(fault["recomputed"], abs=1e-9)
    figures = {figure.measure: figure for figure in found.figures() if not figure.subject}
    assert figures["evidence.claims_gap"].value == len(planted)
    assert figures["evidence.claims_gap"].n == len(found.claims) > len(planted)
    assert figures["evidence.claims_money"].value == float(sum(f["money"] for f in planted))


def test_no_source_of_the_demo_is_doubted(month):
    found, _, _ = month
    assert found.doubts.empty


def test_the_numbers_left_out_are_the_planted_ones(month, demo_report):
    _, truth, case = month
    planted = [i for f in truth.get("evidence", []) if f["fault"] == "numbers_missing" for i in f["ids"]]
    gaps = demo_report("tickets", str(case.period))[0].numbers
    assert gaps["missing"].sum() == len(planted)
    if planted:
        assert gaps[["first_id", "last_id"]].values.tolist() == [[planted[0], planted[-1]]]


def test_half_of_the_numbers_left_out_leave_no_verdict(demo_case):
    case = demo_case("2026-10")
    table = case.table("tickets")
    mine = table["opened_at"].ge(case.start) & (table["ticket_id"].str[-1].astype(int) % 2 == 0)

    class Halved:
        def __getattr__(self, name):
            return getattr(case, name)

        def table(self, name, columns=()):
            return table[~mine] if name == "tickets" else case.table(name)

    verdicts = {
        f.subject: f.verdict for f in tickets.analyse(Halved()).figures() if f.measure.endswith("attainment")
    }
    assert not {"met", "missed"} & set(verdicts.values())
    assert pd.Series(verdicts).eq("no_verdict").any()


def test_the_edits_are_the_planted_ones_and_favour_the_provider(month, demo_report):
    _, truth, case = month
    found = demo_report("tickets", str(case.period))[0]
    sides = {
        "priority_lowered": "provider",
        "priority_raised": "client",
        "resolution_time_edited": "provider",
    }
    planted = {
        (ticket, sides[fault["fault"]])
        for fault in truth.get("evidence", [])
        if fault["fault"] in sides
        for ticket in fault["ids"]
    }
    planted |= {
        (ticket, "provider")
        for f in truth.get("tickets", []) + truth.get("evidence", [])
        if f["fault"] == "met_only_by_pause"
        for ticket in f["ids"]
    }
    assert set(zip(found.edits["ticket_id"], found.edits["favours"], strict=True)) == planted
    assert len(found.edits) == len(planted)
    figure = {f.measure: f for f in found.figures() if not f.subject}["tickets.edits_favouring"]
    if len(planted) < 10:
        assert (figure.value, figure.why_missing) == (None, "fewer than ten edits move a figure")
    else:
        assert (
            figure.value == sum(side == "provider" for _, side in planted) / len(planted) and figure.low > 0.5
        )


def test_the_late_tickets_that_the_tool_calls_in_time_are_the_planted_ones(month, demo_report):
    _, truth, case = month
    found = demo_report("tickets", str(case.period))[0]
    planted = [i for f in truth.get("evidence", []) if f["fault"] == "flagged_in_time" for i in f["ids"]]
    assert sorted(found.flagged["ticket_id"]) == sorted(planted)


def test_the_solves_before_the_deadline_are_the_planted_ones(month, demo_report):
    _, truth, case = month
    found = demo_report("tickets", str(case.period))[0]
    close = {"bunched", "met_only_by_pause"}
    planted = {
        i
        for f in truth.get("tickets", []) + truth.get("evidence", [])
        if f["fault"] in close
        for i in f["ids"]
    }
    assert set(found.close["ticket_id"]) == planted
    figure = {f.measure: f for f in found.figures() if not f.subject}["tickets.bunched"]
    assert (figure.value is not None and figure.low > 0) == bool(planted)


def test_what_was_rewritten_and_what_vanished_are_the_planted_ones(month, demo_report):
    found, truth, case = month
    planted = [f for f in truth.get("evidence", []) if f["fault"] == "rewritten"]
    rows = found.rewritten
    assert list(zip(rows["table"], rows["key"], rows["field"], strict=True)) == [
        ("tickets", ticket, fault["field"]) for fault in planted for ticket in fault["ids"]
    ]
    for row, fault in zip(rows.to_dict("records"), planted, strict=True):
        for name, end in (("before", "from"), ("after", "to")):
            assert pd.Timestamp(fault[name]) == pd.Timestamp(row[end])
    gone = [i for f in truth.get("evidence", []) if f["fault"] == "vanished" for i in f["ids"]]
    assert demo_report("tickets", str(case.period))[0].vanished["ticket_id"].tolist() == gone


def test_the_late_tickets_are_what_parts_a_missed_level_from_met(month):
    found, truth, _ = month
    late = {
        fault["subject"]: fault["ids"]
        for fault in truth["tickets"]
        if fault["fault"] == "resolution_missed" and fault["verdict"] == "missed"
    }
    firm = found.firmness[found.firmness["measure"].eq("tickets.resolution_attainment")]
    missed = firm[firm["verdict"].eq("missed")].set_index("subject")
    assert set(missed.index) == set(late)
    for priority, ids in late.items():
        named = missed.loc[priority, "nearest_ids"].split(", ")
        assert len(named) == missed.loc[priority, "parted_by"] and set(named) <= set(ids)
