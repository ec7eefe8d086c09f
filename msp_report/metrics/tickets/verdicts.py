"""The verdict on the clocks of a period, by the contract's own reading of the rules and by every other (11, 15)."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from msp_report.metrics.tickets.course import Course, Decided, alive, priorities
from msp_report.metrics.tickets.history import micros
from msp_report.metrics.tickets.unread import Unread
from msp_report.model.figures import judge
from msp_report.model.gate import decide
from msp_report.model.names import mistaken, unsure_whose
from msp_report.model.reach import Reach
from msp_report.model.texts import among
from msp_report.params import Contract, as_contract

_PARTS = {
    "pause": ("yes", "no"),
    "hours": ("contract", "round the clock"),
    "solve": ("last", "first"),
    "priority": ("first", "final"),
}

_PART_PLACES = {part: place for place, part in enumerate(_PARTS)}


class Reading(NamedTuple):
    """One way to read the rules of a ticket's clock (rule 11); the contract's own is the default."""

    pause: str = "yes"
    hours: str = "contract"
    solve: str = "last"
    priority: str = "first"

    def __str__(self) -> str:
        return ",".join(f"{part}={value}" for part, value in zip(self._fields, self, strict=True))

    @property
    def changed(self) -> tuple[str, ...]:
        """The parts in which it differs from the contract's own reading."""
        return tuple(part for part, a, b in zip(self._fields, self, Reading(), strict=True) if a != b)


READINGS = tuple(Reading(*parts) for parts in itertools.product(*_PARTS.values()))


#: Why a verdict is left open: what the records say of it.
ENDED_BEFORE = "clocks that ended before the month and that no month counts"
CONTRADICTED = "tickets that contradict themselves"


def attainment(
    clocks: pd.DataFrame,
    contract: Contract | Mapping[str, Any],
    start: pd.Timestamp,
    end: pd.Timestamp,
    *,
    uncounted: Collection[str] = (),
    other: pd.DataFrame | None = None,
    doubts: Mapping[str, str] | None = None,
    reach: Reach | None = None,
    outside: tuple[str, ...] = (),
    unread: Unread | None = None,
    own_word: bool = True,
) -> pd.DataFrame:
    """How many clocks were met and breached in a period, by clock and priority.

    Parameters: `clocks` as `clocks_of` gives them at the cut-off `end`; `contract`; `start`, `end` [UTC];
    `uncounted`, the tickets whose clocks no earlier month counts (`doubts.uncounted`); `other`, the clocks of tickets
    that contradict themselves with their other side believed; `doubts`, by clock, why the source cannot be believed at
    all; `reach`, how much of the period the tickets speak of: all where None; `outside`, priorities that are known and
    none of this contract's; `unread`, the rejected rows; `own_word`, whether the tickets are the provider's own word
    (rule 50).
    Returns: one row per clock (response, resolution) and priority, the contract's in its order, then others in
    use, then all (priority empty): met, breached, undecided (at `end`), attainment_ratio (missing where none is
    decided), target_ratio (in force on the first day; none is agreed for all), verdict, agreed (a target in
    minutes holds for it), clause, ended_before (clocks of `uncounted` that ended before `start`), low and
    high (by what is contradicted or counted nowhere; missing where nothing is), why (it is left open).
    Edge cases decided: of a ticket that contradicts itself the side that is worse (better) for the share
    counts in low (high), and so do rejected rows (42): one that may be of a priority is one more breach, or one
    more that was met; what ended before and no month counts is in both ends with all, and without; a clock
    counts in the period in which it was decided; a priority without an agreed target in minutes has no clocks
    to decide and is no_target; without response data the response is no_data; tickets of the period whose priority
    nobody agreed and that may be another's count in that one's low as breached and in its high as met; beyond the
    reach any number of clocks may have been met or breached.
    Source: rules 15, 41, 42, 43, 44, 46.
    """
    contract = as_contract(contract)
    doubts = doubts or {}
    clocks = clocks[clocks["opened_at"] < end]
    missed = clocks[among(clocks["ticket_id"], pd.Index(uncounted, dtype="str"))]
    clocks = alive(clocks, start)
    names = priorities(pd.concat([clocks["priority"], missed["priority"]]), contract, start)
    places, missed_places = (_places(rows["priority"], names) for rows in (clocks, missed))
    strange = _of_strange_priorities(
        clocks["priority"][clocks["opened_at"] >= start], contract, names, outside
    )
    frames = []
    for clock in ("response", "resolution"):
        at, met = clocks[f"{clock}_decided_at"], clocks[f"{clock}_met"].fillna(False).astype(bool)
        decided = at < end
        now = decided & (at >= start)
        chosen = {
            "met": now & met,
            "breached": now & ~met,
            "undecided": clocks[f"{clock}_due_at"].notna() & ~decided,
        }
        counts = _clock_counts(places, chosen, len(names))
        agreed = _has_target(contract, clock, names, start, counts)
        earlier, hit = (
            missed[f"{clock}_decided_at"] < start,
            missed[f"{clock}_met"].fillna(False).astype(bool),
        )
        chosen = {"met": earlier & hit, "breached": earlier & ~hit}
        before = _clock_counts(missed_places, chosen, len(names))
        sided = _sides(clocks, other, clock, start, end, names)
        table = _judged_counts(contract, start, clock, names, counts, agreed)
        more, lost = None, [None] * len(table)
        if unread is not None and len(unread):
            more = unread.more(clock, _outcome(clocks, clock, start, end), names)
            lost = [unread.why(clock, name) for name in table["priority"]]
        own = own_word and (unread is None or unread.own_word)
        frames.append(_left_open(table, before, sided, doubts.get(clock), strange, more, lost, own))
    table = pd.concat(frames, ignore_index=True)
    if reach is None or reach.is_whole:
        return table
    known, turned = table["attainment_ratio"].notna(), reach.left_open(table["verdict"])
    table = table.assign(low=table["low"].mask(known, 0.0), high=table["high"].mask(known, 1.0))
    return reach.take(table, turned)


def _of_strange_priorities(
    priority: pd.Series, contract: Contract, names: list[str], outside: tuple[str, ...]
) -> tuple[np.ndarray, list[str | None]]:
    """By priority and in all, how many tickets of strange priorities may be its own, and the sentence that says so."""
    known = [name for _, version in contract.versions for name in version.tickets.priorities]
    counts = priority.value_counts()
    found = mistaken(set(counts.index) - {*known, *outside}, (), set(known))
    told = [found.get(name, ()) for name in [*names, ""]]
    return np.array([counts[list(those)].sum() for those in told], np.int64), [unsure_whose(t) for t in told]


def _sides(
    clocks: pd.DataFrame,
    other: pd.DataFrame | None,
    clock: str,
    start: pd.Timestamp,
    end: pd.Timestamp,
    names: list[str],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What may be added to met and breached, at the worst (met, breached) and at the best, by priority and in all."""
    if other is None or other.empty:
        nothing = np.zeros(len(names) + 1, np.int64)
        return nothing, nothing, nothing, nothing
    mine = clocks[among(clocks["ticket_id"], other["ticket_id"])]
    codes = pd.DataFrame(
        {"own": _outcome(mine, clock, start, end), "other": _outcome(other, clock, start, end)}
    )
    codes = codes.fillna(1)  # neither met nor breached in the period
    priority = pd.concat([mine, other]).drop_duplicates("ticket_id").set_index("ticket_id")["priority"]
    places = _places(priority.reindex(codes.index), names)
    own = codes["own"]

    def more(end_of_it: pd.Series, code: int) -> np.ndarray:
        by = _clock_counts(places, {"then": end_of_it == code, "now": own == code}, len(names))
        return by["then"] - by["now"]

    worst, best = codes.min(axis=1), codes.max(axis=1)
    return more(worst, 2), more(worst, 0), more(best, 2), more(best, 0)


def _outcome(clocks: pd.DataFrame, clock: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.Series:
    """By ticket: 0 breached, 1 neither, 2 met in the period."""
    at, met = clocks[f"{clock}_decided_at"], clocks[f"{clock}_met"].fillna(False).astype(bool)
    now = (at >= start) & (at < end)
    return pd.Series(np.select([now & met, now], [2, 0], 1), clocks["ticket_id"].array)


def _left_open(
    table: pd.DataFrame,
    before: dict[str, np.ndarray],
    sided: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    doubt: str | None,
    strange: tuple[np.ndarray, list[str | None]],
    more: tuple[np.ndarray, ...] | None,
    lost: list[str | None],
    own_word: bool,
) -> pd.DataFrame:
    """The table with its interval, and with the verdicts that it leaves: `sided` and `more` as `_sides` gives them, by
    what contradicts itself and by what was rejected (`lost`, which rows)."""
    contradicted = np.any([side != 0 for side in sided], axis=0)
    if more is not None:
        sided = tuple(one + two for one, two in zip(sided, more, strict=True))
    ends = []
    strays, whose = strange
    worst, best = (sided[0], sided[1] + strays), (sided[2] + strays, sided[3])
    for met, breached in (worst, best):
        for with_met, with_breached in ((0, 0), (before["met"], before["breached"])):
            hit = (table["met"] + met + with_met).clip(lower=0)
            late = (table["breached"] + breached + with_breached).clip(lower=0)
            ends.append((hit / (hit + late)).to_numpy(float))
    every = np.vstack([table["attainment_ratio"].to_numpy(float), *ends])
    low, high = np.fmin.reduce(every), np.fmax.reduce(every)
    known = table["attainment_ratio"].notna() & (low < high)
    table = table.assign(
        ended_before=before["met"] + before["breached"],
        low=pd.Series(low).where(known),
        high=pd.Series(high).where(known),
    )
    unsure = [
        rows or (None if pd.isna(value) else CONTRADICTED if sides else other or ENDED_BEFORE)
        for rows, sides, other, value in zip(
            lost, contradicted, whose, table["attainment_ratio"], strict=True
        )
    ]
    decided = [
        decide(
            plain(value),
            plain(target),
            "higher",
            low=plain(low),
            high=plain(high),
            doubt=doubt,
            unsure=reason,
            lost=rows,
            own_word=own_word,
        )
        for value, target, low, high, reason, rows in zip(
            *(table[name] for name in ("attainment_ratio", "target_ratio", "low", "high")),
            unsure,
            lost,
            strict=True,
        )
    ]
    table["verdict"] = [
        one.verdict if held else "no_target" for one, held in zip(decided, table["agreed"], strict=True)
    ]
    why = [one.why if held else None for one, held in zip(decided, table["agreed"], strict=True)]
    return table.assign(why=pd.Series(why, dtype="str"))


def plain(value: float) -> float | None:
    """A number, or None where it is missing."""
    return None if pd.isna(value) else float(value)


def rules(
    course: Course, contract: Contract | Mapping[str, Any], start: pd.Timestamp, end: pd.Timestamp
) -> pd.DataFrame:
    """Attainment in a period under all sixteen readings of the rules.

    Parameters: `course` of a history up to `end`; `contract`; `start`, `end` [UTC].
    Returns: one row per clock, priority (all: empty) and rule, the contract's own reading first: clock, priority,
    rule (pause=…,hours=…,solve=…,priority=…), met, breached, undecided, attainment_ratio, target_ratio, verdict, own
    (the contract's own reading).
    Edge cases decided: with solve=first a reopening never voids the solve; with priority=final a ticket counts
    under its priority at the cut-off, with that one's target and calendar at its start; round the clock keeps
    the target's minutes. Pauses and the choice of the solve do not touch the response clock (rules 13, 14).
    Source: rule 11.
    """
    contract = as_contract(contract)
    first, last = (int(at) for at in micros([start, end]))
    # Whatever stopped before the period was decided before it, under every reading.
    running = (course.standing >= first) | ((course.response >= first) & course.heard)
    live = course.only(running & (course.removed >= first))
    names = priorities(pd.concat([live.priority, live.priority_now]), contract, start)
    frames = []
    for hours, priority in itertools.product(_PARTS["hours"], _PARTS["priority"]):
        terms = live.terms(hours, priority)
        places = _places(live.priority if priority == "first" else live.priority_now, names)
        response = live.response_due(terms)
        resolution = {
            "yes": live.resolution_due(terms, live.paused(terms)),
            "no": live.resolution_due(terms, None),
        }
        for pause, solve in itertools.product(_PARTS["pause"], _PARTS["solve"]):
            rule = str(Reading(pause, hours, solve, priority))
            stop = live.standing if solve == "last" else live.first
            for clock, decided in (
                ("response", Decided.of(live.response, response, last, live.removed)),
                ("resolution", Decided.of(stop, resolution[pause], last, live.removed)),
            ):
                counts = _clock_counts(places, decided.since(first), len(names))
                agreed = _has_target(contract, clock, names, start, counts)
                table = _judged_counts(contract, start, clock, names, counts, agreed)
                frames.append(table.assign(rule=rule, own=rule == str(Reading())))
    table = pd.concat(frames, ignore_index=True)
    rank = {str(reading): place for place, reading in enumerate(READINGS)}
    order = np.lexsort(
        (
            table["rule"].map(rank),
            table["priority"].map({name: place for place, name in enumerate([*names, ""])}),
            table["clock"] != "response",
        )
    )
    columns = ["clock", "priority", "rule", "met", "breached", "undecided"]
    return table.iloc[order][[*columns, "attainment_ratio", "target_ratio", "verdict", "own"]].reset_index(
        drop=True
    )


def robustness(rules: pd.DataFrame) -> pd.DataFrame:
    """Whether a verdict hangs on the reading of the rules.

    Parameters: `rules` as given by `rules`.
    Returns: one row per clock and priority: clock, priority, robust (pass: every reading that decides anything
    meets; fail: every one misses; fragile; missing where the contract's own reading has neither), flipped_by (the
    first part whose change alone flips the verdict; where only several together do, the fewest, joined by `and`).
    Source: rule 11.
    """
    fewest = sorted(
        READINGS, key=lambda reading: (len(reading.changed), *map(_PART_PLACES.get, reading.changed))
    )
    rank = rules["rule"].map({str(reading): place for place, reading in enumerate(fewest)})
    table = rules[["clock", "priority", "verdict"]].assign(rank=rank).sort_values("rank", kind="stable")
    keys = ["clock", "priority"]
    own = rules.loc[rules["own"]].set_index(keys)["verdict"]
    judged = table[table["verdict"].isin(["met", "missed"])]
    other = judged[judged["verdict"] != own.reindex(pd.MultiIndex.from_frame(judged[keys])).to_numpy()]
    flip = other.drop_duplicates(keys).set_index(keys)["rank"].map(lambda r: " and ".join(fewest[r].changed))
    result = pd.DataFrame({"own": own, "flipped_by": flip.reindex(own.index)})
    steady = result["own"].map({"met": "pass", "missed": "fail"})
    result["robust"] = steady.where(result["flipped_by"].isna() | steady.isna(), "fragile")
    result.loc[steady.isna(), "flipped_by"] = None
    return result.reset_index()[["clock", "priority", "robust", "flipped_by"]]


def _places(priority: pd.Series, names: list[str]) -> np.ndarray:
    """The place of each priority among the names."""
    return pd.Index(names).get_indexer(priority)


def _clock_counts(places: np.ndarray, chosen: Mapping[str, Any], n: int) -> dict[str, np.ndarray]:
    """How many clocks were chosen by each name, of each of n priorities, then of all."""
    flags = {name: np.asarray(one) for name, one in chosen.items()}
    return {name: np.append(np.bincount(places[one], minlength=n), one.sum()) for name, one in flags.items()}


def _has_target(
    contract: Contract, clock: str, names: list[str], start: pd.Timestamp, counts: dict[str, np.ndarray]
) -> np.ndarray:
    """Which priorities have a target in minutes, on the first day or for a clock that counts; all: any has."""
    known = contract.on(start).tickets.priorities
    flags = [name in known and getattr(known[name], f"{clock}_min") is not None for name in names]
    flags = np.append(np.array(flags, bool), any(flags))
    return flags | (sum(counts.values()) > 0)


def _judged_counts(
    contract: Contract,
    start: pd.Timestamp,
    clock: str,
    names: list[str],
    counts: dict[str, np.ndarray],
    agreed: np.ndarray,
) -> pd.DataFrame:
    """Counts with their ratio, the target in force on the first day, and the verdict."""
    known = contract.on(start).tickets.priorities
    held_by = zip(names, agreed[:-1], strict=True)
    targets = [known[name].attainment_ratio if held and name in known else None for name, held in held_by] + [
        None
    ]
    clauses = [known[name].clause if name in known else None for name in names] + [None]
    decided = counts["met"] + counts["breached"]
    ratio = np.divide(counts["met"], decided, out=np.full(len(decided), np.nan), where=decided > 0)
    verdicts = [
        judge(value, target, "higher") if held else "no_target"
        for value, target, held in zip(ratio, targets, agreed, strict=True)
    ]
    return pd.DataFrame(
        {
            "clock": clock,
            "priority": [*names, ""],
            **counts,
            "attainment_ratio": ratio,
            "target_ratio": np.array(targets, float),
            "verdict": verdicts,
            "agreed": agreed,
            "clause": clauses,
        }
    )
