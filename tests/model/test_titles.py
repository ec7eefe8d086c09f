"""Rule 18: near-identical titles, found without taking every score, and what was left out said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import workspaces
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz, process

from msp_report.model import titles
from msp_report.model.titles import CUTOFF, Compared, earlier_match

REAL = workspaces.REAL / "duplicates"

# Few words and letters, so that shared words, swapped words and slips of a letter all come up.
word = st.one_of(
    st.sampled_from(
        ["vpn", "printer", "password", "down", "jam", "server-01", "server-02", "Größe", "不能打印"]
    ),
    st.text("abc1 -é\xa0\x85", min_size=1, max_size=9),
)
title = st.one_of(st.none(), st.lists(word, max_size=6).map(" ".join))
moments = st.one_of(st.none(), st.integers(0, 12))


def scored(one: str | None, two: str | None) -> float:
    """The rule itself, word for word."""
    return fuzz.token_set_ratio((one or "").casefold(), (two or "").casefold())


def days(*numbers: float | None) -> pd.Series:
    return pd.Series(pd.Timestamp("2026-03-01", tz="UTC") + pd.to_timedelta(list(numbers), unit="D"))


def near(one: str | None, two: str | None) -> bool:
    new, old = pd.Series([two], dtype=object), pd.Series([one], index=["old"], dtype=object)
    return earlier_match(new, days(1), old, days(0), days(2))[0].to_list() == ["old"]


# ---------------------------------------------------------------- pairs


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("Printer jam", "printer JAM", True),  # case
        ("VPN down", "down: VPN", True),  # the colon belongs to its word: 1 letter of 17
        ("down VPN", "VPN  down down", True),  # order, blanks and repetition
        ("Printer jam", "Printer jam on floor 3", True),  # contained: 100
        ("password reset please", "pasword reset please", True),  # 1 letter of 41
        ("pasword rset plese", "password reset please", True),  # no word in common, 3 letters of 39: 92
        ("vpn", "vpm", False),  # 2 letters of 6
        ("disk full on server-0412", "disk full on server-0413", True),  # the rule says so
        ("replace htrace with noop tracer", "replace htrace with no-op tracer", True),
        ("fix failing test", "upgrade kafka to 3.4.0", False),
        ("", "", False),
        (None, None, False),
        ("  ", "printer", False),
        ("STRASSE gesperrt", "straße gesperrt", True),  # casefolded, not lowered
        ("printer\xa0jam", "jam printer", False),  # rapidfuzz takes no-break space for a letter ...
        ("принтер\xa0сломан", "сломан принтер", True),  # ... except beside letters beyond Latin-1
    ],
)
def test_pairs_by_the_rule(one, two, same):
    assert near(one, two) is same
    assert (scored(one, two) >= CUTOFF) is same


def test_a_hostile_title_costs_no_more_than_its_first_letters():
    assert near("x" * 1_000_000, "x" * 900_000 + "y")
    assert not near("\ud800 lone", "= 1+1")


# ---------------------------------------------------------------- pairs in time


def test_duplicate_only_while_the_first_is_open():
    said = pd.Series(["Mail down", "mail down", "mail down again", "vpn down"], index=list("ABCD"))
    opened = days(0, 1, 2, 1).set_axis(said.index)
    solved = days(1.5, 1.8, None, None).set_axis(said.index)
    # B comes while A is open; C after both were solved; D is another matter
    match, _ = earlier_match(said, opened, said, opened, solved)
    assert match.to_dict() == {"A": None, "B": "A", "C": None, "D": None}


def test_repeat_within_days_of_a_solve():
    said = pd.Series(["Mail down"] * 3, index=list("ABC"))
    opened, solved = days(0, 20, 55), days(1, 24, 56)
    match, _ = earlier_match(said, opened, said, solved, solved + pd.Timedelta(days=30))
    assert match.to_list() == [None, "A", None]  # C comes 31 days after B's solve


@pytest.mark.parametrize(("at", "found"), [(0, "old"), (0.999, "old"), (1, None), (-0.001, None)])
def test_ends_are_half_open(at, found):
    new, old = (pd.Series(["mail down"], index=[label]) for label in ("new", "old"))
    assert earlier_match(new, days(at), old, days(0), days(1))[0].to_list() == [found]


def test_two_opened_at_once_are_one_duplicate():
    said = pd.Series(["mail down", "mail down"], index=["second", "first"])
    match, _ = earlier_match(said, days(0, 0), said.iloc[::-1], days(0, 0), days(None, None))
    assert match.to_dict() == {"second": "first", "first": None}


def test_a_ticket_may_stand_several_times_and_never_matches_itself():
    said = pd.Series(["mail down", "mail down"], index=["A", "B"])
    stands = pd.Series(["mail down", "mail down"], index=["A", "A"])
    match, _ = earlier_match(said, days(5, 6), stands, days(0, 4), days(2, 7))
    assert match.to_dict() == {"A": None, "B": "A"}


def test_empty_frames_and_unequal_lengths():
    none = pd.Series([], dtype=object)
    match, compared = earlier_match(none, days(), none, days(), days())
    assert match.empty
    assert compared == Compared(0, 0)
    assert earlier_match(pd.Series(["a"]), days(0), none, days(), days())[0].to_list() == [None]
    with pytest.raises(ValueError, match="of one length"):
        earlier_match(pd.Series(["a"]), days(), none, days(), days())


# ---------------------------------------------------------------- against comparing everything


def slowly(said: pd.Series, at: pd.Series, since: pd.Series, until: pd.Series) -> list:
    """The rule, one pair at a time: of the tickets that match, the one that began last."""
    texts, asked, begun, ended = (list(series) for series in (said, at, since, until))

    def stands(i: int, j: int) -> bool:
        return (
            i != j
            and (begun[j] < asked[i] or (begun[j] == asked[i] and j < i))
            and (pd.isna(ended[j]) or asked[i] < ended[j])
            and scored(texts[i], texts[j]) >= CUTOFF  # last, because it is slow
        )

    true = [[j for j in range(len(said)) if stands(i, j)] for i in range(len(said))]
    return [said.index[max(rows, key=lambda j: (begun[j], j))] if rows else None for rows in true]


@examples(100)
@given(st.lists(st.tuples(title, moments, moments, moments), max_size=18), st.sampled_from([1, 2, 500]))
def test_no_match_is_lost_or_invented(rows, size):
    said = pd.Series([row[0] for row in rows], dtype=object, index=[f"T{i}" for i in range(len(rows))])
    at, since, until = (days(*(row[k] for row in rows)) for k in (1, 2, 3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(titles, "_GROUP", size)
        patch.setattr(titles, "_PART", size)
        match, compared = earlier_match(said, at, said, since, until)
    assert match.to_list() == slowly(said, at, since, until)
    assert compared.left_out == 0


ENGLISH = ["printer", "on", "floor", "does", "not", "print", "since", "monday", "help", "error", "mail"]
RUSSIAN = ["принтер", "на", "этаже", "не", "печатает", "ошибка", "почта"]
MOULDS = {
    "numbers": lambda r: f"Password reset for user {r.integers(100_000)}",
    "equal": lambda r: ["Printer not working", "VPN down", "Cannot log in"][r.integers(3)],
    "tiny": lambda r: " ".join(r.choice(ENGLISH, r.integers(1, 9))),
    "long": lambda r: " ".join(r.choice(ENGLISH, r.integers(15, 50)))[:450],
    "unicode": lambda r: " ".join(
        [*r.choice(RUSSIAN, r.integers(1, 6)), "".join(r.choice(list("不能打印机"), 4))]
    ),
}


@pytest.mark.parametrize("mould", MOULDS)
def test_no_match_is_lost_among_titles_of(mould):
    random = np.random.default_rng(7)
    said = [MOULDS[mould](random) for _ in range(150)]
    # Slips of a letter or a few, and words in another order.
    slipped = [
        t[:k] + "x" * (k % 4) + t[k + k % 3 :] for t, k in zip(said, random.integers(0, 30, 150), strict=True)
    ]
    turned = [" ".join(random.permutation(t.split())) for t in slipped[:50]]
    said = pd.Series(random.permutation([*said, *slipped, *turned]), dtype=object)
    at = days(*random.integers(0, 40, len(said)))
    until = at + pd.to_timedelta(random.integers(0, 9, len(said)), unit="D")
    match, _ = earlier_match(said, at, said, at, until)
    assert match.to_list() == slowly(said, at, at, until)
    assert match.notna().any()


# ---------------------------------------------------------------- how far it looked


def test_only_the_newest_are_compared_and_the_rest_is_counted(monkeypatch):
    old = pd.Series(["mail down", "vpn down", "printer jam", "no disk left"], index=list("ABCD"))
    new = pd.Series(["vpn down", "mail down"], index=["X", "Y"])
    stands = old, days(0, 1, 2, 3), days(9, 9, 9, 9)
    match, compared = earlier_match(new, days(5, 6), *stands)
    assert (match.to_list(), compared, compared.coverage) == (["B", "A"], Compared(4, 0), None)
    monkeypatch.setattr(titles, "MOST", 3)
    match, compared = earlier_match(new, days(5, 6), *stands)
    assert (match.to_list(), compared, compared.coverage) == (["B", "A"], Compared(3, 1, 1, 1), None)
    monkeypatch.setattr(titles, "DRAWN", 0)
    match, compared = earlier_match(new, days(5, 6), *stands)
    assert (match.to_list(), compared, compared.coverage) == (["B", None], Compared(3, 1, unsure=1), 0.75)
    assert compared.more == 1
    # What is solved by then, or has no title, takes no other's place.
    match, compared = earlier_match(new, days(5, 6), old.where(old.index != "C"), days(0, 1, 2, 3), stands[2])
    assert (match.to_list(), compared) == (["B", "A"], Compared(3, 0))
    match, compared = earlier_match(new, days(5, 6), old, days(0, 1, 2, 3), days(9, 9, 9, 4))
    assert (match.to_list(), compared) == (["B", "A"], Compared(3, 0))


def test_a_month_of_very_many_tickets_compares_each_with_fewer(monkeypatch):
    old = pd.Series(["mail down", "vpn down", "printer jam", "no disk left"], index=list("ABCD"))
    new = pd.Series(["vpn down", "mail down", "printer jam"], index=["X", "Y", "Z"])
    stands = old, days(0, 1, 2, 3), days(9, 9, 9, 9)
    monkeypatch.setattr(titles, "LEAST", 1)
    monkeypatch.setattr(titles, "DRAWN", 0)
    for pairs, found in ((12, "BAC"), (9, "B C"), (6, "  C"), (1, "   ")):
        monkeypatch.setattr(titles, "PAIRS", pairs)
        match, compared = earlier_match(new, days(5, 6, 7), *stands)
        assert "".join(one or " " for one in match) == found
        left_out = 4 - max(1, pairs // 3)
        assert compared == Compared(max(1, pairs // 3), left_out, unsure=found.count(" "))


def test_a_draw_tells_how_many_more_may_have_a_match(monkeypatch):
    """What is found is true, and of 40 months in at least 38 no more was there than the draw allows."""
    monkeypatch.setattr(titles, "MOST", 20)
    monkeypatch.setattr(titles, "DRAWN", 40)
    random, held = np.random.default_rng(18), 0
    for month in range(40):
        old = pd.Series([f"{a:x}{month:03}" for a in random.permutation(10**6)[:100] + 10**7])
        again = random.random(150 + month) < (0.0, 0.02, 0.1, 0.3)[month % 4]  # as many tickets, another draw
        new = [random.choice(old[:75]) if one else f"new {random.integers(10**12):x}" for one in again]
        said = pd.Series(new, [f"T{place}" for place in range(len(new))])
        stands = old, days(*[0] * len(old)), days(*[None] * len(old))
        match, compared = earlier_match(said, days(*range(1, len(said) + 1)), *stands)
        true = np.isin(new, old)
        assert not (match.notna() & ~true).any()
        assert compared.drawn == 40 and compared.unsure == match.isna().sum() - (40 - compared.matched)
        held += true.sum() - match.notna().sum() <= compared.more
    assert held >= 38


def test_who_is_settled_is_neither_drawn_nor_unsure(monkeypatch):
    monkeypatch.setattr(titles, "MOST", 1)
    monkeypatch.setattr(titles, "DRAWN", 1)
    said = titles.Texts.of(pd.Series(["mail down", "vpn down", "mail down", "mail down", "vpn down"]))
    asked, since = days(5, 6, 7).set_axis([2, 3, 4]), days(1, 2)
    _, compared = titles.matches(
        said, asked, since, days(9, 9), settled=pd.Series([True, True, False], [2, 3, 4])
    )
    assert compared == Compared(1, 1)  # the last alone is not settled, and has a match in what is compared
    _, compared = titles.matches(said, asked, since, days(9, 9), settled=pd.Series([True, False, True]))
    assert compared == Compared(1, 1, 1, 1)
    match, compared = titles.matches(said, asked, since, days(9, 9))
    assert compared == Compared(1, 1, 1, 1, 1) and match.notna().sum() == 2 and compared.more == 1


@examples(50)
@given(st.lists(st.tuples(title, moments, moments, moments), max_size=14), st.randoms())
def test_known_titles_give_the_same_matches(rows, random):
    said = pd.Series([row[0] for row in rows], dtype=object)
    at, since, until = (days(*(row[k] for row in rows)) for k in (1, 2, 3))
    places = random.sample(range(len(rows)), len(rows))
    new, old = sorted(places[: len(rows) // 2]), places[len(rows) // 3 :]
    expected = earlier_match(said.iloc[new], at.iloc[new], said.iloc[old], since.iloc[old], until.iloc[old])
    known = titles.matches(titles.Texts.of(said), at.iloc[new], since.iloc[old], until.iloc[old])
    assert known[0].fillna(-1).tolist() == [-1 if one is None else one for one in expected[0]]
    assert known[1] == expected[1]


# ---------------------------------------------------------------- recall


@pytest.mark.real
@pytest.mark.skipif(not REAL.exists(), reason="needs the public data sets in ../shared/real")
def test_recall_of_labelled_duplicates():
    issues = pd.read_csv(REAL / "hadoop_bugs.csv", dtype=str).set_index("Issue id")["Summary"]
    labels = pd.read_csv(REAL / "hadoop_bugs-combined.csv", dtype=str).dropna()
    labels = labels.assign(other=labels["Duplicate id"].str.split(", ")).explode("other")
    labelled = {frozenset(pair) for pair in zip(labels["Issue id"], labels["other"], strict=True)}
    folded = issues.str.casefold()
    scores = process.cdist(folded, folded, scorer=fuzz.token_set_ratio, score_cutoff=CUTOFF, dtype=np.uint8)
    found = {frozenset(issues.index[list(pair)]) for pair in np.argwhere(np.tril(scores, -1))}
    score = np.array([scored(*issues[list(pair)]) for pair in labelled])
    assert (len(issues), len(labelled), len(found), len(found & labelled)) == (2503, 66, 249, 10)
    assert sum(len(set(folded[list(pair)])) == 1 for pair in found - labelled) == 26
    # As metrics/requests.py says: lower marks find little more, and half of the pairs share hardly a word.
    assert [(score >= mark).sum() for mark in (90, 80, 60)] == [10, 17, 33]
