"""Clients side by side: promises counted, and only what means the same for every client beside each other."""

import pandas as pd
from months import figures_of

from msp_report.metrics.compare import PROMISES, SIDE, Side, analyse
from msp_report.model.figures import Figure


def ratio(subject, value, verdict, measure="tickets.resolution_attainment"):
    why = None if value is not None else "nobody looked"
    return Figure(measure=measure, subject=subject, value=value, target=0.9, verdict=verdict, why_missing=why)


def side(label, *figures):
    """A client with the pack of one month; without figures it has none."""
    frame = figures_of(*figures) if figures else None
    return Side(label, "GBP", frame, None if frame is None else frame.assign(month="2026-03"))


ACME = side("A", ratio("", 0.95, "met"), ratio("P1", 0.5, "missed"), ratio("shop", 0.5, "no_verdict"))
BETA = side("B", ratio("", None, "no_data"), ratio("P1", 0.95, "met"), ratio("mail", 0.9, "met"))
NOBODY = side("C")


def test_the_share_of_promises_is_of_those_that_were_judged():
    kept = analyse([ACME, BETA, NOBODY]).promises.set_index("client")
    assert kept.loc["A", ["months", "promised", "met", "missed", "no_verdict"]].tolist() == [1, 2, 0, 1, 1]
    assert kept["kept_ratio"].fillna(-1).tolist() == [0, 1, -1], "a total is not counted beside its parts"
    assert kept.loc["C", "why_missing"] == "no pack"
    unjudged = analyse([side("D", ratio("", None, "no_data")), NOBODY]).promises
    assert unjudged["why_missing"].tolist() == ["nothing could be judged", "no pack"]


def test_a_subject_stands_there_only_where_two_clients_have_it():
    project = ratio("PRJ-1", 1, "met", "projects.slip")
    one, other = (side(label, *[ratio("P1", 1, "met"), project]) for label in "AB")
    assert set(analyse([one, other]).comparable["subject"]) == {"P1"}  # ids of one client are no shared name
    found = analyse([ACME, BETA, NOBODY])
    assert list(found.comparable.columns) == SIDE and found.absent == ["C"]
    cells = found.comparable.set_index(["client", "subject"])["state"].to_dict()
    assert cells == {
        ("A", ""): "known", ("B", ""): "not known", ("C", ""): "no pack",
        ("A", "P1"): "known", ("B", "P1"): "known", ("C", "P1"): "no pack",
    }  # fmt: skip


def test_figures_with_a_target_for_any_client_stand_apart_from_the_others():
    opened = Figure(measure="tickets.opened", value=4)
    found = analyse([side("A", ratio("", 0.95, "met"), opened), side("B", opened)])
    assert set(found.targeted["measure"]) == {"tickets.resolution_attainment"}
    assert set(found.others["measure"]) == {"tickets.opened"}
    assert found.side_by_side["B value"].tolist()[1] == 4 and pd.isna(found.side_by_side["B value"][0])
    assert found.by_report.to_dict("list") == {"report": ["tickets"], "A": ["1 of 1"], "B": [None]}


def test_nobody_has_a_pack():
    found = analyse([NOBODY, side("D")])
    assert list(found.promises.columns) == PROMISES and found.promises["months"].tolist() == [0, 0]
    assert found.comparable.empty and found.by_report.empty and found.side_by_side.empty
