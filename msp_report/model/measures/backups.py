"""The measures of the report backups."""

from msp_report.model.measures.declaration import Measure

MEASURES = (
    Measure(
        "within_rpo_ratio",
        "Backups made of those due",
        of="Backups of {} made of those due",
        unit="ratio",
        better="higher",
        rule="rule 31",
        meaning="",
        no_data="",
    ),
    Measure(
        "worst_gap_hours",
        "Longest time without a backup",
        of="Longest time without a backup of {}",
        unit="hours",
        better="lower",
        rule="rule 31",
        meaning="",
        no_data="",
    ),
    Measure(
        "unprotected",
        "Assets that need a backup and have none",
        of="Unprotected assets of {}",
        unit="count",
        better="lower",
        rule="rule 31",
        meaning="",
        no_data="",
    ),
    Measure(
        "missed",
        "Assets saved too seldom",
        of="Assets of {} saved too seldom",
        unit="count",
        better="lower",
        rule="rule 31",
        meaning="",
        no_data="",
    ),
    Measure(
        "never_proven",
        "Assets never proved restorable",
        of="Assets of {} never proved restorable",
        unit="count",
        better="lower",
        rule="rule 31",
        meaning="",
        no_data="",
    ),
)
