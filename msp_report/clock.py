"""The clock of rule 2, under the name that forked notebooks and outsiders know."""

from msp_report.model.clock import Clock

__all__ = ["Clock"]
