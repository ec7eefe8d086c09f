"""The measures of the report sources."""

from msp_report.model.measures.declaration import Measure

MEASURES = (
    Measure(
        "accepted",
        "Rows accepted",
        unit="count",
        rule="rule 40",
        meaning="How many rows of the month's exports were accepted; n is the number of files.",
        no_data="No file came.",
    ),
    Measure(
        "rejected_ratio",
        "Rows rejected",
        unit="ratio",
        better="lower",
        rule="rule 40",
        meaning="The share of the rows read that were rejected; n is the number of rows read.",
        no_data="No file came, or none with a row.",
    ),
    Measure(
        "share",
        "Rows by whose word they are",
        of="Rows that are {} evidence",
        unit="ratio",
        rule="rule 40",
        meaning="The share of the accepted rows that are raw (written down by a tool), a probe's of our own, or the "
        "provider's word.",
        no_data="No row was accepted.",
    ),
)
