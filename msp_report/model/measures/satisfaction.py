"""The measures of the report satisfaction."""

from msp_report.model.measures.declaration import Measure

MEASURES = (
    Measure(
        "responsiveness",
        "People content with how fast they are helped",
        of="People content with how fast {} helps",
        unit="ratio",
        better="higher",
        rule="rule 20",
        meaning="The share of answers of 4 or 5 on a scale of 5 to how quickly the help desk responds.",
        no_data="No survey was supplied, or fewer than 5 answered.",
        shown="What was answered",
    ),
    Measure(
        "capability",
        "People content with how well they are helped",
        of="People content with how well {} helps",
        unit="ratio",
        better="higher",
        rule="rule 20",
        meaning="The share of answers of 4 or 5 on a scale of 5 to how capable the help desk is.",
        no_data="No survey was supplied, or fewer than 5 answered.",
        shown="What was answered",
    ),
    Measure(
        "recommend",
        "Would recommend less would not",
        of="Recommend score of {}",
        unit="score",
        better="higher",
        rule="rule 20",
        meaning=(
            "The share of answers of 9 or 10 less that of 6 or below, on a scale of 10, to whether they "
            "would recommend the help desk."
        ),
        no_data="No survey was supplied, or fewer than 5 answered.",
    ),
    Measure(
        "other",
        "Content, by another question",
        of="Content with {}, by another question",
        unit="ratio",
        better="higher",
        rule="rule 20",
        meaning="The share of answers of 4 or 5 on a scale of 5 to a question that is none of the others.",
        no_data="Fewer than 5 answered it; where nobody did there is no such figure.",
    ),
    Measure(
        "response_ratio",
        "Share of people asked who answered",
        of="Share of people asked about {} who answered",
        unit="ratio",
        better="higher",
        rule="rule 20",
        meaning="The surveys that came back in the month divided by the people asked.",
        no_data="No survey was supplied, nobody was asked, or how many were asked is not known.",
    ),
)
