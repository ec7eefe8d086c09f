"""Page one adds up (rule 49): its sentence, its lists and its figures count the same things, each once."""

import re

import pandas as pd
import pytest
from months import PastOf, figures_of
from workspaces import CONTRACT, Place, tickets

from msp_report.case import open_case
from msp_report.metrics import evidence, scorecard
from msp_report.model import promises
from msp_report.selftest.asked import REPORTS, analysed
from msp_report.words import sentences

SILENT = "client: {name: Acme Ltd, timezone: Europe/London, currency: GBP}\n"
DUTIES = SILENT + "duties: [{name: patching, every_days: 30}, {name: backups watched, every_days: 7}]\n"
BOARD = (
    "scorecard: [{measure: tickets.backlog, target: 1, better: lower}, {measure: nobody.knows, target: 3}]\n"
)
PROOFS = "duty,done_at,by\npatching,2026-03-20T09:00,amy\n"


@pytest.fixture(
    scope="module",
    params=[
        "demo",
        "silent",
        *(pytest.param(name, marks=pytest.mark.thorough) for name in ("duties", "board", "agreed")),
    ],
)
def page(request, demo_case, demo_report, tmp_path_factory):
    """Page one of a month, and its opening lines."""
    if request.param == "demo":
        case = demo_case("2026-10")
        analyses = [demo_report(report)[0] for report in REPORTS]
    else:
        place = Place(tmp_path_factory.mktemp(request.param))
        told = {"agreed": CONTRACT, "silent": SILENT, "duties": DUTIES, "board": CONTRACT}[request.param]
        place.client(contract=told, **({"strategy": BOARD} if request.param == "board" else {}))
        duties = {"duty_evidence.csv": PROOFS} if request.param == "duties" else {}
        place.put({"tickets.csv": tickets(9, "2026-03"), **duties})
        case = open_case("acme", "2026-03", place.root)
        analyses = [analysed(case, report)[0] for report in REPORTS]
    first = figures_of(*(figure for one in analyses for figure in one.figures()))
    last = figures_of(*evidence.analyse(case, PastOf(figures=first)).figures())
    pack = pd.concat([first, last], ignore_index=True)
    found = scorecard.analyse(case, PastOf(figures=pack))
    return case, pack, found


def test_the_figures_the_lists_and_the_sentence_agree(page):
    case, _, found = page
    counted = {one.measure.partition(".")[2]: one for one in found.figures()}
    listed = found.exceptions["whose"].value_counts()
    for prefix, whose in (("", "agreed"), ("own_", "own")):
        met, missed, unjudged = (counted[f"{prefix}{name}"] for name in ("met", "missed", "unjudged"))
        assert met.value + missed.value + unjudged.value == met.n == missed.n == unjudged.n
        assert missed.value + unjudged.value == listed.get(whose, 0)
    for prefix in ("", "own_"):
        assert (
            counted[f"{prefix}judged"].value
            == counted[f"{prefix}met"].value + counted[f"{prefix}missed"].value
        )
    first, *others = (
        text for text, _ in sentences.opening("scorecard", found.figures(), case.contract, case.period)
    )
    judged, missed = counted["judged"].value, counted["missed"].value
    if judged > 1:
        numbers = [int(n) for n in re.findall(r"\d+(?= (?:of the|promises))", first)]
        assert numbers == ([missed, judged] if missed else [judged]), first
    said = {
        int(n) for text in others for n in re.findall(r"\d+(?= (?:promises? cannot|of \d+ targets))", text)
    }
    below = {counted["unjudged"].value} if judged else set()
    assert said == {n for n in (*below, counted["own_missed"].value) if n or counted["own_unjudged"].value}, (
        others
    )


def test_nothing_is_counted_twice_and_nothing_that_is_agreed_is_left_out(page):
    _, pack, found = page
    keys = found.standing[["whose", "measure", "subject"]]
    board = found.standing["target"].notna() & found.standing["headline"].isna()
    assert not keys[~board].duplicated().any()
    agreed = pack[promises.whose(pack).eq(promises.AGREED)]
    assert len(agreed) == found.standing["whose"].eq(promises.AGREED).sum()
    assert (
        len(found.undecided)
        == len(found.exceptions[found.exceptions["whose"].eq("agreed")])
        - (found.exceptions["whose"].eq("agreed") & found.exceptions["verdict"].eq("missed")).sum()
    )


#: Shares of which a sentence says how many of how many they are.
SHARES = (
    "tickets.resolution_attainment",
    "tickets.response_attainment",
    "duties.kept_ratio",
    "backups.within_rpo_ratio",
)


def test_what_is_told_as_so_many_of_so_many_is_a_share_of_them(page):
    _, pack, _ = page
    shares = pack[pack["measure"].isin(SHARES) & pack["value"].notna() & pack["n"].gt(0)]
    counts = shares["value"].astype(float) * shares["n"].astype(float)
    assert (counts - counts.round()).abs().max() < 1e-6 or shares.empty
