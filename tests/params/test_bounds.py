"""Numbers and days of params have bounds, and whatever lies within them breaks no report."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from months import PastOf

from msp_report.metrics import contract as agreement
from msp_report.params import as_contract, load_contract
from msp_report.params.yaml_text import ParamsError
from msp_report.selftest.asked import REPORTS, analysed
from msp_report.workspace import PROJECT


def plain(value: Any) -> Any:
    """A model's dump as YAML would give it: lists that can be changed."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


DEMO = load_contract(PROJECT / "params" / "demo").model_dump(exclude_unset=True)
#: Where a number or a day stands in a contract, and which reports read it; the first ones broke a report once.
PLACES = {
    "tickets.repeat_days": ("tickets", "requests"),
    "tickets.reopen_days": ("tickets",),
    "accounting.notice_hours": ("availability",),
    "term.monthly_fee": ("contract",),
    "term.starts_on": ("duties", "contract", "vendors"),
    "term.ends_on": ("contract",),
    "term.exit_fee": ("contract",),
    "term.notice_days": ("contract",),
    "term.included_hours": ("contract",),
    "accounting.max_gap_s": ("availability",),
    "accounting.short_outage_s": ("availability",),
    "accounting.maintenance_cap_min": ("availability",),
    "tickets.hourly_rate": ("requests",),
    "services.0.outage_min": ("availability",),
    "services.0.users": ("availability",),
    "services.0.user_hourly_cost": ("availability",),
    "services.0.max_outages": ("availability",),
    "tickets.priorities.P1.response_min": ("tickets",),
    "tickets.priorities.P1.resolution_min": ("tickets",),
    "capacity.0.capacity": ("capacity",),
    "capacity.0.every_s": ("capacity",),
    "capacity.0.warn_ratio": ("capacity",),
    "backups.rpo_hours": ("backups", "duties"),
    "duties.0.every_days": ("duties",),
    "credit_terms.claim_days": ("contract",),
    "credit_terms.repeat_factor": ("contract",),
    "credit_terms.cap_ratio": ("contract",),
    "procurement.price_ratio": ("procurement",),
    "procurement.price_abs": ("procurement",),
    "procurement.quantity_ratio": ("procurement",),
    "procurement.quantity_abs": ("procurement",),
    "procurement.check_ratio": ("procurement",),
    "procurement.quote_over": ("procurement",),
    "procurement.check_over": ("procurement",),
}
BEYOND = [-1, 1e300, 99_999_999_999_999, date(9999, 12, 31), date(1, 1, 1)]


def with_value(place: str, value: Any) -> dict[str, Any]:
    """The demo's contract with one value changed."""
    whole = plain(DEMO)
    *path, last = [int(part) if part.isdigit() else part for part in place.split(".")]
    inner = whole
    for part in path:
        inner = inner.setdefault(part, {}) if isinstance(inner, dict) else inner[part]
    inner[last] = value
    return whole


def within(place: str) -> list[Any]:
    """The least and the most that may stand at a place."""
    found = []
    for values in ([0, 0.001, 1], [10**12, 10**9, 3_155_760_000, 52_596_000, 876_600, 36_525, 31, 1]):
        for value in values:
            try:
                as_contract(with_value(place, value))
            except ParamsError:
                continue
            found.append(value)
            break
    return found or [date(1970, 1, 1), date(2199, 12, 31)]


def stands(case: Any, place: str, value: Any) -> None:
    """The reports that read a value come out, with figures that JSON knows."""
    from dataclasses import replace

    changed = replace(case, agreed=as_contract(with_value(place, value)), _read={}, _silent={})
    for report in PLACES[place]:
        if report == "contract":
            found = agreement.analyse(changed, PastOf())
        else:
            found, _ = analysed(changed, report)
        assert [figure.row() for figure in found.figures()], (place, value)
        assert found.records()


@pytest.mark.parametrize(
    "place", ["accounting.notice_hours", pytest.param("term.starts_on", marks=pytest.mark.thorough)]
)
def test_the_ends_that_once_broke_a_report_break_none(demo_case, place):
    for value in within(place):
        stands(demo_case("2026-10"), place, value)


@pytest.mark.thorough
@pytest.mark.parametrize("place", PLACES)
def test_no_end_of_what_may_be_written_breaks_a_report(demo_case, place, tried):
    tried("ends of what params may hold", len(list(within(place))))
    for value in within(place):
        stands(demo_case("2026-10"), place, value)


@pytest.mark.parametrize("place", PLACES)
def test_what_lies_beyond_is_refused_with_its_key(place, tried):
    tried("values of params beyond their bounds", len(BEYOND))
    for value in BEYOND:
        with pytest.raises(ParamsError) as told:
            as_contract(with_value(place, value))
        assert place.rpartition(".")[2] in str(told.value), str(told.value)


def test_every_report_is_there_to_be_asked():
    assert {name for names in PLACES.values() for name in names} <= {*REPORTS, "contract"}
