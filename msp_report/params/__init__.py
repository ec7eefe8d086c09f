"""What was agreed, what the board wants and where the exports lie: validated, frozen, one file a YAML.

Its names are looked up when they are asked for, so that the process in which files are read has the keys of a profile
(params/layout) without all that a contract stands on.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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


_ROOMS = ("yaml_text", "sources", "contract", "strategy", "findings")


def __getattr__(name: str) -> Any:
    for room in _ROOMS if name in __all__ else ():
        found = vars(import_module(f"{__name__}.{room}"))
        if name in found:
            return found[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def schemas() -> dict[str, dict[str, Any]]:
    """JSON schemas of the params files, for editors that complete and check YAML while typing."""
    from msp_report.params import contract, findings, sources, strategy

    return {
        name: model.model_json_schema()
        for name, model in (
            ("contract", contract.Contract),
            ("strategy", strategy.Strategy),
            ("findings", findings.Findings),
            ("sources", sources.Sources),
        )
    }
