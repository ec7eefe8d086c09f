"""Page one as a whole: how the promises stand, and the board's own loop."""

import pandas as pd
from months import MonthOf, PastOf, dated, figures_of

from msp_report.metrics.scorecard import analyse
from msp_report.model.figures import Figure

#: October 2026 in London: 1 October 00:00 BST to 1 November 00:00 GMT.
OCTOBER = (pd.Timestamp("2026-09-30T23:00", tz="UTC"), pd.Timestamp("2026-11-01", tz="UTC"))
LONDON = {"client": {"name": "Acme Ltd", "timezone": "Europe/London"}}


def register(*rows):
    """Decisions as (id, due, done)."""
    return dated(
        [(name, "2026-05-01", f"Do {name}", "Finance", due, done) for name, due, done in rows],
        ["action_id", "decided_on", "text", "owner", "due_on", "done_on"],
    )


def assessed(*rows):
    """Opinions as (subject, given on)."""
    columns = ["subject", "assessed_on", "assessor", "independent", "expires_on"]
    return dated([(subject, on, "Owl", True, None) for subject, on in rows], columns)


def page(tables=None, **past):
    return analyse(MonthOf(*OCTOBER, LONDON, tables=tables or {}), PastOf(**past))


def values(found):
    return {one.measure.partition(".")[2]: (one.value, one.n) for one in found.figures()}


def judged(subject, verdict, value=0.5):
    why = None if value is not None else "no checks"
    return Figure(
        measure="availability.ratio",
        subject=subject,
        value=value,
        target=0.9,
        verdict=verdict,
        why_missing=why,
    )


PACK = figures_of(
    judged("email", "met"),
    judged("erp", "missed"),
    judged("web", "no_verdict"),
    judged("wiki", "no_data", None),
    Figure(measure="availability.ratio", subject="lab", value=0.9, verdict="no_target"),
    Figure(measure="tickets.opened", value=412),
)


def test_promises_are_counted_once_each():
    found = values(page(figures=PACK))
    assert [found[name] for name in ("met", "missed", "unjudged")] == [(1, 4), (1, 4), (2, 4)]


def test_a_promise_with_nothing_to_judge_counts_neither_way():
    idle = Figure(
        measure="tickets.resolution_attainment",
        subject="P1",
        target=0.9,
        verdict="no_data",
        why_missing="no resolution was decided in the period",
    )
    found = page(figures=figures_of(judged("email", "met"), idle))
    assert values(found)["unjudged"] == (0, 1) and values(found)["idle"] == (1, 2)
    assert found.exceptions.empty and found.undecided.empty


def test_what_missing_evidence_took_away_has_its_money_and_its_month():
    before = pd.concat(
        [
            figures_of(judged("web", verdict), judged("wiki", "no_data", None)).assign(month=f"2026-{month}")
            for month, verdict in (("07", "met"), ("08", "no_verdict"), ("09", "no_verdict"))
        ]
    )
    owed = {
        "measure": "availability.ratio",
        "subject": ["web", "email"],
        "owed": [0.0, 900.0],
        "at_risk": [450.0, 900.0],
    }
    sums = [
        Figure(measure=f"contract.{name}", value=value)
        for name, value in (("credit_owed", 900), ("credit_at_risk", 1350))
    ]
    pack = pd.concat([PACK, figures_of(*sums)], ignore_index=True)
    found = page(figures=pack, before=before, records={("contract", "credits"): pd.DataFrame(owed)})
    rows = found.undecided.set_index("subject")
    assert rows.loc["web", ["unknown_since", "last_decided", "cost"]].tolist() == ["2026-08", "2026-07", 450]
    assert pd.isna(rows.loc["wiki", "unknown_since"]), "no pack ever judged it"
    assert values(found)["evidence_cost"] == (450, 2)
    assert values(found)["unjudged_months"] == (4, 2), "every month that there is"
    less = page(figures=pack[pack["subject"].ne("wiki")], before=before)
    (since,) = [one for one in less.figures() if one.measure == "scorecard.unjudged_months"]
    assert (since.subject, since.value) == ("2026-08", 3)


def test_without_a_pack_nothing_is_counted():
    """Not nought of nought: there is nothing to sum up, and the page says so."""
    for one in page().figures()[:3]:
        assert (one.value, one.n, one.why_missing) == (None, None, "there is no pack of this month yet")
    without_targets = values(page(figures=PACK.tail(1)))
    assert {without_targets[name] for name in ("met", "missed", "unjudged")} == {(0, 0)}


def test_the_figures_count_the_frames():
    def turned(one, other):
        return figures_of(
            *(Figure(measure=f"a.{n}", value=1, verdict=verdict) for n, verdict in enumerate((one, other)))
        )

    decided = register(
        ("late", "2026-10-01", None), ("open", "2026-12-01", None), ("done", "2026-12-01", "2026-10-02")
    )
    claims = pd.DataFrame(
        {
            "month": ["2026-10", "2026-09", "2026-06"],
            "measure": "availability.ratio",
            "subject": ["mail", None, "web"],
            "left": [900.0, 450.0, 0.0],
            "claim_by": ["2026-12-30", "2026-11-29", "2026-08-29"],
            "state": ["open", "open", "expired"],
        }
    )
    found = page(
        {"actions": decided, "assessments": assessed(("old", "2025-09-01"), ("fine", "2026-09-01"))},
        figures=turned("met", "missed"),
        before=turned("missed", "met").assign(month="2026-09"),
        records={("contract", "claims"): claims},
    )
    assert values(found) == {
        "met": (0, 0),
        "missed": (0, 0),
        "unjudged": (0, 0),
        "idle": (0, 0),
        "own_met": (1, 2),
        "own_missed": (1, 2),
        "own_unjudged": (0, 2),
        "judged": (0, 0),
        "own_judged": (2, 2),
        "last_missed": (0, 0),
        "own_last_missed": (1, 2),
        "most_missed": (None, None),
        "evidence_cost": (None, 0),
        "actions_open": (2, None),
        "actions_overdue": (1, 2),
        "actions_done": (1, None),
        "opinions_overdue": (1, 2),
        "claim_days": (29, 2),  # 31 October to 29 November
        "worse": (1, None),
        "own_worse": (1, 1),
        "better": (1, None),
        "own_better": (1, 1),
        "evidence_lost": (0, None),
        "own_evidence_lost": (0, 0),
        "signals_worse": (None, None),
        "signals_better": (None, None),
        "month_cost": (None, 0),
        "month_hours": (None, None),
        "work_beside": (None, None),
        "to_hold": (None, None),
    }
    assert {one.verdict for one in found.figures()} == {None}, "these are no promises of the provider"


def test_what_was_not_supplied_is_missing_and_not_none():
    every = page().figures()
    assert {one.value for one in every} == {None} and all(one.why_missing for one in every)
    gone = register(("gone", "2026-10-21", None))
    carried = page({"assessments": assessed()}, came_before={"actions": gone})
    assert values(carried)["actions_overdue"] == (1, 1), "an earlier pack's decision is known"
    assert values(carried)["opinions_overdue"] == (0, 0)


def test_a_target_of_the_board_that_no_page_judges_turns_like_any_other():
    strategy = {"scorecard": [{"measure": "satisfaction.responsiveness", "target": 0.8}]}

    def content(value):
        return figures_of(Figure(measure="satisfaction.responsiveness", value=value, better="higher"))

    month = MonthOf(*OCTOBER, LONDON, strategy)
    found = analyse(month, PastOf(figures=content(0.6), before=content(0.86).assign(month="2026-09")))
    (turned,) = found.changes.to_dict("records")
    assert (turned["from"], turned["to"], turned["direction"], turned["whose"]) == (
        "met",
        "missed",
        "worse",
        "own",
    )
    assert values(found)["worse"] == (1, None) and values(found)["own_worse"] == (1, 1)
    assert values(found)["own_last_missed"] == (0, 1)
    (line,) = found.standing.to_dict("records")
    assert (line["last_value"], line["missed_months"]) == (0.86, 1)


def test_where_the_board_and_the_contract_ask_differently_each_turns_by_its_own():
    strategy = {"scorecard": [{"measure": "availability.ratio", "subject": "web", "target": 0.95}]}
    month = MonthOf(*OCTOBER, LONDON, strategy)

    def reached(value, verdict):
        return figures_of(judged("web", verdict, value))

    past = PastOf(figures=reached(0.92, "met"), before=reached(0.96, "met").assign(month="2026-09"))
    (turned,) = analyse(month, past).changes.to_dict("records")
    assert (turned["whose"], turned["direction"]) == ("own", "worse")
