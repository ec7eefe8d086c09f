"""What was agreed, what the board wants and where the exports lie: validated, frozen, one file a YAML."""

from __future__ import annotations

from typing import Any

from msp_report.params.contract import (
    NOTICE_DAYS,
    Accounting,
    Calendar,
    Contract,
    Service,
    as_contract,
    load_contract,
)
from msp_report.params.findings import Findings, Severity, load_findings
from msp_report.params.sources import Source, Sources, load_sources
from msp_report.params.strategy import Audit, ScorecardLine, Strategy, as_strategy, load_strategy
from msp_report.params.yaml_text import ParamsError

__all__ = [
    "NOTICE_DAYS",
    "Accounting",
    "Audit",
    "Calendar",
    "Contract",
    "Findings",
    "ParamsError",
    "ScorecardLine",
    "Service",
    "Severity",
    "Source",
    "Sources",
    "Strategy",
    "as_contract",
    "as_strategy",
    "load_contract",
    "load_findings",
    "load_sources",
    "load_strategy",
    "schemas",
]


def schemas() -> dict[str, dict[str, Any]]:
    """JSON schemas of the params files, for editors that complete and check YAML while typing."""
    return {
        name: model.model_json_schema()
        for name, model in (
            ("contract", Contract),
            ("strategy", Strategy),
            ("findings", Findings),
            ("sources", Sources),
        )
    }
