"""The measures of the report scorecard."""

from msp_report.model.measures.declaration import Measure

MEASURES = (
    Measure(
        "met",
        "Agreed targets that were met",
        of="Targets met by {}",
        unit="count",
        rule="figures with a target, by verdict",
        meaning="How many figures of the pack that have a target met it; exactly on the target is met.",
        no_data="No report of the pack has recorded a figure.",
    ),
    Measure(
        "missed",
        "Agreed targets that were missed",
        of="Targets missed by {}",
        unit="count",
        rule="figures with a target, by verdict",
        meaning="How many figures of the pack that have a target missed it.",
        no_data="No report of the pack has recorded a figure.",
    ),
    Measure(
        "unjudged",
        "Agreed targets that cannot be judged",
        of="Targets of {} that cannot be judged",
        unit="count",
        rule="figures with a target, by verdict",
        meaning="How many figures of the pack have a target and no verdict or no data; they count neither as met "
        "nor as missed.",
        no_data="No report of the pack has recorded a figure.",
    ),
    Measure(
        "actions_open",
        "Decisions of the board not carried out",
        of="Decisions of {} not carried out",
        unit="count",
        better="lower",
        rule="rule 0; register of the board's decisions",
        meaning="How many decisions of the board were not carried out by the last day; one that left the "
        "register without being done stays open.",
        no_data="No register of the board's decisions was supplied, and no earlier pack had one.",
    ),
    Measure(
        "actions_overdue",
        "Decisions of the board that are overdue",
        of="Overdue decisions of {}",
        unit="count",
        better="lower",
        rule="rule 0; register of the board's decisions",
        meaning="How many of the board's open decisions were due before the last day; due on that day is not "
        "overdue yet.",
        no_data="No register of the board's decisions was supplied, and no earlier pack had one.",
    ),
    Measure(
        "actions_done",
        "Decisions of the board carried out this month",
        of="Decisions of {} carried out",
        unit="count",
        rule="rule 0; register of the board's decisions",
        meaning="How many decisions of the board were carried out in the month.",
        no_data="No register of the board's decisions was supplied, and no earlier pack had one.",
    ),
    Measure(
        "opinions_overdue",
        "Outside opinions run out or not independent",
        of="Outside opinions on {} that are due",
        unit="count",
        better="lower",
        rule="an opinion a year, independent",
        meaning="On how many subjects the outside opinion has run out, or comes from somebody with an interest; "
        "it still holds on its last day.",
        no_data="No register of outside opinions was supplied.",
    ),
    Measure(
        "claim_days",
        "Days until the first credit lapses",
        of="Days left to claim for {}",
        unit="days",
        rule="rule 29",
        meaning="How many days after the last day of the month the first unclaimed credit can still be claimed.",
        no_data="No credit can be claimed.",
    ),
    Measure(
        "worse",
        "Verdicts that became worse",
        of="Verdicts on {} that became worse",
        unit="count",
        better="lower",
        rule="verdicts against those of the last pack",
        meaning="How many figures were met in the last pack before this one and are missed now; a promise that is "
        "new or gone is no worse verdict.",
        no_data="There is no pack before this one.",
    ),
    Measure(
        "better",
        "Verdicts that became better",
        of="Verdicts on {} that became better",
        unit="count",
        rule="verdicts against those of the last pack",
        meaning="How many figures were missed in the last pack before this one and are met now.",
        no_data="There is no pack before this one.",
    ),
    Measure(
        "evidence_lost",
        "Verdicts lost for want of evidence",
        of="Verdicts on {} lost for want of evidence",
        unit="count",
        better="lower",
        rule="rule 41",
        meaning="How many figures were met or missed in the last pack before this one and cannot be judged now: never "
        "better, never worse.",
        no_data="There is no pack before this one.",
    ),
)
