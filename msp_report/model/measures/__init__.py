"""Every measure, declared once by report: `MEASURES["tickets.opened"]`. The files beside this one are read as found."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from msp_report.model.measures.declaration import Measure


def _declared() -> dict[str, Measure]:
    """`report.name` and its declaration, in the order of the files and of what stands in them."""
    reports = sorted(module.name for module in iter_modules(__path__) if module.name != "declaration")
    return {
        f"{report}.{measure.name}": measure
        for report in reports
        for measure in import_module(f"{__name__}.{report}").MEASURES
    }


MEASURES: dict[str, Measure] = _declared()


def unit_of(measure: str) -> str:
    """The unit of a measure; none of one that nobody has declared."""
    return MEASURES[measure].unit if measure in MEASURES else ""
