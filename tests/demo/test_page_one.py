"""Page one adds up (rule 49): its sentence, its lists and its figures count the same things, each once."""

import json
import re
from html import unescape

import pandas as pd
import pytest
from months import PastOf, figures_of
from workspaces import CONTRACT, Place, tickets

from msp_report.case import open_case
from msp_report.metrics import evidence, scorecard
from msp_report.model import promises
from msp_report.selftest.asked import REPORTS, analysed
from msp_report.words import sentences
from msp_report.words.numbers import Numbers

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
    said = {int(n) for text in others for n in re.findall(r"\d+(?= (?:promises? cannot|of our own))", text)}
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


def numbers(text: str) -> set[str]:
    """Every number of a text, as it is written."""
    return set(re.findall(r"\d[\d,.]*\d|\d", text))


def test_every_number_to_the_last_decision_stands_in_a_figure_or_a_record(demo_pack):
    """Page one says nothing that figures.json and its records do not have: values, counts of rows, sums and days."""
    show = Numbers(currency="GBP")
    page = (demo_pack / "html" / "index.html").read_text(encoding="utf-8")
    page = page[page.index("<main") : page.index("</ol>")]
    said = unescape(re.sub("<[^>]+>", " ", re.sub("[⟦⟧]", "", page)))
    items, facts, money = (
        pd.read_csv(demo_pack / "records" / "scorecard" / f"{name}.csv")
        for name in ("items", "facts", "money")
    )
    for name in sorted({*facts["thing"], *facts["name"].dropna()}, key=len, reverse=True):
        said = said.replace(str(name), "")  # names have numbers of their own
    figures = pd.DataFrame(json.loads((demo_pack / "figures.json").read_text(encoding="utf-8")))
    mine = figures[figures["report"].eq("scorecard")]
    texts = [
        show.number(value, unit)
        for value, unit in zip(mine["value"], mine["unit"], strict=True)
        if value == value
    ]
    texts += [show.number(n, "count") for n in mine["n"].dropna()]
    for column, unit in (
        ("amount", "cost"),
        ("last_amount", "cost"),
        ("hours", "hours"),
        ("included_hours", "hours"),
    ):
        texts += [show.number(value, unit) for value in money[column].dropna()]
    texts += [show.number(n, "count") for n in money["n"].dropna()]
    led = facts[facts["number"].notna()]
    for _, rows in led.groupby("number"):
        reasons = rows["detail"].fillna("").str.split("; ").explode().nunique()
        counts = {len(rows), rows["thing"].nunique(), *rows["fact"].value_counts(), *rows["n"].dropna()}
        counts |= {n - shown for n in (rows["thing"].nunique(), reasons) for shown in (1, 2, 3)}
        texts += [show.number(n, "count") for n in counts if n >= 0 and n == int(n)]
        texts += [show.number(value, "ratio") for value in rows["n"].dropna() if value < 1]
        texts += [
            show.number(value, "cost")
            for value in (*rows["cost"].dropna(), *rows.groupby("on")["cost"].sum())
        ]
    texts += [show.number(value, "cost") for value in items["cost"].dropna()]
    days = pd.concat([facts["on"], items["by_on"], money["by_on"]]).dropna().unique()
    texts += [show.day(day) for day in days] + ["31 Oct 2026", "October 2026", "September 2026"]
    texts += [str(number) for number in items["number"]]
    assert numbers(said) <= set().union(*map(numbers, texts)), numbers(said) - set().union(
        *map(numbers, texts)
    )
