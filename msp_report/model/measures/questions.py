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
        meaning="How many questions the consultant has graded for this period.",
        no_data="There is always one.",
    ),
    Measure(
        "ungraded",
        "Questions that nobody graded",
        of="Questions on {} that nobody graded",
        unit="count",
        better="lower",
        rule="findings.yaml",
        meaning="How many questions nobody has graded for this period; that does not make them in order.",
        no_data="There is always one.",
    ),
    Measure(
        "open_findings",
        "Open findings",
        of="Open findings: {}",
        unit="count",
        better="lower",
        rule="findings.yaml",
        meaning="How many graded questions are not in order; only the severity none is.",
        no_data="Nobody has graded a question.",
    ),
    Measure(
        "answered",
        "Findings that the management has answered",
        of="Findings on {} answered",
        unit="count",
        better="higher",
        rule="findings.yaml",
        meaning="How many open findings the management has answered in writing.",
        no_data="Nobody has graded a question.",
    ),
)
