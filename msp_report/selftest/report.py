"""The test of a month as it is told on the command line, and kept for the year's negotiation sheet."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from tqdm import tqdm

from msp_report.case import Case
from msp_report.selftest import kept, run
from msp_report.selftest.harms import HARMS


@dataclass(frozen=True)
class Told:
    """What is printed: a `table`, `findings` under it, and the evidence left out that `passed` in silence."""

    table: str
    findings: list[str]
    passed: list[str]


def test(case: Case, tries: int = run.TRIES) -> Told:
    """Test a month, keep what came of it beside the client's params, and say it.

    Raises what run.run raises, and OSError where the params cannot be written to.
    """
    total = tries * sum(len(harm.sizes) for harm in HARMS)
    with tqdm(
        total=total, desc=f"{case.client} {case.period}", unit="harm", leave=False, disable=None
    ) as bar:

        def tick(harm: str) -> None:
            bar.set_postfix_str(harm, refresh=False)
            bar.update()

        outcome = run.run(case, tries, tick)
    summed, path = run.summed(outcome.tried), kept.place(case.workspace, case.client, case.period.last)
    kept.write(summed, path)
    hidden = [f"{row.harm} ({row.subject}): {row.shown_by}" for row in outcome.passed.itertuples()]
    return Told(
        table=_table(summed),
        findings=[*_findings(summed, outcome.idle), f"kept for the year's negotiation sheet in {path}"],
        passed=[f"{one} is better for it, and page one names nothing" for one in hidden],
    )


def _table(summed: pd.DataFrame) -> str:
    """The tries as plain text, one line per harm and size."""
    caught = summed["caught"].astype("str") + " of " + summed["tries"].astype("str")
    shown = pd.DataFrame(
        {
            "harm": summed["harm"],
            "size": [
                f"{size:g} {unit}" for size, unit in zip(summed["harm_size"], summed["unit"], strict=True)
            ],
            "caught": caught,
            "by": summed["shown_by"],
            "a clause pays": summed["paid"].astype("str") + " of " + summed["tries"].astype("str"),
            "more owed": summed["owed_more"].map("{:,.0f}".format),
            "more held": summed["held_more"].map("{:,.0f}".format),
            "work lost": summed["lost_more"].map("{:,.0f}".format),
        }
    )
    return shown.to_string(index=False)


def _findings(summed: pd.DataFrame, idle: list[str]) -> list[str]:
    """The harms that nothing catches, that nothing pays for, and that could not be tried."""
    rows = summed[~summed["hides"]]
    sums = rows.groupby("harm", sort=False)[["caught", "paid", "capped"]].sum()
    lists = {
        "no page catches": sums.index[sums["caught"].eq(0)],
        "no clause pays for": sums.index[sums["paid"].eq(0)],
        "a clause would pay for, and the month's cap is reached": sums.index[sums["capped"].gt(0)],
        "the month has nothing to try on": pd.Index(idle),
    }
    return [f"{what}: {', '.join(names)}" for what, names in lists.items() if len(names)]
