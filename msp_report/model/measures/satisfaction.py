"""The measures of the report satisfaction."""

from msp_report.model.measures.declaration import Measure

MEASURES = (
    Measure(
        "responsiveness",
        "Content with responsiveness",
        of="Content with responsiveness of {}",
        unit="ratio",
        better="higher",
        rule="rule 20",
        meaning="",
        no_data="",
    ),
    Measure(
        "capability",
        "Content with capability",
        of="Content with capability of {}",
        unit="ratio",
        better="higher",
        rule="rule 20",
        meaning="",
        no_data="",
    ),
    Measure(
        "recommend",
        "Would recommend less would not",
        of="Recommend score of {}",
        unit="score",
        better="higher",
        rule="rule 20",
        meaning="",
        no_data="",
    ),
    Measure(
        "response_ratio",
        "Share of people asked who answered",
        of="Share of people asked about {} who answered",
        unit="ratio",
        better="higher",
        rule="rule 20",
        meaning="",
        no_data="",
    ),
)
