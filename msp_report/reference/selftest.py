"""docs/selftest.md: every harm, and what the demo's contract makes of each."""

from __future__ import annotations

from msp_report.model.period import Period
from msp_report.selftest import kept
from msp_report.selftest.harms import HARMS
from msp_report.words.numbers import Numbers
from msp_report.workspace import Workspace

#: The month of the demo that is shown.
MONTH = "2026-10"


def document() -> str:
    """The document."""
    return (
        "# Harms, and what a contract makes of them\n\n"
        "`msp-report selftest --client C --month M` puts each of these into a copy of a month and names those that no "
        "page catches and those that no clause pays for (rule 35). Made by `msp-report tables --docs docs`; do not "
        "edit: harms are declared in `msp_report/selftest/harms.py`.\n\n"
        f"{_declared()}\n{_demo()}"
    )


def _declared() -> str:
    show = Numbers()
    rows = "".join(
        f"| {harm.name} | {harm.meaning} | {', '.join(show.number(size, harm.unit) for size in harm.sizes)} |\n"
        for harm in HARMS
    )
    return f"| harm | what is done | how much |\n|---|---|---|\n{rows}"


def _demo() -> str:
    show = Numbers()
    found = kept.newest(Workspace.find(), "demo", Period.parse(MONTH))
    rows = "".join(
        f"| {row.harm} | {show.number(row.harm_size, row.unit)} | {row.caught} of {row.tries} | "
        f"{show.number(row.caught_low, 'ratio')} to {show.number(row.caught_high, 'ratio')} | "
        f"{', '.join(row.shown_by.split())} | {row.paid} of {row.tries} | {row.owed_more:,.0f} | "
        f"{row.held_more:,.0f} | {row.lost_more:,.0f} |\n"
        for row in found.itertuples()
    )
    return (
        f"## The demo's contract, {MONTH}\n\n"
        "Caught: a figure is missed or cannot be judged that was not, or is missed by more, or page one has a line "
        "more; for the last four, nothing is better for the provider without a line on page one. The share of tries "
        "has its 95 % interval. Money is that of the middle try, in the client's currency: credits before the cap, "
        "invoices held back, work lost to outages.\n\n"
        "| harm | how much | caught | share | shown by | a clause pays | more owed | more held | work lost |\n"
        f"|---|---|---|---|---|---|---|---|---|\n{rows}"
    )
