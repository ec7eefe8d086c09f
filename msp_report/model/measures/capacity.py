"""The measures of the report capacity."""

from msp_report.model.measures.declaration import Measure

MEASURES = (
    Measure(
        "utilisation",
        "Share in use",
        of="Share of {} in use",
        unit="ratio",
        better="lower",
        rule="rule 22",
        meaning="",
        no_data="",
    ),
    Measure(
        "days_to_limit",
        "Days until full",
        of="Days until {} is full",
        unit="days",
        better="higher",
        rule="rule 23",
        meaning="",
        no_data="",
    ),
)
