"""The measures of the report questions."""

from msp_report.model.measures.declaration import Measure

MEASURES = (
    Measure(
        "graded",
        "Questions graded",
        of="Questions on {} graded",
        unit="count",
        better="higher",
        rule="findings.yaml",
        meaning="",
        no_data="",
    ),
    Measure(
        "ungraded",
        "Questions that nobody graded",
        of="Questions on {} that nobody graded",
        unit="count",
        better="lower",
        rule="findings.yaml",
        meaning="",
        no_data="",
    ),
    Measure(
        "open_findings",
        "Open findings",
        of="Open findings: {}",
        unit="count",
        better="lower",
        rule="findings.yaml",
        meaning="",
        no_data="",
    ),
    Measure(
        "answered",
        "Findings that the management has answered",
        of="Findings on {} answered",
        unit="count",
        better="higher",
        rule="findings.yaml",
        meaning="",
        no_data="",
    ),
)
