"""Is there an independent opinion on the provider, and does a random sample bear out what its exports say?

Two things: the register of third-party opinions (`opinions`), and the audit sample of a year (`audit`).
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from msp_report.metrics.competence import audit, opinions
from msp_report.model.case import Case
from msp_report.model.figures import Figure, Verdict
from msp_report.params import as_contract, as_strategy


@dataclass(frozen=True)
class Analysis:
    """Everything about competence in a period: frames of the functions of these names, `answers` and `refused` those
    of audit.Answers, and whether there was a register of opinions."""

    opinions: pd.DataFrame
    unassessed: pd.DataFrame
    strata: pd.DataFrame
    sample: pd.DataFrame
    answers: pd.DataFrame
    refused: pd.DataFrame
    results: pd.DataFrame
    scoped: bool
    supplied: bool

    @property
    def failed(self) -> pd.DataFrame:
        """The answers that did not pass."""
        return self.answers[self.answers["finding"].isin(audit.ANSWERS[1:])]

    @property
    def shares(self) -> pd.DataFrame:
        """The results with a `name` that a page can show."""
        return self.results.assign(name=self.results["kind"].map(audit.KINDS).fillna("All together"))

    def figures(self) -> list[Figure]:
        """competence.standing (subjects with an opinion that is independent and has not run out; missed where there
        is none), .expired and .not_independent [subjects, verdict], .unassessed [functions, verdict], .days_overdue by
        subject that has run out; .audit_passed [ratio with its interval; coverage the share of the sample that was
        filled in] in all and by kind. A missing value says why. None has a target: they are the client's own affairs.
        """
        return [*self._of_opinions(), *self._of_audit()]

    def _of_opinions(self) -> list[Figure]:
        why = None if self.supplied else "no register of third-party opinions was supplied"
        unscoped = None if self.scoped else "the contract names no scope"
        some = why or (None if len(self.opinions) else "there is no opinion")
        free, expired = self.opinions["independent"].astype(bool), self.opinions["expired"].astype(bool)
        standing, bound, late = int((free & ~expired).sum()), int((~free).sum()), self.opinions[expired]
        counts = [
            ("standing", standing, not standing, why),
            ("expired", len(late), len(late) > 0, some),
            ("not_independent", bound, bound > 0, some),
            ("unassessed", len(self.unassessed), len(self.unassessed) > 0, why or unscoped),
        ]
        each = zip(late["subject"], late["days_overdue"], strict=True)
        return [
            *(_affair(name, value, len(self.opinions), bad, why) for name, value, bad, why in counts),
            *(
                Figure(measure="competence.days_overdue", subject=subject, value=int(days))
                for subject, days in each
            ),
        ]

    def _of_audit(self) -> list[Figure]:
        return [
            Figure(
                measure="competence.audit_passed",
                subject=row["kind"],
                value=row["share"],
                n=row["filled"],
                low=row["low"],
                high=row["high"],
                coverage=row["filled"] / row["sample"] if row["sample"] else None,
                why_missing=row["why"],
            )
            for row in self.results[::-1].to_dict("records")
        ]

    def records(self) -> dict[str, pd.DataFrame]:
        """The frames that go beside the page; `sample` is a sheet to fill in."""
        names = ("opinions", "unassessed", "strata", "sample", "answers", "refused", "results")
        return {name: getattr(self, name) for name in names}


def analyse(case: Case, sheet: pd.DataFrame | None) -> Analysis:
    """Everything about competence in a period; reads assessments and what audit.drawable does.

    `sheet` is the filled sheet of the audit sample as audit.answers takes it, None where there is none.
    """
    asked, zone = as_strategy(case.strategy).audit, as_contract(case.agreed).client.timezone
    assessed, population = case.table("assessments"), audit.drawable(case)
    found = opinions.opinions(assessed, case.end, zone, case.agreed)
    drawn = audit.sample(population, asked, case.client, case.period)
    filled, sizes = audit.answers(drawn, sheet), audit.strata(population, asked)
    return Analysis(
        opinions=found,
        unassessed=opinions.unassessed(found, case.agreed, case.end),
        strata=sizes,
        sample=drawn,
        answers=filled.rows,
        refused=filled.refused,
        results=audit.results(filled, sizes, asked.confidence_ratio),
        supplied=assessed is not None,
        scoped=any(
            one.role != "none" for one in as_contract(case.agreed).on(case.period.last.first_on).scope
        ),
    )


def _affair(name: str, value: int, n: int, bad: bool, why: str | None) -> Figure:
    """A count of the client's own affairs, judged without a target."""
    verdict: Verdict = "no_data" if why else "missed" if bad else "met"
    return Figure(
        measure=f"competence.{name}", value=None if why else value, n=n, verdict=verdict, why_missing=why
    )
