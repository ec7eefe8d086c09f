"""The demo company's planted faults over a year: each miss, credit, late project and the amendment in its month.

As in test_planted, from exports; availability stands for all promises, as computing every page of thirteen months would
take minutes.
"""

import pandas as pd
import pytest

from msp_report.case import open_case
from msp_report.metrics import availability, projects, signals, year
from msp_report.metrics.availability.between import between
from msp_report.metrics.availability.month import ServiceMonth
from msp_report.metrics.contract import year as contract_year
from msp_report.metrics.projects import year as projects_year
from msp_report.model.figures import COLUMNS
from msp_report.model.period import Month, Period

PERIOD = Period.parse("2025-11..2026-10")
MONTHS = [str(month) for month in PERIOD.months]


@pytest.fixture(scope="module")
def case(demo_place):
    return open_case("demo", "2026-10", demo_place)


@pytest.fixture(scope="module")
def figures(case) -> pd.DataFrame:
    """The figures of availability of every month, and of the month before the first."""
    outages, checks = case.table("outages"), case.table("checks")
    rows = []
    for month in [Month(2025, 10), *PERIOD.months]:
        bounds = Period(month, month).bounds(case.timezone)
        levels = availability.service_levels(outages, checks, case.agreed, *bounds)
        rows += [{"month": str(month), **figure.row()} for figure in availability.figures_of(levels)]
    return pd.DataFrame(rows, columns=["month", *COLUMNS])


@pytest.fixture(scope="module")
def of_year(figures) -> pd.DataFrame:
    return figures[figures["month"].isin(MONTHS)]


@pytest.fixture(scope="module")
def months() -> pd.DataFrame:
    columns = {"month": MONTHS, "published": True, "to_date": False, "why_missing": None}
    return pd.DataFrame(columns)


@pytest.fixture(scope="module")
def verdicts(of_year, months) -> pd.DataFrame:
    table = year.verdicts(of_year, months)
    return table[table["measure"] == "availability.ratio"].set_index("subject")


def test_every_miss_stands_in_its_month_and_no_other(verdicts, truth):
    planted = {
        (entry["subject"], month, entry["verdict"])
        for month in MONTHS
        for entry in truth[month]["availability"]
        if entry.get("verdict") in ("missed", "no_verdict")
    }
    cells = verdicts[MONTHS].stack()
    found = {(*place, verdict) for place, verdict in cells.items() if verdict in ("missed", "no_verdict")}
    assert found == planted and len(planted) > 5
    clean = set(verdicts.index) - {subject for subject, _, _ in planted}
    assert set(verdicts.loc[list(clean), "year"]) == {"met"}


def test_the_amended_target_changes_once_and_that_figure_leaves_its_usual_course(case, of_year, months):
    changes = year.changes(of_year, case.agreed, PERIOD)
    targets = changes[changes["kind"] == "target"]
    assert targets[["month", "subject", "from_value", "to_value"]].to_numpy().tolist() == [
        ["2026-07", "webshop", 0.999, 0.9995]
    ]
    assert changes.loc[changes["kind"] == "amendment", "clause"].tolist() == ["4.1a"]
    assert changes.loc[changes["kind"] == "rebase", "note"].tolist() == ["the Leeds office joined"]


def test_the_planted_outages_are_signals_for_the_worse(case, of_year, months, verdicts, is_demo):
    ratios = of_year[of_year["measure"] == "availability.ratio"]
    points = signals.points(ratios, case.agreed)
    strange = points["subject"].eq("intranet")  # a name that nobody agreed, in one month
    assert set(points.loc[strange, "n"]) == {1}
    points = points[~strange]
    assert set(points["n"]) == {12} and not points["trial"].any()
    held = signals.signals(points, verdicts.reset_index())
    outside = held[held["rule"].eq("outside") & held["side"].eq("worse")]
    found = set(zip(outside["subject"], outside["month"], strict=True))
    assert {
        ("email", "2025-12"),
        ("webshop", "2026-06"),
        ("telephony", "2026-06"),
        *(
            [("vpn", "2026-10")] if is_demo else []
        ),  # chance may have given another company worse months of vpn
    } <= found
    # October is erp's lowest month; whether it is under the limits of the eleven before it, chance says
    assert {place for place in found if place[0] in ("erp", "fileshare")} <= {("erp", "2026-10")}


#: Of October 2026, by hand: erp, vpn and telephony have their lowest month (the limits of the first twelve are 99.78,
#: 99.85 and 99.81 %); webshop, at 99.66 %, is near its lower limit of 99.66 % for the second time in three months, and
#: its target of 99.95 % lies within its range; email keeps to its range, whose lower end of 99.89987 % is just under
#: its target of 99.9 %; fileshare mostly stands at 100 %, which makes no range.
OCTOBER = {
    "webshop": ("worse than usual", "hit or miss"),
    "email": ("as usual", "hit or miss"),
    "erp": ("worse than usual", "usually met"),
    "vpn": ("worse than usual", "usually met"),
    "telephony": ("worse than usual", "usually met"),
    "fileshare": (None, None),
}


def marked(figures, month, contract) -> pd.DataFrame:
    """The availability of each service in a month by its marks, as that month's page one has them."""
    ratios = figures[figures["measure"].eq("availability.ratio") & figures["month"].le(month)]
    asked = ratios[ratios["month"].eq(month)].reset_index(drop=True)
    return signals.marks(asked, signals.points(ratios, contract), month).set_index("subject")


def test_the_marks_of_october(case, figures, is_demo):
    if not is_demo:
        pytest.skip("the marks are worked by hand for the demo company alone")
    rows = marked(figures, "2026-10", case.agreed)
    found = rows[["variation", "assurance"]].astype(object)
    assert found.where(found.notna(), None).apply(tuple, axis=1).to_dict() == OCTOBER
    assert rows.loc["fileshare", "why"] == "more than half of the months are equal"
    vpn = figures[figures["measure"].eq("availability.ratio") & figures["subject"].eq("vpn")]
    values = vpn.sort_values("month")["value"].astype(float)
    ranges = values[:12].diff().abs().dropna()
    usual = ranges[ranges <= 3.267 * ranges.mean()]
    assert rows.loc["vpn", "usual_low"] == pytest.approx(values[:12].mean() - 2.66 * usual.mean())


@pytest.mark.parametrize(
    ("subject", "month"),
    [("webshop", "2026-06"), ("telephony", "2026-06"), ("vpn", "2026-10"), ("erp", "2026-10")],
)
def test_a_planted_outage_is_worse_than_usual_on_the_page_of_its_month(
    case, figures, subject, month, is_demo
):
    if subject == "erp" and not is_demo:
        pytest.skip("in another company chance may have made worse months of erp's")
    assert marked(figures, month, case.agreed).loc[subject, "variation"] == "worse than usual"


def test_the_days_between_outages_are_of_the_outages_that_the_months_count(case, figures, is_demo):
    """But for telephony's over the midnight of 30 September, which counts in two months and is one."""
    counted = figures[figures["measure"].eq("availability.outages")].groupby("subject")["value"].sum()
    counted = counted[counted.gt(0)].drop("intranet")  # a name that nobody agreed
    counted["telephony"] -= 1
    found = between(case, ServiceMonth.of_case(case)).set_index("service")
    assert found["since"].eq("2025-10").all()
    assert found["outages"].astype(float).to_dict() == counted.to_dict()
    assert found["n"].eq(found["outages"] - 1).all()
    assert found["variation"].eq("as usual").all() or not is_demo


def test_every_credit_and_what_became_of_it(case, figures, truth):
    found = contract_year.credits(figures, case.table("credits"), case.agreed, PERIOD, Month(2026, 10))
    planted = {
        (month, entry["subject"]): entry["owed"]
        for month in MONTHS
        for entry in truth[month]["contract"]
        if entry["fault"] == "credit_owed" and entry["measure"] == "availability.ratio"
    }
    rows = found[found["measure"].eq("availability.ratio") & found["owed"].gt(0)].set_index(
        ["month", "subject"]
    )
    assert rows["owed"].astype(float).to_dict() == planted
    last = truth["2026-10"]["contract"]
    for fault, state in (("credit_unclaimed", "open"), ("credit_expired", "expired")):
        entries = [(e["missed_in"], e["subject"]) for e in last if e["fault"] == fault]
        assert entries and set(rows.loc[entries, "state"]) == {state}
    # June's two credits come to more than the cap, and were granted up to it
    columns = {"month": MONTHS, "published": True, "to_date": False, "why_missing": None}
    money = contract_year.money(found, figures, pd.DataFrame(columns), case.agreed).set_index("month")
    capped = next(entry for entry in truth["2026-06"]["contract"] if entry["fault"] == "capped")
    assert money.loc["2026-06", "owed"] == capped["owed"] == money.loc["2026-06", "credited"]
    assert (money["owed"] == money["credited"] + money["left"] + money["lost"]).all()
    assert money["lost"].astype(bool).pipe(lambda lost: lost.index[lost]).tolist() == ["2025-12"]


def test_every_late_project_over_its_life(case, truth):
    reports = case.table("projects")
    lives = projects_year.lives(reports, case.table("decisions"), PERIOD).set_index("project_id")
    planted = [entry for entry in truth["2026-10"]["projects"] if entry["fault"] == "late"]
    late = lives[lives["slip_days"] > 0]
    assert set(late.index) >= {entry["subject"] for entry in planted} and planted
    for entry in planted:
        row = late.loc[entry["subject"]]
        assert (row["slip_days"], row["cost_variance"]) == (entry["slip_days"], entry["cost_variance"])
    changes = projects.changes(reports, PERIOD.last.end_on, since=PERIOD.first.first_on)
    assert (
        changes.groupby("project_id").size().reindex(lives.index).fillna(0).eq(lives["changes_in_year"]).all()
    )
