"""What needs whom, over all clients: nothing added up that cannot be, nobody left out, the gravest first."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as some

from msp_report.metrics import portfolio
from msp_report.metrics.portfolio import Side
from msp_report.metrics.scorecard.things import GRAVITY
from msp_report.model.figures import COLUMNS, Figure

ITEMS = ["gravity", "who", "by_on", "cost"]


def figures(**values: float) -> pd.DataFrame:
    """figures.json of a pack whose scorecard says so."""
    rows = [
        Figure(measure=f"scorecard.{name}", value=value, unit="count").row() for name, value in values.items()
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def items(*rows: tuple[str, str | None, str | None, float | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=ITEMS).astype({"cost": "Float64"})


ACME = Side(
    "Acme",
    "GBP",
    figures=figures(missed=2, judged=9, unjudged=1, evidence_lost=1, to_hold=500),
    items=items(
        ("everything else", "board", "2026-05-01", None),
        ("money that leaves us", "finance", "2026-04-20", 500.0),
        ("law", "board", None, 40.0),
        ("security", None, None, None),
    ),
    withheld=("backups", "tickets"),
)
BIRCH = Side("Birch", "EUR", "tickets.csv, line 2: no", figures=figures(missed=0, judged=4, unjudged=0))
CEDAR = Side("Cedar", "EUR", "contract.yaml, line 1: no")
DUNE = Side("dune", "EUR", figures=figures(missed=3, judged=9, unjudged=0), items=items())


def test_clients_that_failed_come_first_and_say_what_there_is():
    rows = portfolio.clients([ACME, BIRCH, CEDAR, DUNE]).set_index("client")
    assert list(rows.index) == ["Birch", "Cedar", "Acme", "dune"]
    assert list(rows["state"]) == ["the pack of before stands", "no pack", "published", "published"]
    assert list(rows.loc["Acme", ["missed", "judged", "to_decide", "gravity", "by_on", "awaited"]]) == [
        2, 9, 4, "security", "2026-04-20", 2,
    ]  # fmt: skip
    assert rows.loc["Cedar", ["missed", "judged", "to_decide", "awaited"]].isna().all()
    assert rows.at["dune", "to_decide"] == 0 and pd.isna(rows.at["dune", "gravity"])


def test_what_waits_for_whom():
    rows = portfolio.decisions([ACME, BIRCH, CEDAR, DUNE])
    assert rows.astype(object).where(rows.notna(), None).values.tolist() == [
        ["Acme", None, 1, "security", None, None, "GBP"],
        ["Acme", "board", 2, "law", "2026-05-01", 40.0, "GBP"],
        ["Acme", "finance", 1, "money that leaves us", "2026-04-20", 500.0, "GBP"],
    ]


def test_evidence_that_is_missing():
    rows = portfolio.proof([BIRCH, CEDAR, DUNE, ACME])
    assert rows.values.tolist() == [["Acme", 2, "backups; tickets", 1, 1]]


def test_promises_are_added_up_over_the_clients_that_have_a_pack():
    rows = portfolio.clients([ACME, BIRCH, CEDAR, DUNE])
    assert portfolio.promises(rows) == {"missed": 5, "judged": 22, "with_missed": 2}
    assert portfolio.promises(portfolio.clients([CEDAR])) == {"missed": 0, "judged": 0, "with_missed": 0}


def test_nobody_is_no_portfolio():
    found = portfolio.analyse([])
    assert all(frame.empty for frame in found.records().values()) and not found.figures()


_ITEM = some.tuples(
    some.sampled_from(GRAVITY),
    some.sampled_from([None, "board", "finance"]),
    some.sampled_from([None, "2026-04-20", "2026-05-01"]),
    some.sampled_from([None, 0.0, 12.5]),
)
_SIDE = some.builds(
    lambda name, rows, missed, why, has: Side(
        name, "EUR", why, figures(missed=missed, judged=9) if has else None, items(*rows) if has else None
    ),
    some.text("abc", min_size=1, max_size=3),
    some.lists(_ITEM, max_size=5),
    some.integers(0, 9),
    some.sampled_from([None, "refused"]),
    some.booleans(),
)


@given(some.lists(_SIDE, max_size=6, unique_by=lambda side: side.client))
def test_no_client_and_no_thing_is_lost(sides):
    found = portfolio.analyse(sides)
    assert sorted(found.clients["client"]) == sorted(side.client for side in sides)
    things = sum(len(side.items) for side in sides if side.items is not None)
    assert found.decisions["things"].sum() == things
    assert found.clients["to_decide"].sum() == things
    grave = [GRAVITY.index(name) for name in found.decisions["gravity"]]
    assert grave == sorted(grave)
    failed = found.clients["why"].notna().tolist()
    assert failed == sorted(failed, reverse=True)
    assert len(found.stopped) == sum(failed)
