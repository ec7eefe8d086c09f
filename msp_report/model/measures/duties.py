"""The measures of the report duties."""

from msp_report.model.measures.declaration import Measure

MEASURES = (
    Measure(
        "kept_ratio",
        "Duties proved when due",
        of="Duty “{}” proved when due",
        unit="ratio",
        better="higher",
        rule="rule 31",
        meaning=(
            "The share of the times at which a standard duty was due that are proved; a proof counts "
            "from half an interval before."
        ),
        no_data="No proofs of duties were supplied.",
        promise=True,
        rows="times",
        shown="Standard duties of the month",
    ),
    Measure(
        "attained_days",
        "Longest time without proof",
        of="Longest time without proof of {}",
        unit="days",
        better="lower",
        rule="rule 31",
        meaning=(
            "The longest time in the month without a proof of a duty, from the last proof before it; "
            "without any, the month itself."
        ),
        no_data="No proofs of duties were supplied.",
    ),
    Measure(
        "missed",
        "Standard duties not kept",
        of="Duties of {} not kept",
        unit="count",
        better="lower",
        rule="rule 31",
        meaning="How many standard duties missed any of the times at which they were due.",
        no_data="No proofs of duties were supplied, or no duties are agreed.",
    ),
)
