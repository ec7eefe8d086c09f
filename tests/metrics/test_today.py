"""Page one of any day: it repeats the figures of the help desk and of the payments, and adds none."""

from __future__ import annotations

import pandas as pd
from months import MonthOf

from msp_report.metrics import helpdesk, payments, today

AT = pd.Timestamp("2026-10-25", tz="UTC")
AGREED = {
    "client": {"name": "Acme", "timezone": "Europe/London", "currency": "GBP"},
    "tickets": {"priorities": {"P1": {"resolution_min": 60}}},
}
STRATEGY = {"scorecard": [{"perspective": "process", "measure": "tickets.backlog", "target": 0}]}
TICKETS = pd.DataFrame(
    {
        "ticket_id": ["T1", "T2"],
        "priority": "P1",
        "status": "open",
        "opened_at": pd.to_datetime(["2026-10-24 09:00Z", "2026-10-24 23:30Z"]),
    }
)
#: An order of ten, what came of it, and the invoice of all ten at another price.
BOUGHT = pd.DataFrame(
    [("order", "P1", 80), ("packing_slip", "S1", None), ("invoice", "I1", 92)],
    columns=["document", "document_id", "unit_price"],
).assign(
    order_id="P1",
    line=1,
    order_line=1,
    vendor="Acme",
    item="disk",
    quantity=10,
    currency="GBP",
    dated_on=pd.Timestamp("2026-10-01"),
)


def day(tickets: pd.DataFrame | None, purchases: pd.DataFrame | None) -> MonthOf:
    tables = {"tickets": tickets, "purchases": purchases}
    return MonthOf(AT - pd.Timedelta(days=24), AT, AGREED, STRATEGY, tables)


def test_page_one_repeats_the_figures_of_the_other_pages():
    case = day(TICKETS, BOUGHT)
    ours = {figure.measure: figure for figure in today.analyse(case).figures()}
    names = {name: name.replace("payments", "today").replace("helpdesk", "today") for name in today._SAID}
    names["payments.due"] = "today.payable"
    said = [
        "open",
        "overdue",
        "due",
        "paused",
        "stuck",
        "bouncing",
        "payable",
        "hold",
        "cannot_tell",
        "release",
    ]
    assert list(ours) == [f"today.{name}" for name in said]
    told = [*helpdesk.analyse(case).figures(), *payments.analyse(case).figures()]
    for figure in told:
        if figure.measure in names and not figure.subject:
            same = ours[names[figure.measure]]
            for field in ("value", "low", "high", "n", "target", "why_missing", "unit", "better", "rule"):
                assert getattr(same, field) == getattr(figure, field), (figure.measure, field)
    assert (ours["today.open"].value, ours["today.overdue"].value, ours["today.hold"].value) == (2, 1, 920)
    # the target stays, its verdict stands on the page that it comes from
    assert (ours["today.open"].target, ours["today.open"].verdict) == (0, None)


def test_the_list_is_that_of_the_help_desk_over_all():
    lines = today.analyse(day(TICKETS, BOUGHT)).records()["lines"]
    assert set(lines["page"]) == {"helpdesk.html"} and set(lines["subject"]) == {""}
    assert lines.set_index("measure")["value"]["helpdesk.open"] == 2


def test_what_was_not_supplied_is_missing_on_page_one_too():
    for figure in today.analyse(day(None, None)).figures():
        assert (figure.value, figure.verdict) == (None, None)
        assert figure.why_missing in ("no tickets were supplied", "no purchases were supplied")


def test_the_lists_hold_every_bill_and_every_deadline_once():
    parked = TICKETS.iloc[:1].assign(
        ticket_id="T3", status="waiting_on_customer", opened_at=TICKETS["opened_at"][1]
    )
    agreed = AGREED | {"tickets": AGREED["tickets"] | {"pause_statuses": ["waiting_on_customer"]}}
    tables = {"tickets": pd.concat([TICKETS, parked]), "purchases": BOUGHT}
    found = today.analyse(MonthOf(AT - pd.Timedelta(days=24), AT, agreed, STRATEGY, tables))
    # T1 had its hour a day ago, T2 has half of it left, and T3 waits for us: its deadline moves on
    assert found.tasks[["state", "ticket_id", "late_with"]].values.tolist() == [
        ["overdue", "T1", "resolution"],
        ["due next", "T2", "resolution"],
    ]
    assert found.tasks["due_at"].dt.strftime("%d %H:%M").tolist() == ["24 10:00", "25 00:30"]
    assert sorted(found.bills["document_id"]) == sorted(found.payments.due["document_id"]) == ["I1"]
    held = {figure.measure: figure for figure in found.figures()}["today.hold"]
    bills = found.bills[found.bills["decision"].eq("hold")]
    assert (held.value, held.n) == (sum(bills["amount"]), len(bills))


def test_what_must_not_be_paid_stands_first():
    # the invoice of a second order agrees with it and is due first
    second = BOUGHT.assign(
        order_id="P2", document_id=["P2", "S2", "I2"], unit_price=[80, None, 80], item="tape"
    )
    bought = pd.concat([second, BOUGHT], ignore_index=True).assign(due_on=pd.Timestamp("2026-11-09"))
    bought.loc[bought["document_id"].eq("I2"), "due_on"] = pd.Timestamp("2026-11-02")
    bills = today.analyse(day(TICKETS, bought)).bills
    assert bills[["decision", "document_id"]].values.tolist() == [["hold", "I1"], ["release", "I2"]]
