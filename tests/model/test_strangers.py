"""The names that join nothing, as `check` tells of them."""

from __future__ import annotations

import pandas as pd
from months import MonthOf

from msp_report.model.strangers import COLUMNS, sentences, strangers
from msp_report.params import as_contract, as_strategy

START, END = pd.Timestamp("2026-10-01", tz="UTC"), pd.Timestamp("2026-11-01", tz="UTC")


def listed(contract, tables, outside=None):
    month = MonthOf(START, END, as_contract(contract), as_strategy({"outside": outside or {}}), tables)
    return strangers(month, month.agreed, month.strategy.outside)


def outages(*names):
    at = pd.Timestamp("2026-10-10 08:00Z")
    return pd.DataFrame(
        {"service": names, "started_at": at, "ended_at": at + pd.Timedelta(hours=1), "state": "down"}
    )


def test_where_nothing_of_a_kind_is_agreed_no_name_is_strange():
    found = listed({}, {"outages": outages("mail")})
    assert found.empty and list(found) == COLUMNS
    assert sentences(found) == []


def test_check_names_the_first_five_and_counts_the_others():
    names = ["crm", "intranet", "wiki", "files", "phones", "printing"]
    agreed = {"services": [{"name": "mail"}]}
    assert sentences(listed(agreed, {"outages": outages("Mail", *names)})) == [
        "outages: services that nobody agreed: crm (nearest: mail), files (nearest: mail), intranet (nearest: mail), "
        "phones (nearest: mail), printing (nearest: mail) and 1 more"
    ]


def test_what_is_known_to_be_outside_is_not_strange():
    agreed = {"services": [{"name": "mail"}]}
    assert listed(agreed, {"outages": outages("Intra\u00adnet")}, {"services": ["intranet"]}).empty


def test_rows_of_another_month_are_not_asked():
    agreed = {"services": [{"name": "mail"}]}
    old = outages("wiki").assign(
        started_at=pd.Timestamp("2026-09-10 08:00Z"), ended_at=pd.Timestamp("2026-09-10 09:00Z")
    )
    assert listed(agreed, {"outages": old}).empty


def test_an_asset_in_a_folder_or_a_domain_is_no_stranger():
    register = pd.DataFrame({"asset": ["db-01"], "kind": "vm"})
    jobs = pd.DataFrame(
        {
            "asset": ["site/DB-01.acme.example"],
            "job": "nightly",
            "started_at": [pd.Timestamp("2026-10-10 08:00Z")],
            "result": "failed",
        }
    )
    assert listed({}, {"assets": register, "backup_jobs": jobs}).empty
