"""findings.yaml: what the consultant found on each question of a year."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator
from pydantic import model_validator as check

from msp_report.model.period import Period
from msp_report.params.fields import Day, Name, Params
from msp_report.params.yaml_text import load


def _period(text: str) -> str:
    return str(Period.parse(text))


Severity = Literal["none", "low", "medium", "high", "critical"]


class Finding(Params):
    """What the consultant found on one question in one period, and what the provider says to it."""

    period: Annotated[str, AfterValidator(_period)]
    """The period that was judged: "2026" or "2025-07..2026-06"."""
    question: Name
    """Id of one of the questions."""
    finding: Name
    """What was found, in words."""
    severity: Severity
    """none (in order), low, medium, high or critical."""
    evidence: str | None = None
    """What shows it."""
    recommendation: str | None = None
    """What should be done."""
    management_response: str | None = None
    """What the management answers."""
    graded_by: Name
    """Who graded it."""
    graded_on: Day
    """When."""


class Findings(Params):
    """The consultant's grades of every period, one a question."""

    findings: tuple[Finding, ...] = ()
    """One entry a question and period; those of earlier periods stay."""

    @check(mode="after")
    def _once(self) -> Findings:
        seen: set[tuple[str, str]] = set()
        for one in self.findings:
            if (one.period, one.question) in seen:
                raise ValueError(f"findings: {one.question!r} is graded twice for {one.period}: keep one")
            seen.add((one.period, one.question))
        return self


def load_findings(folder: Path) -> Findings:
    """params/<client>/findings.yaml; an absent file means that nothing was graded. Raises ParamsError."""
    return load(Findings, folder / "findings.yaml", required=False)
