"""The measures of the report competence."""

from msp_report.model.measures.declaration import Measure

MEASURES = (
    Measure(
        "standing",
        "Outside opinions that are independent and hold",
        of="Opinions on {} that hold",
        unit="count",
        better="higher",
        rule="system 8 (docs/board.md)",
        meaning="On how many subjects there is an outside opinion that is independent and has not run out; it "
        "holds on its last day.",
        no_data="No register of third-party opinions was supplied.",
    ),
    Measure(
        "expired",
        "Outside opinions that have run out",
        of="Opinions on {} that have run out",
        unit="count",
        better="lower",
        rule="system 8 (docs/board.md)",
        meaning="On how many subjects the opinion that stands has run out; without a day of its own it holds for "
        "a year.",
        no_data="No register of third-party opinions was supplied, or it has no opinion.",
    ),
    Measure(
        "not_independent",
        "Outside opinions from somebody with an interest",
        of="Opinions on {} that are not independent",
        unit="count",
        better="lower",
        rule="system 8 (docs/board.md)",
        meaning="On how many subjects every opinion is from somebody with an interest in the outcome.",
        no_data="No register of third-party opinions was supplied, or it has no opinion.",
    ),
    Measure(
        "unassessed",
        "Functions judged by nobody outside",
        of="{}, judged by nobody",
        unit="count",
        better="lower",
        rule="system 8 (docs/board.md)",
        meaning="How many functions that the provider does or advises on have no outside opinion of their name. "
        "How many functions that the provider does or advises on have no outside opinion of their name.",
        no_data="No register of third-party opinions was supplied.",
    ),
    Measure(
        "days_overdue",
        "Days since an opinion ran out",
        of="Days since the opinion on {} ran out",
        unit="days",
        better="lower",
        rule="system 8 (docs/board.md)",
        meaning="How many days before the last day of the period an opinion ran out.",
        no_data="It is given only of opinions that have run out.",
    ),
    Measure(
        "audit_passed",
        "Records that passed the audit",
        of="Records of the kind {} that passed the audit",
        unit="ratio",
        better="higher",
        rule="random stratified sample, Wilson interval",
        meaning="The share of the year's records that would pass the audit, by what was looked at of a random "
        "sample; what could not be found did not pass.",
        no_data="Nobody has filled in a row of the sheet, or there is nothing to draw from.",
    ),
)
