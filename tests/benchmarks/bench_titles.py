"""How fast near-identical titles are found, side by side with taking every score, by kind of title (rule 18).

`make bench`, or `pytest tests/benchmarks/bench_titles.py`. How many tickets a month: sizes.py. Times are seconds of CPU
on one core; nothing is asserted about them, only that both ways find the same.
"""

from __future__ import annotations

import functools
import itertools
import resource
import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from cost import Cost
from months import MonthOf
from rapidfuzz import fuzz, process
from sizes import TITLES as TICKETS

from msp_report.metrics import requests, tickets
from msp_report.model import titles

T = TypeVar("T")

SAMPLE = 1_000
START, END = pd.Timestamp("2026-10-01", tz="UTC"), pd.Timestamp("2026-11-01", tz="UTC")
LOOK_BACK = pd.Timestamp("2026-09-01", tz="UTC")

TEMPLATES = [
    "Password reset for user {}",
    "Disk space low on server-{}",
    "Backup job {} failed",
    "Printer {} not working",
    "Access request for {} to finance share",
    "New laptop for employee {}",
    "Alert: CPU above 90 % on host {}",
    "VPN connection drops, ticket {}",
    "Please create mailbox for user {}",
    "Unlock account {}",
    "Scheduled reboot of srv{} failed",
    "Certificate expires on web{}",
]
ONSETS = ["b", "c", "d", "f", "g", "l", "m", "n", "p", "r", "s", "t", "st", "tr", "pl", "ch", "sh", ""]
VOWELS, CODAS = ["a", "e", "i", "o", "u", "ea", "ou"], ["", "n", "r", "s", "t", "ck", "ng"]
SYLLABLES = ["".join(sounds) for sounds in itertools.product(ONSETS, VOWELS, CODAS)]


@functools.cache
def vocabulary(size: int, exchange: str = "") -> np.ndarray:
    """Made-up words of one to four syllables; every two letters of `exchange` put the second for the first."""
    random = np.random.default_rng(7)
    syllables = random.choice(np.array(SYLLABLES, dtype=object), (2 * size, 4))
    syllables[np.arange(4) >= random.choice([1, 2, 3, 4], 2 * size, p=[0.2, 0.4, 0.3, 0.1])[:, None]] = ""
    words = pd.Series(syllables.sum(axis=1)).drop_duplicates().head(size)
    return words.str.translate(str.maketrans(exchange[::2], exchange[1::2])).to_numpy(object)


def ranks(count: int, size: int, random: np.random.Generator) -> np.ndarray:
    """Ranks by Zipf's law: the second most common comes up half as often as the first."""
    weight = 1 / np.arange(1, size + 1)
    return random.choice(size, count, p=weight / weight.sum())


def worded(n: int, random: np.random.Generator, words: np.ndarray, fewest: int, most: int) -> list[str]:
    """Titles of so many words, some words far more common than others."""
    lengths = random.integers(fewest, most + 1, n)
    chosen = words[ranks(lengths.sum(), len(words), random)]
    return [" ".join(part) for part in np.split(chosen, np.cumsum(lengths)[:-1])]


def of_zipf(n: int, random: np.random.Generator) -> list[str]:
    return worded(n, random, vocabulary(20_000), 5, 9)


def of_templates(n: int, random: np.random.Generator) -> list[str]:
    """Two sentences with a number each."""
    kind, number = ranks(2 * n, len(TEMPLATES), random), random.integers(1, 100_000, 2 * n)
    said = [TEMPLATES[k].format(x) for k, x in zip(kind, number, strict=True)]
    return [f"{one}: {two}" for one, two in zip(said[::2], said[1::2], strict=True)]


def of_both(n: int, random: np.random.Generator) -> list[str]:
    pairs = zip(random.random(n) < 0.5, of_zipf(n, random), of_templates(n, random), strict=True)
    return [one if first else two for first, one, two in pairs]


def of_long(n: int, random: np.random.Generator) -> list[str]:
    return [title[:255] for title in worded(n, random, vocabulary(20_000), 10, 20)]


def of_unicode(n: int, random: np.random.Generator) -> list[str]:
    russian = vocabulary(6_000, "aаbбcцdдeеfфgгiиkкlлmмnнoоpпrрsсtтuуhх")
    german = vocabulary(6_000, "oöuücß")
    chinese = np.array([chr(0x4E00 + k) for k in range(3_000)], dtype=object)
    kinds = [
        worded(n, random, russian, 2, 7),
        worded(n, random, german, 2, 7),
        ["".join(part) for part in chinese[ranks(8 * n, 3_000, random)].reshape(n, 8)],
    ]
    return [kinds[kind][k] for k, kind in enumerate(random.integers(0, 3, n))]


KINDS: dict[str, Callable[[int, np.random.Generator], list[str]]] = {
    "Zipf": of_zipf,
    "templates": of_templates,
    "both": of_both,
    "long": of_long,
    "unicode": of_unicode,
}


def two_months(kind: str, a_month: int) -> pd.DataFrame:
    """Tickets of a month and of the one before: title, opened_at, resolved_at."""
    random = np.random.default_rng(1)
    n = 2 * a_month
    days = np.sort(random.uniform(0, (END - LOOK_BACK) / pd.Timedelta(days=1), n))
    opened = LOOK_BACK + pd.to_timedelta(days, unit="D")
    desk = pd.DataFrame(
        {"title": pd.Series(KINDS[kind](n, random), dtype="str"), "opened_at": opened.as_unit("us")}
    )
    hours = random.lognormal(np.log(8), 1.6, n)
    return desk.assign(resolved_at=desk["opened_at"] + pd.to_timedelta(hours, unit="h").as_unit("us"))


def cpu(work: Callable[..., T], *given: Any) -> tuple[float, T]:
    begin = time.process_time()
    result = work(*given)
    return time.process_time() - begin, result


def peak_mb() -> int:
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size // (1024 * 1024 if sys.platform == "darwin" else 1024)


class EveryScore(titles.Texts):
    """The plain way: blocks of rapidfuzz's cdist."""

    def candidates(self, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        one, two = self.texts[a], self.texts[b]
        scorer = {"scorer": fuzz.token_set_ratio, "score_cutoff": titles.CUTOFF}
        return np.nonzero(process.cdist(one, two, **scorer, dtype=np.uint8, workers=1))

    def near(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.ones(len(a), bool)


def searches(kind: str, a_month: int) -> dict[str, tuple[pd.Series, ...]]:
    """What is asked for duplicates and for repeats of a month."""
    desk = two_months(kind, a_month)
    new = desk[desk["opened_at"] >= START]
    asked = new["title"], new["opened_at"]
    old = desk[desk["resolved_at"] > START]
    done = desk[(desk["resolved_at"] >= START - pd.Timedelta(days=32)) & (desk["resolved_at"] < END)]
    return {
        "duplicates": (*asked, old["title"], old["opened_at"], old["resolved_at"]),
        "repeats": (
            *asked,
            done["title"],
            done["resolved_at"],
            done["resolved_at"] + pd.Timedelta(days=30),
        ),
    }


def test_side_by_side_with_taking_every_score(bench, monkeypatch):
    given = [one for kind in KINDS for one in searches(kind, SAMPLE).values()]
    found: dict[type, list[pd.Series]] = {}

    def search(texts: type) -> Cost:
        monkeypatch.setattr(titles, "Texts", texts)
        begin = time.monotonic()
        seconds, results = cpu(lambda: [titles.earlier_match(*one)[0] for one in given])
        found[texts] = results
        return Cost(time.monotonic() - begin, seconds, 0)

    ways = {"every score of rapidfuzz": EveryScore, "ours": titles.Texts}
    ways = {name: lambda texts=texts: search(texts) for name, texts in ways.items()}
    bench.pairs("titles compared, ten kinds of search", ways, SAMPLE)
    expected, ours = found.values()
    for one, two in zip(expected, ours, strict=True):
        pd.testing.assert_series_equal(one, two)


def test_a_month_by_kind_of_title(say):
    say(f"\n{TICKETS:,} tickets of a month [s of CPU, peak MB of the process so far]")
    say(f"{'titles':12}{'search':12}{'found':>8}{'compared':>10}{'left out':>10}{'s':>8}{'MB':>7}")
    for kind in KINDS:
        for search, given in searches(kind, TICKETS).items():
            seconds, (found, compared) = cpu(titles.earlier_match, *given)
            counts = f"{found.notna().sum():8,}{compared.titles:10,}{compared.left_out:10,}"
            say(f"{kind:12}{search:12}{counts}{seconds:8.1f}{peak_mb():7,}")


CONTRACT = {
    "client": {"name": "Bench Ltd", "timezone": "Europe/London"},
    "provider": {"name": "Bench IT", "billing": "hourly"},
    "calendars": {"office": {"hours": {day: ["08:00-18:00"] for day in ("mon", "tue", "wed", "thu", "fri")}}},
    "tickets": {
        "priorities": {
            f"P{k}": {
                "calendar": "office",
                "response_min": 30 * k,
                "resolution_min": 480 * k,
                "attainment_ratio": 0.9,
            }
            for k in (1, 2, 3)
        },
        "hourly_rate": 95,
        "training": {"categories": ["how-to"], "words": ["how do i"]},
    },
}


def with_events(desk: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The canonical tables of these tickets: a first answer, a pause, a solve; in one of twenty a reopening."""
    random = np.random.default_rng(3)
    n = len(desk)
    desk = desk.assign(
        ticket_id=[f"T{k:07}" for k in range(n)],
        requester=[f"user{k}@bench.example" for k in random.integers(0, 5_000, n)],
        category=random.choice(["hardware", "software", "access", "how-to", "network"], n),
        asset=[f"pc-{k}" for k in random.integers(0, 8_000, n)],
        priority=random.choice(["P1", "P2", "P3"], n, p=[0.1, 0.3, 0.6]),
        status="closed",
        hours=random.gamma(2, 0.4, n).round(2),
    )
    life = desk["resolved_at"] - desk["opened_at"]
    back = random.random(n) < 0.05

    def step(
        part: float, field: str, before: str | None, after: str, rows: Any = slice(None)
    ) -> pd.DataFrame:
        at = (desk["opened_at"] + life * part)[rows]
        named = {"field": field, "from": before, "to": after}
        return pd.DataFrame({"ticket_id": desk["ticket_id"][rows], "at": at, **named})

    events = pd.concat([
        step(0.05, "comment", None, "on it"),
        step(0.1, "status", "new", "open"),
        step(0.4, "status", "open", "waiting_on_customer"),
        step(0.6, "status", "waiting_on_customer", "open"),
        step(1.0, "status", "open", "resolved"),
        step(1.2, "status", "resolved", "open", back),
        step(1.3, "status", "open", "resolved", back),
    ])  # fmt: skip
    events = events.assign(actor="agent", actor_kind="provider", public=True).sort_values("at", kind="stable")
    entries = desk[["ticket_id", "hours"]].assign(worked_on=desk["resolved_at"].dt.date)
    return desk, events[events["at"] < END].reset_index(drop=True), entries


def test_a_month_through_the_metrics(say):
    desk, events, entries = with_events(two_months("both", TICKETS))
    say(f"\n{TICKETS:,} tickets of a month, {len(desk):,} with look-back, {len(events):,} events [s of CPU]")
    seconds, history = cpu(tickets.history_of, desk, events, CONTRACT, END)
    say(f"{'history_of':20}{seconds:8.1f}")
    strategy = {"requesters": ["user1*@bench.example"]}
    tables = {"tickets": desk, "ticket_events": events, "time_entries": entries}
    month = MonthOf(START, END, CONTRACT, strategy, tables)
    for name, stage, given in (
        ("duplicates", tickets.duplicates, (history, START, END)),
        ("repeats", tickets.repeats, (history, CONTRACT, START, END)),
        ("tickets.analyse", tickets.analyse, (month,)),
        ("requests.analyse", requests.analyse, (month,)),
    ):
        seconds, result = cpu(stage, *given)
        say(f"{name:20}{seconds:8.1f}")
    assert result.opened == (desk["opened_at"] >= START).sum()
