"""The measures of the report duties."""

from msp_report.model.measures.declaration import Measure

MEASURES = (
    Measure(
        "kept_ratio",
        "Duties proved when due",
        of="{} proved when due",
        unit="ratio",
        better="higher",
        rule="rule 31",
        meaning="",
        no_data="",
    ),
    Measure(
        "attained_days",
        "Longest time without proof",
        of="Longest time without proof of {}",
        unit="days",
        better="lower",
        rule="rule 31",
        meaning="",
        no_data="",
    ),
    Measure(
        "missed",
        "Standard duties not kept",
        of="Duties of {} not kept",
        unit="count",
        better="lower",
        rule="rule 31",
        meaning="",
        no_data="",
    ),
)
