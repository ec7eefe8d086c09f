"""Which sentence is said for which figures: a table a report in tests/words/sentences, for readers and for this test.

`headlines` gives one figure and what is said of it, null where nothing is. `charts` gives the figures of a page by
name, what else the chart is told, and its title; `todo` the figures, and what to do. `opening` and `opening_year` give
the figures of a page by name, without the report's, and the first lines of the page. A value that is not given is
missing.
`things` give the facts of a thing to decide, what to decide and why.
`claim`, `hold` and `evidence`, of letters, give the rows of a letter and the letter.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
import pytest
import yaml

from msp_report.metrics import meeting
from msp_report.metrics.scorecard import things
from msp_report.model.figures import Figure
from msp_report.model.period import Period
from msp_report.params import as_contract
from msp_report.words import extraction, sentences
from msp_report.words.language import Language
from msp_report.words.sentences import letters

TABLES = {
    path.stem: yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
    for path in Path(__file__).parent.glob("sentences/*.yaml")
}
PERIODS = {"opening": Period.parse("2026-03"), "opening_year": Period.parse("2026")}


def contract(billing: str | None = "fixed", term: dict[str, Any] | None = None):
    """A client whose provider is paid so, for this term."""
    client = {"name": "Acme", "timezone": "Europe/London", "currency": "GBP"}
    told = {"billing": billing} if billing else {}
    return as_contract({"client": client, "provider": {"name": "Northgate"} | told, "term": term or {}})


def figure(measure: str, why: str | None = None, **given: Any) -> Figure:
    """A figure of a table; missing values have a reason."""
    return Figure(measure=measure, why_missing=why or (None if "value" in given else "no samples"), **given)


def cases(*kinds: str) -> Iterator[Any]:
    """The rows of all tables, with their report."""
    for report, table in sorted(TABLES.items()):
        for kind in kinds:
            for place, case in enumerate(table.get(kind, [])):
                yield pytest.param(report, kind, case, id=f"{report}-{kind}-{place}")


#: The columns that the rows of letters have.
LETTERS = {
    "claim": meeting.CLAIMS,
    "hold": meeting.PAYMENTS,
    "evidence": meeting.NEEDED,
}


def letter(kind: str, case: dict[str, Any]) -> str:
    """The letter of a case."""
    agreed = contract()
    if "provider" in case:
        agreed = as_contract({"client": agreed.client.model_dump()})
    rows = pd.DataFrame(case["given"], columns=[*LETTERS[kind], "what"], dtype=object)
    title = letters.titles(agreed, pd.Timestamp("2026-03-31"))[kind]
    return getattr(letters, kind)(rows, agreed, title)


def headline(report: str, case: dict[str, Any]) -> str | None:
    """What is said of the figure of a case."""
    return sentences.headline(figure(f"{report}.{case['measure']}", **case["given"]), contract())


def opening(report: str, kind: str, case: dict[str, Any]) -> list[str]:
    """The first lines of the page of a case; of `pages`, what missing evidence took away, and what turned."""
    given = {name: rows if isinstance(rows, list) else [rows] for name, rows in case["given"].items()}
    noun = "" if report == "pages" else f"{report}."
    figures = [figure(f"{noun}{name}", **row) for name, rows in given.items() for row in rows]
    agreed = contract(case.get("billing", "fixed"), case.get("term"))
    if report == "pages":
        taken = sentences.say("taken", agreed, figures)
        lines = [(text, None) for text in [taken] if text] + sentences.turned(figures, agreed)
    else:
        lines = sentences.opening(report, figures, agreed, PERIODS[kind])
    return [line for line, _ in lines]


def thing(case: dict[str, Any]) -> list[str]:
    """What to decide by the facts of a case, and why."""
    rows = [{"kind": "vendor", "detail": "", "fact": case.get("fact", "")} | row for row in case["given"]]
    facts = pd.DataFrame(rows).reindex(columns=things.FACTS).assign(number=1)
    facts = facts.assign(on=pd.to_datetime(facts["on"]), name=facts["name"].fillna(facts["thing"]))
    items = pd.DataFrame({"number": [1], "leads_to": [case["item"]]})
    (told,) = sentences.decided(items, facts, contract()).to_dict("records")
    return [told["what"], told["why"]]


def chart(report: str, case: dict[str, Any]) -> str:
    """The title of the chart of a case."""
    figures = [
        figure(f"{report}.{name}", **row)
        for name, rows in case.get("given", {}).items()
        for row in (rows if isinstance(rows, list) else [rows])
    ]
    told = case.get("told", {})
    return sentences.finding(report, case["chart"], figures, contract(), PERIODS["opening"], **told)


def todo(report: str, case: dict[str, Any]) -> list[str]:
    """What to do by the page of a case."""
    figures = [
        figure(f"{report}.{name}", **row)
        for name, rows in case["given"].items()
        for row in (rows if isinstance(rows, list) else [rows])
    ]
    agreed = as_contract(contract().model_dump() | {"credits": case.get("credits", [])})
    return [line for line, _ in sentences.todo(report, figures, agreed, PERIODS["opening"])]


@pytest.mark.parametrize(("_", "__", "case"), cases("things"))
def test_a_thing_to_decide_says_its_facts(_, __, case):
    assert thing(case) == case["says"]


@pytest.mark.parametrize(("report", "kind", "case"), cases("todo"))
def test_a_page_says_what_to_do(report, kind, case):
    assert todo(report, case) == case["says"]


@pytest.mark.parametrize(("report", "kind", "case"), cases("charts"))
def test_a_chart_is_titled_by_what_it_shows(report, kind, case):
    assert chart(report, case) == case["says"]


@pytest.mark.parametrize(("report", "kind", "case"), cases("headlines"))
def test_a_figure_has_its_sentence(report, kind, case):
    assert headline(report, case) == case["says"]


TITLED = as_contract(
    {
        "client": {"name": "Acme", "timezone": "Europe/London"},
        "services": [{"name": "web", "title": "the web shop"}],
        "tickets": {"priorities": {"P1": {"title": "urgent"}}},
        "capacity": [{"resource": "wan", "metric": "use", "title": "the line to London"}],
    }
)


@pytest.mark.parametrize(
    ("measure", "subject", "verdict", "says"),
    [
        (
            "availability.ratio",
            "web",
            "missed",
            "The web shop was up 50 % of its agreed time; 75 % was agreed.",
        ),
        (
            "availability.ratio",
            "mail",
            "missed",
            "The service mail was up 50 % of its agreed time; 75 % was agreed.",
        ),
        (
            "availability.ratio",
            "web",
            "no_data",
            "We do not know how much of its agreed time the web shop was up: too old.",
        ),
        ("capacity.utilisation", "wan:use", "missed", "The line to London was 50 % full; the limit is 75 %."),
        (
            "capacity.utilisation",
            "wan:cpu",
            "missed",
            "The resource wan (cpu) was 50 % full; the limit is 75 %.",
        ),
        (
            "tickets.resolution_attainment",
            "P1",
            "missed",
            "5 of 10 urgent (P1) tickets (50 %) were solved in time; 75 % was agreed.",
        ),
    ],
)
def test_a_sentence_calls_a_thing_by_its_title(measure, subject, verdict, says):
    found = figure(
        measure, "too old", subject=subject, value=0.5, target=0.75, n=10, unit="ratio", verdict=verdict
    )
    assert sentences.headline(found, TITLED) == says


def test_a_credit_and_a_resource_are_called_by_their_titles():
    rows = [
        {"fact": "credit to claim", "thing": "availability.ratio", "name": "web"},
        {"fact": "credit to claim", "thing": "tickets.resolution_attainment", "name": "P1"},
    ]
    facts = (
        pd.DataFrame([{"kind": "credit"} | row for row in rows])
        .reindex(columns=things.FACTS)
        .assign(number=1)
    )
    full = {"kind": "resource", "thing": "wan", "measure": "capacity.days_to_limit", "subject": "wan:use"}
    facts = pd.concat([facts, pd.DataFrame([full]).reindex(columns=things.FACTS).assign(number=2)])
    facts["on"] = pd.Timestamp("2026-05-29")
    items = pd.DataFrame({"number": [1, 2], "leads_to": ["claim", "grow"]})
    assert list(sentences.decided(items, facts, TITLED)["what"]) == [
        "Claim service credits for the web shop and urgent (P1) tickets.",
        "Make room on the line to London.",
    ]


@pytest.mark.parametrize(
    ("end", "named"),
    [
        ("2026-11-01T00:00Z", ["30 Nov 2026", "1 Jan 2028", "30 Dec 2026"]),
        ("2026-10-15T09:00Z", ["14 Nov 2026", "16 Dec 2027", "14 Dec 2026"]),
    ],
)
def test_a_count_of_days_to_come_has_its_day(end, named):
    measures = ["scorecard.claim_days", "contract.days_to_notice", "capacity.days_to_limit"]
    counts = pd.DataFrame(
        {"measure": [*measures, "projects.slip"], "subject": "", "value": [30, 427, 59.9, 5]}
    )
    told = sentences.names(counts, contract(), "value", pd.Timestamp(end))
    assert [name.rpartition(" (")[2].rstrip(")") for name in told[:3]] == named
    assert told[3] == sentences.names(counts, contract())[3]
    assert "(" not in sentences.names(counts.assign(value=None), contract(), "value", pd.Timestamp(end))[0]


@pytest.mark.parametrize(("_", "kind", "case"), cases(*LETTERS))
def test_a_letter_says_its_rows(_, kind, case):
    assert letter(kind, case) == case["says"]


@pytest.mark.parametrize(("report", "kind", "case"), cases("opening", "opening_year"))
def test_a_page_opens_as_its_figures_say(report, kind, case):
    assert opening(report, kind, case) == case["says"]


BEFORE = dict(before=None, graded_by="J. Owl", graded_on="1 Dec 2026")
FOUND = BEFORE | dict(
    severity="high", finding="F", evidence=None, recommendation=None, management_response=None
)
YEAR = dict(
    name="Backups",
    months=12,
    judged=12,
    missed=0,
    unjudged=0,
    low="90 %",
    high="95 %",
    last=None,
    last_month="May 2026",
    worst=None,
    worst_subject="",
    worst_month="April 2026",
    why="no month has a pack",
)
SHARES = [dict(client="A", met="1", judged="2"), dict(client="B", met="0", judged="3")]
SAID = [
    ("claimed", dict(name="P1", claimed="100 %", value=None), "P1 100 %"),
    ("claimed", dict(name="P1", claimed="100 %", value="95 %"), "P1 100 % (found: 95 %)"),
    ("stated_by_provider", dict(claims=["P1 100 %"]), "The provider states: P1 100 %."),
    ("evidence", YEAR | dict(months=0), "Backups: not known, no month has a pack."),
    ("evidence", YEAR, "Backups: met all 12 times; from 90 % to 95 %."),
    ("evidence", YEAR | dict(low="1", high="1"), "Backups: met all 12 times; 1 in every month."),
    (
        "evidence",
        YEAR | dict(last="93 %"),
        "Backups: met all 12 times; from 90 % to 95 %, 93 % in May 2026.",
    ),
    (
        "evidence",
        YEAR | dict(missed=2, worst="90 %"),
        "Backups: missed 2 of 12 times, worst with 90 % in April 2026; from 90 % to 95 %.",
    ),
    (
        "evidence",
        YEAR | dict(missed=2, worst="90 %", worst_subject="mail"),
        "Backups: missed 2 of 12 times, worst mail with 90 % in April 2026; from 90 % to 95 %.",
    ),
    ("evidence", YEAR | dict(missed=2), "Backups: missed 2 of 12 times; from 90 % to 95 %."),
    ("evidence", YEAR | dict(missed=1, judged=1), "Backups: from 90 % to 95 %."),
    (
        "evidence",
        YEAR | dict(unjudged=3),
        "Backups: never shown to be missed, but 3 of 12 times it cannot be judged; from 90 % to 95 %.",
    ),
    (
        "evidence",
        YEAR | dict(unjudged=1, judged=1, months=1, low="1", high="1", last="1"),
        "Backups: cannot be judged; 1.",
    ),
    ("grade", dict(question="lasts", severity="ungraded"), "Not graded (lasts in findings.yaml)."),
    ("grade", dict(question="lasts", severity="none"), "In order."),
    ("grade", dict(question="lasts", severity="high"), "High finding."),
    ("found", FOUND | dict(severity="ungraded"), ""),
    ("found", FOUND | dict(severity="ungraded", before="none"), "It was graded in order before."),
    ("found", FOUND | dict(severity="ungraded", before="low"), "It was graded low before."),
    ("found", FOUND, "F. The management has not answered. Graded by J. Owl, 1 Dec 2026."),
    ("found", FOUND | dict(severity="none"), "F. Graded by J. Owl, 1 Dec 2026."),
    (
        "found",
        FOUND | dict(before="none", management_response="A"),
        "F. The management answers: A. Graded by J. Owl, 1 Dec 2026; in order the time before.",
    ),
    (
        "found",
        FOUND | dict(before="low", evidence="E", recommendation="R"),
        "F. Seen in: E. Recommended: R. The management has not answered. "
        "Graded by J. Owl, 1 Dec 2026; low the time before.",
    ),
    ("as_of", dict(at="9 May, 09:30", made=None, newest=None), "As of 9 May, 09:30."),
    (
        "as_of",
        dict(at="9 May, 09:30", made="12 May", newest="6 May"),
        "As of 9 May, 09:30. The newest entry is of 6 May. Nothing newer had come by 12 May, when this page was made: "
        "things may stand otherwise now.",
    ),
    (
        "each_month",
        dict(amounts={"May 2026": "£20", "June 2026": "not known", "July 2026": "£30"}),
        "What each month came to: May 2026 £20, June 2026 not known and July 2026 £30.",
    ),
    ("dearest", dict(month=None, amount=""), "What each month came to"),
    ("dearest", dict(month="June 2026", amount="£145,770"), "June 2026 came to the most: £145,770"),
    (
        "stands_for",
        dict(year="2025", months=3),
        "These are the last twelve months, because only 3 months of 2025, the latest civil year, have exports.",
    ),
    (
        "stands_for",
        dict(year="2025", months=1),
        "These are the last twelve months, because only 1 month of 2025, the latest civil year, has exports.",
    ),
    (
        "stands_for",
        dict(year="2025", months=0),
        "These are the last twelve months, because no month of 2025, the latest civil year, has exports.",
    ),
    ("asked", dict(name="Backups", value="9", target="10"), "Backups: 9; 10 was asked for."),
    ("stated", dict(name="Backups", value="9"), "Backups: 9."),
    ("compare_kept", dict(shares=[], period="May"), "No promise of May could be judged for any client."),
    (
        "compare_kept",
        dict(shares=SHARES, period="May"),
        "Of the promises of May that could be judged, A’s provider kept 1 of 2, B’s provider kept 0 of 3.",
    ),
    ("compare_missing", dict(clients=[], period="May"), ""),
    ("compare_missing", dict(clients=["A", "B"], period="May"), "There is no pack of May for A and B."),
    ("portfolio_made", dict(all=1, made=1, period="May"), "The one client has its pack of May."),
    ("portfolio_made", dict(all=3, made=3, period="May"), "All 3 clients have their pack of May."),
    (
        "portfolio_made",
        dict(all=1200, made=1199, period="May"),
        "1 of 1,200 clients has no new pack of May: the analyst has to see to it.",
    ),
    (
        "portfolio_made",
        dict(all=3, made=0, period="May"),
        "3 of 3 clients have no new pack of May: the analyst has to see to them.",
    ),
    (
        "portfolio_missed",
        dict(missed=0, judged=0, with_missed=0),
        "No promise of any client could be judged.",
    ),
    (
        "portfolio_missed",
        dict(missed=0, judged=9, with_missed=0),
        "None of the 9 promises that can be judged was missed.",
    ),
    (
        "portfolio_missed",
        dict(missed=4, judged=9, with_missed=1),
        "The providers missed 4 of the 9 promises that can be judged, at 1 client.",
    ),
    (
        "portfolio_missed",
        dict(missed=4, judged=9, with_missed=2),
        "The providers missed 4 of the 9 promises that can be judged, at 2 clients.",
    ),
    ("restates", dict(n=0, count="0"), ""),
    (
        "restates",
        dict(n=1, count="1"),
        "1 figure differs from the pack that this one replaces: the page Promises has it.",
    ),
    (
        "restates",
        dict(n=2, count="2"),
        "2 figures differ from the pack that this one replaces: the page Promises has them.",
    ),
    ("found_on", dict(facts=["A", "B"]), "What we found: A; B."),
    (
        "month_total",
        dict(amount="£9", last="£8", added="£2", taken="£1", lacks=None),
        "£9 in all, with £2 extra work, less £1 credits owed; the month before: £8.",
    ),
    (
        "month_total",
        dict(amount="£9", last=None, added=None, taken=None, lacks="fee"),
        "£9 in all. Not stated, and not in it: fee.",
    ),
    ("reply", dict(by="N", on="1 May", text="{by} %s"), "N replied on 1 May: “{by} %s”"),
    ("quiet", dict(figures=9), "Nothing that is agreed could be judged this month."),
    (
        "quiet",
        dict(figures=9, own=[figure("scorecard.met", value=2, n=2)]),
        "No agreed target was missed, and each could be judged.",
    ),
    ("not_supplied", dict(reports=[]), ""),
    (
        "not_supplied",
        dict(reports=["backups", "projects"]),
        "Nothing was supplied on backups and projects: those pages say neither good nor bad.",
    ),
    ("quiet", dict(figures=0), "There is no pack of this month yet, so nothing is known."),
    ("changed", dict(month="April 2026"), "Changed since the pack of April 2026"),
    ("changed", dict(month=None), "Changed since the last pack"),
    ("unchanged", dict(month="April 2026"), "nothing is judged otherwise, and no row was read again."),
    ("unchanged", dict(month=None), "there is none before this one."),
    (
        "no_signal",
        dict(compared=0),
        "no figure has six earlier months yet, so nothing can be called usual or not.",
    ),
    ("no_signal", dict(compared=1), "the one figure with at least six earlier months shows no signal."),
    (
        "no_signal",
        dict(compared=40),
        "none of the 40 figures with at least six earlier months shows a signal.",
    ),
    (
        "ask",
        dict(number="1", headline="H is late.", clause="4.1", months=1, count="1"),
        "1. H is late. Clause 4.1. New this month.",
    ),
    (
        "ask",
        dict(number="2", headline="H is late (clause 3.1).", clause="3.1", months=12, count="12"),
        "2. H is late (clause 3.1). Missed for 12 months in a row.",
    ),
    (
        "ask",
        dict(number="3", headline="H is late.", clause=None, months=13, count="13"),
        "3. H is late. Missed for 13 months in a row, or longer.",
    ),
    (
        "ask",
        dict(number="4", headline="H is late.", clause=None, months=None, count="not known"),
        "4. H is late. Whether it was missed the month before is not known.",
    ),
    ("no_limits", dict(limited=True, supplied=True), ""),
    (
        "no_limits",
        dict(limited=False, supplied=True),
        "Neither contract nor strategy says from what money on an order needs an approval, a quote or an independent "
        "look at its price: none is asked for.",
    ),
]


@pytest.mark.parametrize(("name", "given", "says"), SAID)
def test_what_pages_say_besides(name, given, says):
    assert sentences.say(name, contract(), **given) == says


class Heard(Language):
    """A language that keeps what it was asked to say."""

    messages: ClassVar[set[str]] = set()

    def __call__(self, message: str, /, **places: object) -> str:
        self.messages.add(message)
        return super().__call__(message, **places)

    def plural(self, one: str, many: str, number: float, /, **places: object) -> str:
        self.messages.add(one if number == 1 else many)
        return super().plural(one, many, number, **places)


SUM_KINDS = ("fee", "work lost to outages", "can still be claimed", "bills to hold")
SUM_COLUMNS = ("kind", "amount", "last_amount", "hours", "included_hours", "n", "by_on", "lacks")
DAY = pd.Timestamp("2026-05-29")


def month_money(*rows: tuple[Any, ...]) -> pd.DataFrame:
    """What a month came to, as metrics.scorecard.money, as far as page one shows it."""
    told = [(kind, *row) for kind, row in zip(SUM_KINDS, rows, strict=True)]
    return pd.DataFrame(told, columns=SUM_COLUMNS)


NONE = (None,) * 7
MONTHS_MONEY = [
    month_money(
        (900, 900, 12, 10, None, None, None),
        (80, 70, 2, None, None, None, None),
        (40, None, None, None, 2, DAY, None),
        (30, None, None, None, 2, None, "bills in another currency"),
    ),
    month_money(
        (900, None, 12, None, None, None, None), (80, *NONE[1:]), NONE, (30, None, None, None, 1, None, None)
    ),
]
SUMS = [
    [
        ("£900", "fee", "12 h worked, 10 h included", "contract"),
        ("£80", "work lost to outages, estimated", "the month before £70", "availability"),
        ("£40", "to claim back", "first by 29 May 2026", "contract"),
        ("£30", "bills to hold", "2 bills; some in another currency are left out", "procurement"),
    ],
    [
        ("£900", "fee", "12 h worked", "contract"),
        ("£80", "work lost to outages, estimated", "", "availability"),
        ("£30", "bills to hold", "1 bill", "procurement"),
    ],
]


@pytest.mark.parametrize(("money", "said"), zip(MONTHS_MONEY, SUMS, strict=True))
def test_the_sums_of_a_month_are_what_is_known_of_it(money, said):
    spaced = [tuple(text.replace("\u00a0", " ") for text in one) for one in sentences.sums(money, contract())]
    assert spaced == said


AGAINST = pd.DataFrame(
    [
        ("P1", "priority lowered by the provider", "INC7", "P2"),
        ("P1", "missed or unknown", "P1", "missed"),
        ("mail", "maintenance that is not accepted", "mail", "over the monthly cap"),
    ],
    columns=["subject", "fact", "thing", "detail"],
).assign(measure=["tickets.resolution_attainment"] * 2 + ["availability.ratio"], on=DAY)


def test_what_was_found_stands_against_a_reply():
    replies = pd.DataFrame({"measure": ["tickets.resolution_attainment", "a.other"], "subject": ["P1", None]})
    (told,) = sentences.found_on(replies, AGAINST, contract())["said"]
    assert told == "What we found: the provider lowered INC7 from P1 to P2 on 29 May 2026."
    assert sentences.found_on(replies.tail(1), AGAINST, contract()).empty


def test_every_message_is_said_by_a_case(monkeypatch):
    monkeypatch.setattr("msp_report.words.numbers.Language", Heard)
    for report, table in TABLES.items():
        for case in table.get("headlines", []):
            headline(report, case)
        for case in table.get("charts", []):
            chart(report, case)
        for case in table.get("todo", []):
            todo(report, case)
        for case in table.get("things", []):
            thing(case)
        for kind in PERIODS.keys() & table.keys():
            for case in table[kind]:
                opening(report, kind, case)
        for kind in LETTERS.keys() & table.keys():
            for case in table[kind]:
                letter(kind, case)
    for name, given, _ in SAID:
        sentences.say(name, contract(), **given)
    sentences.names(pd.DataFrame({"measure": ["credit_terms.cap_ratio"], "subject": ""}), contract())
    counted = pd.DataFrame({"measure": ["scorecard.claim_days"], "subject": "", "value": 1})
    sentences.names(counted, contract(), "value", pd.Timestamp("2026-11-01T00:00Z"))
    sentences.found_on(AGAINST, AGAINST, contract())
    for money in MONTHS_MONEY:
        sentences.sums(money, contract())
    sentences.parts([1], [2], contract()), sentences.against([1], [2], "days", "none", contract())
    folder = Path(sentences.__file__).parent
    written: set[str] = set()
    for path in folder.glob("*.py"):
        for message in extraction.in_code(path.read_text("utf-8"), shows=False):
            written |= {message} if isinstance(message, str) else set(message)
    assert len(written) > 300
    # what nobody has declared has no name of its own
    assert written - Heard.messages == {"{measure} of {subject}"}
