"""The provider's own figures beside ours: gaps by decimals, causes in their order, money by the tiers that change."""

from decimal import Decimal

import pandas as pd
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from months import MonthOf, PastOf, figures_of

from msp_report.metrics import evidence
from msp_report.metrics.evidence import claims
from msp_report.model.figures import Figure

START, END = (pd.Timestamp(at, tz="UTC") for at in ("2026-10-01", "2026-11-01"))
AGREED = {
    "client": {"name": "Acme", "timezone": "UTC", "currency": "GBP"},
    "provider": {"name": "MSP"},
    "term": {"monthly_fee": 10000},
    "credits": [
        {"measure": "availability.ratio", "below": 0.999, "credit_ratio": 0.05},
        {"measure": "availability.ratio", "below": 0.99, "credit_ratio": 0.15},
    ],
}


def claim(measure, subject, value, unit="ratio", decimals=None, month="2026-10"):
    return (measure, subject, month, value, unit, decimals, "page 2")


def table(*rows):
    columns = ["measure", "subject", "month", "value", "unit", "decimals", "stated_in"]
    return pd.DataFrame(rows, columns=columns).astype({"decimals": "Int64", "value": "float64"})


def ratio(subject, value, verdict="missed", **more):
    return Figure(
        measure="availability.ratio", subject=subject, value=value, target=0.999, verdict=verdict, **more
    )


def analysed(rows, *figures, rules=(), before=()):
    readings = pd.DataFrame(rules, columns=["service", "rule", "availability_ratio"])
    past = PastOf(
        figures=figures_of(*figures),
        before=figures_of(*before).assign(month="2026-09"),
        records={("availability", "rules"): readings},
    )
    tables = {"claims": table(*rows)} if rows is not None else {}
    return evidence.analyse(MonthOf(START, END, AGREED, tables=tables), past)


def test_each_cause_in_its_order():
    found = analysed(
        [
            claim("availability.ratio", "web", 1.0, decimals=4),
            claim("availability.ratio", "vpn", 0.995, decimals=3),
            claim("availability.ratio", "erp", 0.9975, decimals=4),
            claim("availability.ratio", "mail", 0.9971, decimals=4),
        ],
        ratio("web", 0.98),
        ratio("vpn", 0.97, low=0.96, high=0.996),
        ratio("erp", 0.96, low=0.95, high=1.0),
        ratio("mail", 0.99712),
        rules=[("erp", "maintenance=up", 0.99752), ("web", "maintenance=up", 0.9991)],
    )
    rows = found.claims.set_index("subject")
    assert rows["cause"].to_dict() | {"mail": None} == {
        "web": "error",
        "vpn": "data",
        "erp": "rule",
        "mail": None,
    }
    assert rows["money"].to_dict() == {
        "web": Decimal("1500.00"), "vpn": Decimal("1000.00"), "erp": Decimal("1000.00"), "mail": Decimal(0),
    }  # fmt: skip
    assert list(rows.index) == ["web", "erp", "vpn", "mail"], "gaps first, the dearest first, then the widest"
    assert rows.loc["mail", "gap"] == 0 and rows.loc["web", "gap"] == pytest.approx(0.02)
    figures = {f.measure: f for f in found.figures() if not f.subject}
    assert (figures["evidence.claims_gap"].value, figures["evidence.claims_gap"].n) == (3, 4)
    assert figures["evidence.claims_money"].value == 3500


@pytest.mark.parametrize(
    ("stated", "unit", "decimals", "is_gap"),
    [
        (99.5, "%", 1, False),  # 0.9952 is 99.5 to a decimal
        (99.5, "%", 2, True),
        (99.5, "percent", None, False),  # as written
        (99.5, "Per cent", 1, False),
        (0.995, "ratio", 3, False),
        (1, "ratio", 0, False),
        (1.0, "ratio", None, True),  # a whole share has only lost its noughts
        (100, "%", 0, False),
        (100, "%", None, True),
    ],
)
def test_a_gap_is_beyond_the_decimals_stated(stated, unit, decimals, is_gap):
    found = analysed([claim("availability.ratio", "web", stated, unit, decimals)], ratio("web", 0.9952))
    assert len(found.gaps) == is_gap


def test_what_cannot_be_compared_is_listed_and_no_gap():
    found = analysed(
        [claim("availability.ratio", "gone", 1.0), claim("availability.ratio", "web", 3, "tickets per user"),
         claim("contract.credit_owed", "", 5, "cost"), claim("availability.ratio", "dark", 1.0)],
        ratio("web", 0.99), Figure(measure="contract.credit_owed", value=9),
        Figure(measure="availability.ratio", subject="dark", verdict="no_data", why_missing="no checks"),
    )  # fmt: skip
    assert found.claims["recomputed"].isna().all() and found.gaps.empty and len(found.claims) == 4
    assert {f.measure: f.n for f in found.figures() if not f.subject}["evidence.claims_gap"] == 0


def test_other_months_and_earlier_statements_do_not_count():
    rows = [claim("availability.ratio", "web", 1.0, month="2026-09"),
            claim("availability.ratio", "web", 1.0, decimals=2),
            claim("availability.ratio", "web", 0.98, decimals=2)]  # fmt: skip
    assert analysed(rows, ratio("web", 0.98)).claims["claimed"].tolist() == [0.98], "the last one stands"


def test_without_claims_nothing_is_said_to_agree():
    found = analysed(None, ratio("web", 0.98))
    said = {f.measure: f for f in found.figures() if not f.subject}
    assert said["evidence.claims_gap"].value is None and said["evidence.claims_money"].value is None


def test_a_month_missed_before_doubles_what_hangs_on_it():
    agreed = AGREED | {"credit_terms": {"repeat_factor": 2}}
    past = PastOf(
        figures=figures_of(ratio("web", 0.98)), before=figures_of(ratio("web", 0.9)).assign(month="2026-09")
    )
    month = MonthOf(START, END, agreed, tables={"claims": table(claim("availability.ratio", "web", 1.0))})
    assert evidence.analyse(month, past).claims["money"].tolist() == [Decimal("3000.00")]


@examples()
@given(st.floats(0, 1), st.integers(1, 5), st.sampled_from(["ratio", "%"]))
def test_what_was_found_and_rounded_is_never_a_gap(value, decimals, unit):
    shown = round(value * 100, decimals) if unit == "%" else round(value, decimals)
    rows = claims.stated(table(claim("availability.ratio", "web", shown, unit, decimals)), "2026-10")
    told = claims.in_units(rows, figures_of(ratio("web", value)))
    assert (told["claimed"] - told["recomputed"]).abs().le(1e-9 + told["half"]).all()
