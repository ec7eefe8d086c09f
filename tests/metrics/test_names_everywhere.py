"""Rule 44 as a property: how a name is written changes no figure, and a slip of the pen never makes one better."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from months import MonthOf, PastOf, dated

from msp_report.metrics import (
    availability,
    backups,
    capacity,
    contract,
    duties,
    evidence,
    licences,
    procurement,
    projects,
    requests,
    tickets,
)
from msp_report.model.names import normal_name
from msp_report.params import as_contract, as_strategy

START, END = pd.Timestamp("2026-10-01", tz="UTC"), pd.Timestamp("2026-11-01", tz="UTC")
AGREED = {
    "client": {"name": "Acme", "timezone": "UTC", "currency": "GBP"},
    "provider": {"name": "Northgate IT"},
    "services": [
        {"name": "webshop", "availability_ratio": 0.999},
        {"name": "Exchange", "availability_ratio": 0.999},
    ],
    "tickets": {
        "priorities": {
            "urgent": {"response_min": 60, "resolution_min": 240, "attainment_ratio": 0.9},
            "normal": {"response_min": 600, "resolution_min": 2400, "attainment_ratio": 0.5},
        },
        "training": {"categories": ["how-to"]},
    },
    "capacity": [
        {
            "resource": "wan-london",
            "metric": "utilisation",
            "unit": "ratio",
            "capacity": 1,
            "limit_ratio": 0.5,
        }
    ],
    "licences": {"CAD Studio": "device"},
    "backups": {"rpo_hours": 24},
    "duties": [{"name": "patching", "every_days": 30}],
}
STRATEGY = {"requesters": ["amy@acme.example"], "approval": {"approvers": ["finance"]}}
DAILY = pd.date_range("2026-09-30 22:00Z", periods=31, freq="D")


def tables() -> dict[str, pd.DataFrame]:
    """A month in which every subject that can be judged is, one of each kind missed."""
    at = pd.Timestamp
    outages = pd.DataFrame(
        {
            "service": ["webshop", "Exchange"],
            "started_at": [at("2026-10-10 08:00Z"), at("2026-10-11 08:00Z")],
            "ended_at": [at("2026-10-10 18:00Z"), at("2026-10-11 08:01Z")],
            "state": "down",
        }
    )
    opened = [at("2026-10-05 08:00Z"), at("2026-10-06 08:00Z"), at("2026-10-07 08:00Z")]
    desk = pd.DataFrame(
        {
            "ticket_id": ["INC-1", "INC-2", "INC-3"],
            "opened_at": opened,
            "requester": ["amy@acme.example", "bob@acme.example", "amy@acme.example"],
            "title": ["Mail is down", "Printer", "Scanner"],
            "category": ["how-to", "hardware", "hardware"],
            "priority": ["urgent", "urgent", "normal"],
            "status": "closed",
        }
    )
    log = pd.DataFrame(
        {
            "ticket_id": ["INC-1", "INC-2", "INC-3"],
            "at": [one + pd.Timedelta(hours=9) for one in opened],
            "field": "status",
            "from": "new",
            "to": "resolved",
        }
    )
    hours = pd.date_range(START, END, freq="h", inclusive="left")
    bought = [
        ("order", "PO1", "1", "PO1", "Zeta GmbH", "disk", 10, 80.0),
        ("packing_slip", "S1", "1", "PO1", "Zeta GmbH", "disk", 10, None),
        ("invoice", "I1", "1", "PO1", "Zeta GmbH", "disk", 12, 80.0),
        ("licence_receipt", "R1", "1", None, "Cadworks", "CAD Studio", 2, None),
    ]
    names = ["document", "document_id", "line", "order_id", "vendor", "item", "quantity", "unit_price"]
    purchases = pd.DataFrame(bought, columns=names).assign(
        order_line="1", dated_on=pd.to_datetime(["2026-10-01", "2026-10-05", "2026-10-06", "2026-01-05"])
    )
    plan = ["project_id", "as_of", "name", "status", "baseline_end", "forecast_end"]
    return {
        "outages": outages,
        "tickets": desk,
        "ticket_events": log,
        "time_entries": dated(
            [
                ("B1", pd.Timestamp("2026-10-05"), 2.0, "INC-1"),
                ("B2", pd.Timestamp("2026-10-06"), 1.0, "INC-2"),
            ],
            ["entry_id", "worked_on", "hours", "ticket_id"],
        ),
        "samples": pd.DataFrame(
            {
                "resource": "wan-london",
                "metric": "utilisation",
                "at": hours,
                "value": np.where(hours.hour < 4, 0.9, 0.1),
            }
        ),
        "assets": pd.DataFrame({"asset": ["wiki-01", "shop-02"], "kind": "vm", "backup_required": True}),
        "backup_jobs": pd.DataFrame(
            {
                "asset": np.repeat(["wiki-01", "shop-02"], [31, 10]),
                "job": "nightly",
                "started_at": [*DAILY, *DAILY[:10]],
                "finished_at": [*(DAILY + pd.Timedelta(hours=1)), *(DAILY[:10] + pd.Timedelta(hours=1))],
                "result": "success",
            }
        ),
        "restore_tests": dated(
            [("wiki-01", pd.Timestamp("2026-10-20"), "success")], ["asset", "tested_on", "result"]
        ),
        "duty_evidence": pd.DataFrame(
            {"duty": ["patching"], "done_at": [at("2026-10-20 03:00Z")], "by": "Ann", "evidence": "log"}
        ),
        "entitlements": pd.DataFrame(
            {
                "entitlement_id": ["E1"],
                "product": "CAD Studio",
                "metric": "device",
                "quantity": [2],
                "receipt_id": "R1",
            }
        ),
        "installs": pd.DataFrame({"product": "CAD Studio", "device": ["pc-1", "pc-2", "pc-3"]}),
        "purchases": purchases,
        "projects": dated(
            [
                ("PRJ-1", pd.Timestamp("2026-09-30"), "ERP", "in_progress", pd.Timestamp("2026-12-01"), None),
                ("PRJ-1", pd.Timestamp("2026-10-31"), "ERP", "in_progress", None, pd.Timestamp("2026-12-11")),
            ],
            plan,
        ),
    }


REPORTS = {
    "availability": availability,
    "tickets": tickets,
    "requests": requests,
    "capacity": capacity,
    "backups": backups,
    "duties": duties,
    "licences": licences,
    "procurement": procurement,
    "projects": projects,
    "evidence": evidence,
}
#: Every column of names or ids, beside the reports that join by it.
USES = {
    ("outages", "service"): ("availability", "evidence"),
    ("tickets", "priority"): ("tickets", "evidence"),
    ("tickets", "category"): ("requests",),
    ("tickets", "requester"): ("requests",),
    ("ticket_events", "ticket_id"): ("tickets",),
    ("time_entries", "ticket_id"): ("requests", "tickets"),
    ("samples", "resource"): ("capacity", "evidence"),
    ("samples", "metric"): ("capacity",),
    ("backup_jobs", "asset"): ("backups", "evidence"),
    ("restore_tests", "asset"): ("backups",),
    ("duty_evidence", "duty"): ("duties", "evidence"),
    ("entitlements", "product"): ("licences", "evidence"),
    ("installs", "product"): ("licences", "evidence"),
    ("installs", "device"): ("licences",),
    ("entitlements", "receipt_id"): ("licences",),
    ("purchases", "vendor"): ("procurement",),
    ("purchases", "item"): ("procurement", "licences"),
    ("purchases", "order_id"): ("procurement",),
    ("purchases", "document_id"): ("procurement",),
    ("projects", "project_id"): ("projects",),
}


def figures(report: str, told: dict[str, pd.DataFrame]) -> dict[tuple[str, str], tuple]:
    month = MonthOf(START, END, as_contract(AGREED), as_strategy(STRATEGY), told)
    past = [PastOf()] if report == "evidence" else []
    found = REPORTS[report].analyse(month, *past).figures()
    return {
        (one.measure, normal_name(one.subject)): (one.value, one.n, one.target, one.verdict) for one in found
    }  # what nobody agreed is called as one of its rows spells it


@cache
def base(report: str) -> dict[tuple[str, str], tuple]:
    """The figures of a report with every name as it is agreed."""
    return figures(report, tables())


LOOK_LATIN = {"a": "а", "e": "е", "o": "о", "p": "р", "c": "с", "i": "і"}


def respelled(name: str, draw: st.DataObject) -> str:
    """The same name written in another way."""
    ways = [str.upper, str.swapcase, lambda text: f"  {text}\u00a0", lambda text: text.replace(" ", " \t ")]
    ways += [lambda text: "\u200b".join(text), lambda text: text[:1] + "\u00ad" + text[1:] + "\ufeff"]
    ways += [lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)]
    ways += [lambda text: "\u202a" + text + "\u202c", lambda text: text.replace("-", "\u2011")]
    same = [c for c in LOOK_LATIN if c in name]
    latin = [c for c in name if c.isalpha() and c not in same]
    if same and latin:
        letter = draw.draw(st.sampled_from(same))
        word = next(w for w in name.split() if letter in w)
        if any(c.isalpha() and c != letter for c in word):
            ways.append(lambda text: text.replace(word, word.replace(letter, LOOK_LATIN[letter])))
    return draw.draw(st.sampled_from(ways))(name)


@pytest.mark.parametrize(("table", "column"), USES, ids=map(".".join, USES))
@examples(4)
@given(draw=st.data())
def test_how_a_name_is_written_changes_no_figure(table, column, draw):
    told = tables()
    names = told[table][column]
    rows = draw.draw(st.lists(st.booleans(), min_size=min(len(names), 4), max_size=min(len(names), 4)))
    chosen = names.notna() & np.resize(rows, len(names))
    if not chosen.any():
        return  # as it was
    told[table] = told[table].assign(
        **{column: names.where(~chosen, names[chosen].map(lambda name: respelled(name, draw)))}
    )
    for report in USES[table, column]:
        assert figures(report, told) == base(report)


SUBJECTS = [use for use in USES if use[1] in ("service", "priority", "asset", "duty", "product", "resource")]


def slip(name: str, draw: st.DataObject) -> str:
    """A name with one letter left out, doubled, or swapped with the next."""
    places = [i for i in range(len(name) - 1) if name[i].isalpha() and name[i + 1].isalpha()]
    place = draw.draw(st.sampled_from([i for i in places if name[i].lower() != name[i + 1].lower()]))
    swapped = name[:place] + name[place + 1] + name[place] + name[place + 2 :]
    doubled = name[:place] + name[place] + name[place:]
    return draw.draw(st.sampled_from([name[:place] + name[place + 1 :], doubled, swapped]))


@pytest.mark.parametrize(("table", "column"), SUBJECTS, ids=map(".".join, SUBJECTS))
@examples(4)
@given(draw=st.data())
def test_a_slip_of_the_pen_makes_no_subject_met_that_was_not(table, column, draw):
    told = tables()
    subject = draw.draw(st.sampled_from(sorted(told[table][column].unique())))
    told[table] = told[table].assign(**{column: told[table][column].replace(subject, slip(subject, draw))})
    for report in USES[table, column]:
        for key, (_, _, _, verdict) in figures(report, told).items():
            before = base(report).get(key, (None, None, None, "met"))[3]
            assert verdict != "met" or before == "met", key


@examples(8)
@given(draw=st.data())
def test_one_outage_of_several_that_is_misspelt_makes_no_service_met(draw):
    told = tables()
    more = (
        told["outages"]
        .iloc[[0]]
        .assign(started_at=pd.Timestamp("2026-10-20 08:00Z"), ended_at=pd.Timestamp("2026-10-20 08:01Z"))
    )
    told["outages"] = pd.concat([told["outages"], more], ignore_index=True)
    assert figures("availability", told)["availability.ratio", "webshop"][3] == "missed"
    told["outages"].loc[0, "service"] = slip("webshop", draw)
    assert figures("availability", told)["availability.ratio", "webshop"][3] == "no_verdict"


def test_names_that_are_known_to_be_outside_are_not_strange():
    told = {"outages": tables()["outages"].replace("webshop", "webshpo")}
    month = MonthOf(
        START, END, as_contract(AGREED), as_strategy({"outside": {"services": ["WEBSHPO"]}}), told
    )
    assert evidence.analyse(month, PastOf()).names.query("named_by == 'data'").empty
    verdicts = {
        f.subject: f.verdict
        for f in availability.analyse(month).figures()
        if f.measure == "availability.ratio"
    }
    assert verdicts["webshop"] == "met"


def test_what_joins_nothing_is_listed_once_with_its_size_and_the_nearest_name():
    told = tables()
    told["outages"] = told["outages"].replace("webshop", "webshpo")
    told["backup_jobs"] = told["backup_jobs"].replace("shop-02", "tape").assign(result="failed")
    month = MonthOf(START, END, as_contract(AGREED), None, told)
    names = evidence.analyse(month, PastOf()).names
    listed = names[["named_by", "table", "name", "size", "unit", "nearest", "may_mean"]].astype(object)
    assert listed.where(listed.notna(), None).values.tolist() == [
        ["data", "outages", "webshpo", 600.0, "minutes down", "webshop", "webshop"],
        ["data", "backup_jobs", "tape", 9.0, "failed runs", "shop-02", None],
    ]
    figures = [
        f for f in evidence.analyse(month, PastOf()).figures() if f.measure == "evidence.strange_names"
    ]
    assert [(f.subject, f.value, f.verdict, f.why_missing) for f in figures] == [
        ("", 2, None, None),
        ("outages", 1, "no_verdict", "webshpo: 600 minutes down"),
        ("backup_jobs", 1, "no_verdict", "tape: 9 failed runs"),
    ]


def test_a_name_of_the_contract_without_a_row_is_listed_where_each_is_due():
    told = tables()
    told["samples"] = told["samples"].iloc[:0]
    names = evidence.analyse(MonthOf(START, END, as_contract(AGREED), None, told), PastOf()).names
    assert names[["named_by", "kind", "name", "rows"]].values.tolist() == [
        ["contract", "resources", "wan-london", 0]
    ]


def test_a_credit_claimed_under_another_spelling_is_the_same_credit():
    terms = AGREED | {
        "term": {"monthly_fee": 1000},
        "credits": [
            {"measure": "availability.ratio", "subject": "WEBSHOP", "below": 0.999, "credit_ratio": 0.05}
        ],
    }
    missed = pd.DataFrame(
        {"measure": ["availability.ratio"], "subject": "webshop", "value": 0.98, "verdict": "missed"}
    )
    claims = dated(
        [("2026-10", "availability.ratio", "Web\u00adshop", pd.Timestamp("2026-11-03"))],
        ["month", "measure", "subject", "claimed_on"],
    )
    found = contract.credits(missed, None, claims, terms, "2026-10")
    assert found[["subject", "owed", "claimed"]].astype(str).values.tolist() == [
        ["webshop", "50.00", "50.00"]
    ]
