"""Which table a file of no known vendor may serve, and by which of its columns: by names, kinds and values.

Nothing is guessed in silence: what two columns may mean, what no word of ours names and what the file cannot tell is a
question, and a column that it leaves in doubt is not read until the question is answered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd
from rapidfuzz import fuzz

from msp_report.intake.recognise import left, patches, words
from msp_report.intake.recognise.left import IN_ORDER
from msp_report.intake.recognise.sketch import NOTHING, PLACES, Seen, Sketch, in_order, read_times
from msp_report.model.tables import TABLES, Column, Table
from msp_report.params.layout import quoted

#: A score from which a column is taken, and how far it must lie over the next one.
ENOUGH, MARGIN = 0.7, 0.1
#: How far a table must lie over the next one.
TABLE_MARGIN = 0.06
#: Names that say little: any table has such a column.
_GENERIC = frozenset(
    {"id", "number", "no", "nr", "key", "ref", "reference", "name", "type", "date", "time", "from", "to", "by", "at",
     "datum", "nom", "numero", "nummer", "data", "fecha", "typ", "tipo", "user", "contact", "value", "p", "art", "von",
     "price", "preis", "prix", "precio", "prezzo", "prijs", "preco", "cena", "pris", "rate",
     "code", "codigo", "codice"}
)  # fmt: skip
#: Columns that may have one value in all rows of a file.
_OF_ALL_ROWS = frozenset(
    {
        "service",
        "vendor",
        "duty",
        "resource",
        "metric",
        "currency",
        "job",
        "asset",
        "by",
        "owner",
        "checked_by",
    }
)
#: Times that follow one another, by table.
_COURSE = {"tickets": ("opened_at", "first_response_at", "resolved_at", "closed_at")}
#: Required columns for which a file may have no column of its own, as `init` can ask or make them.
_OBTAINED = {
    "tickets": {"priority"},
    "outages": {"state", "service"},
    "checks": {"service"},
    "samples": {"metric", "value", "resource"},
    "purchases": {"document", "line", "quantity", "vendor"},
    "entitlements": {"entitlement_id", "metric"},
    "projects": {"as_of", "status"},
    "backup_jobs": {"asset", "job"},
    "duty_evidence": {"duty"},
    "decisions": {"role", "decision"},
    "prices": {"currency"},
    "time_entries": {"entry_id"},
    "installs": set(),
}


@dataclass(frozen=True)
class Question:
    """What only a person can say. `path`: where its answer stands in the file of answers."""

    path: tuple[str, ...]
    text: str
    why: str
    choices: tuple[str, ...] = ()
    default: str | None = None
    """What seems likeliest; it is not taken."""
    blocks: bool = False
    """Whether nothing can be read of the file until it is answered."""

    @property
    def id(self) -> str:
        """Its path in one word."""
        return ".".join(self.path)


@dataclass(frozen=True)
class Found:
    """A header for a column: how sure, and why."""

    header: str
    score: float
    why: str

    @property
    def sureness(self) -> str:
        """sure or likely."""
        return "sure" if self.score >= 0.95 else "likely"


@dataclass
class Guess:
    """How a file may be read as a table."""

    table: str
    sketch: Sketch
    score: float
    columns: dict[str, Found] = field(default_factory=dict)
    values: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    """Canonical column: {our value: theirs}."""
    unknown: dict[str, dict[str, int]] = field(default_factory=dict)
    """Canonical column: {their value that no word of ours names: rows}."""
    dates: dict[str, tuple[str, ...]] = field(default_factory=dict)
    durations: dict[str, str] = field(default_factory=dict)
    nulls: dict[str, list[str]] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    default: dict[str, str] = field(default_factory=dict)
    unpivot: dict[str, str] = field(default_factory=dict)
    record: str | None = None
    decimal: str | None = None
    day_hours: str | None = None
    where: str | None = None
    shape: str | None = None
    unread: tuple[str, ...] = ()
    needs_zone: bool = False
    """Whether it has times without an offset."""
    notes: dict[str, str] = field(default_factory=dict)
    """Canonical column, or key: what to say beside it."""
    questions: list[Question] = field(default_factory=list)

    @property
    def months(self) -> pd.Series:
        """The months of its rows, by the column that says to which one they belong; none where that is in doubt."""
        period = TABLES[self.table].period
        if period not in self.columns or period not in self.dates:
            return pd.Series(dtype="str")
        times = read_times(self.sketch.texts(self.columns[period].header), self.dates[period])
        return times.dropna().dt.strftime("%Y-%m")

    @property
    def is_blocked(self) -> bool:
        """Whether a question has to be answered before anything can be read."""
        return any(question.blocks for question in self.questions)


@dataclass(frozen=True)
class Hints:
    """What a person has said of a file."""

    table: str | None = None
    date_order: str | None = None
    decimal: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    """Canonical column: header."""
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Canonical column: {their value: ours}."""
    constants: Mapping[str, str] = field(default_factory=dict)
    durations: Mapping[str, str] = field(default_factory=dict)
    day_hours: str | None = None
    record: str | None = None
    where: str | None = None


def unknown(
    seen: Sketch, hints: Hints | None = None, asked: tuple[str, ...] = ("files", "this")
) -> list[Guess]:
    """The tables that a file may serve, the likeliest first; `asked` is where its answers stand."""
    hints = hints or Hints()
    if not seen.rows or not seen.columns:
        return []
    if (
        hints.table in (None, "duty_evidence")
        and not hints.columns
        and (listed := _of_patches(seen, hints, asked))
    ):
        return [listed]
    guesses = []
    for name in (hints.table,) if hints.table else words.tables():
        guess = _assigned(seen, TABLES[name], hints)
        if guess is not None:
            guesses.append(guess)
    guesses.sort(key=lambda guess: -guess.score)
    for guess in guesses[:2]:
        _settle(guess, hints, asked)
    if guesses and not hints.table and (why := _table_in_doubt(guesses)):
        choices = tuple(guess.table for guess in guesses[:3])
        text = f"What does {seen.path.name} hold?"
        question = Question((*asked, "table"), text, why, (*choices, "none"), choices[0], blocks=True)
        guesses[0].questions.insert(0, question)
    return guesses


def _of_patches(seen: Sketch, hints: Hints, asked: tuple[str, ...]) -> Guess | None:
    """A list of patches as proofs of a duty, a day each; None for another file."""
    found = patches.shape(seen, hints, _named)
    if found is None:
        return None
    when, query = found
    guess = Guess(
        "duty_evidence", seen, 1.0, shape=query, constants={"duty": hints.constants.get("duty", "patching")}
    )
    guess.columns = {name: Found(f"told_{said}", 0.8, "made by shape") for name, said in _OF_PATCHES.items()}
    guess.notes["shape"] = f"patches of one day by {when.name!r} are one proof; what failed is none"
    if query is None:
        guess.questions.append(_order_question(guess, when, f"{when.values[0]!r} may be either", asked, True))
    guess.needs_zone = when.zoned < 1.0
    return guess


#: What the query over a list of patches gives.
_OF_PATCHES = {"done_at": "day", "evidence": "evidence"}


def _table_in_doubt(guesses: list[Guess]) -> str | None:
    """Why it is not certain which table a file holds; None where it is."""
    best = guesses[0]
    if len(guesses) > 1 and best.score - guesses[1].score < TABLE_MARGIN:
        return "its columns fit several tables"
    required = TABLES[best.table].required
    sure = [name for name in required if name in best.columns and best.columns[name].score >= 0.9]
    if len(sure) <= 0.5 * len(required) and best.table not in _spoken_of(best.sketch):
        return "its columns have names that many tables have"
    return None


def _spoken_of(seen: Sketch) -> set[str]:
    """The tables of which the names of a file, its sheet or its list speak."""
    return set(words.cue(f"{seen.path.stem} {seen.sheet or ''} {seen.records or ''}"))


# ---------------------------------------------------------------- which column


def _assigned(seen: Sketch, table: Table, hints: Hints) -> Guess | None:
    """The best assignment of headers to a table's columns; None where hardly anything fits."""
    columns = table.columns
    scores = np.zeros((len(columns), len(seen.columns)))
    for place, column in enumerate(columns):
        for at, one in enumerate(seen.columns):
            said = hints.columns.get(column.name)
            scores[place, at] = 2.0 if said == one.name else 0.0 if said else _score(one, column, table)
    from scipy.optimize import (
        linear_sum_assignment,  # half a second that `check` and `init` of known files spare
    )

    rows, places = linear_sum_assignment(-scores)
    chosen = {columns[row].name: (place, scores[row, place]) for row, place in zip(rows, places, strict=True)}
    chosen = {name: (place, score) for name, (place, score) in chosen.items() if score > 0}
    if not chosen and not any(one.kind("date") >= 0.9 for one in seen.columns):
        return None
    guess = Guess(table.name, seen, 0.0)
    for column in columns:
        if column.name in chosen:
            place, score = chosen[column.name]
            one = seen.columns[place]
            guess.columns[column.name] = Found(
                one.name, min(1.0, float(score)), _why(one, column, table, score)
            )
    _rivals(guess, scores, table, hints)
    _by_what_is_left(guess, table, hints)
    if not _is_spoken_of(guess, table):
        return None
    obtained = _OBTAINED.get(table.name, set())
    required = [
        guess.columns[name].score if name in guess.columns else 0.45 if name in obtained else 0.0
        for name in table.required
    ]
    if not required or np.mean(required) < 0.4 or not guess.columns:
        return None
    filled = sum(one.filled > 0 for one in seen.columns)
    explained = sum(one.score for one in guess.columns.values() if one.score >= 0.6) / max(1, filled)
    cue = 0.05 if table.name in _spoken_of(seen) else 0.0
    guess.score = round(0.6 * float(np.mean(required)) + 0.4 * min(1.0, explained) + cue, 4)
    return guess


def _is_spoken_of(guess: Guess, table: Table) -> bool:
    """Whether a name or a word in a file speaks of a table: numbers, times and texts alone are in any."""
    found = [guess.columns[name] for name in table.required if name in guess.columns]
    by_shape = [one for one in found if one.why in left.SHAPES]
    return not by_shape or any(one.score >= 0.9 or one.why in left.WORDS for one in found)


def _rivals(guess: Guess, scores: np.ndarray, table: Table, hints: Hints) -> None:
    """Mark a column for which another header is nearly as good; the other one serves no other column."""
    headers = guess.sketch.headers
    used = {found.header for found in guess.columns.values()}
    for place, column in enumerate(table.columns):
        found = guess.columns.get(column.name)
        if found is None or column.name in hints.columns:
            continue
        near = [
            headers[at]
            for at in np.flatnonzero(scores[place] >= found.score - MARGIN)
            if headers[at] != found.header and headers[at] not in used and scores[place, at] >= 0.5
        ]
        if near:
            guess.notes[f"rivals.{column.name}"] = "\n".join(near)


def _score(one: Seen, column: Column, table: Table) -> float:
    """How well a column of a file serves one of ours, from 0 to 1."""
    if not one.filled:
        return 0.0
    is_time = column.type in ("instant", "date", "month")
    named = _named(one.name, column.name, table.name, is_time)
    if column.required and named < ENOUGH and "." in one.name:
        named = max(named, 0.75 * _named_within(one.name, column.name, table.name, is_time))
    fits = _fits(one, column, table)
    if named:
        return named * fits
    if column.required and column.type == "choice" and fits == 1.0 and 2 <= one.distinct <= 30:
        return 0.55  # its values are all ours, whatever its name
    return 0.0


@cache
def _named(header: str, name: str, table: str, is_time: bool) -> float:
    """How well a header's words name a column: 1 a phrase of ours, 0.9 with words that change nothing beside it."""
    said = words.plain(header)
    if not said:
        return 0.0
    phrases = words.phrases(table)[name]
    if said in phrases:
        return 0.85 if said in _GENERIC else 1.0
    tokens = words.stems(header)
    best = 0.0
    neutral = words.neutral(table, is_time)
    for phrase in phrases:
        own = words.stems(phrase)
        if not own or not own <= tokens:
            continue
        more = tokens - own
        if more & words.another_time() and not own & words.another_time():
            continue
        if not more:
            best = max(best, 0.85 if phrase in _GENERIC else 0.95)
        elif more <= neutral:
            best = max(best, 0.8 if phrase in _GENERIC else 0.9)
        elif (len(own) > 1 or len(more) == 1) and len(phrase) >= 4:
            best = max(best, 0.55)
    if best < 0.7 and len(said) > 6 and not tokens & words.another_time():
        near = max((fuzz.ratio(said, phrase) for phrase in phrases if len(phrase) > 6), default=0.0)
        if near >= 92:
            best = 0.7
    return best


def _named_within(header: str, name: str, table: str, is_time: bool) -> float:
    """How well the last name of a path such as `source.host` names a column, where the others change nothing."""
    *above, last = header.split(".")
    changed = words.another_thing() | words.another_time()
    if words.plain(last) in _GENERIC or any(words.stems(part) & changed for part in above):
        return 0.0
    return _named(last, name, table, is_time)


def _fits(one: Seen, column: Column, table: Table) -> float:
    """Whether what stands in a column can be what ours holds."""
    if column.type in ("instant", "date", "month"):
        if (
            column.type == "month"
            and one.values
            and all(re.fullmatch(r"\d{4}-\d{2}", text) for text in one.values)
        ):
            return 1.0
        return 1.0 if one.kind("date") >= 0.9 else 0.0
    if column.type in ("number", "decimal"):
        length = one.kind("duration") >= 0.9 and column.unit in ("hours", "min", "s")
        return 1.0 if one.kind("number") >= 0.9 or length else 0.0
    if column.type == "integer":
        return 1.0 if one.kind("integer") >= 0.9 else 0.0
    if column.type in ("choice", "boolean"):
        return _fits_choice(one, column, table)
    if one.kind("date") >= 0.9 and one.distinct > 1:
        return 0.0
    if column.name in table.key[:1] and column.name.endswith("_id") and len(table.key) == 1:
        return 1.0 if one.is_key else 0.9 if one.filled == 1 and one.distinct > 0.5 * one.n else 0.4
    if one.kind("number") >= 0.9 and (column.holds in ("words", "person") or one.kind("integer") < 0.9):
        return 0.3  # a number of something else stands for no words, and one with decimals for no name
    return 1.0


def _fits_choice(one: Seen, column: Column, table: Table) -> float:
    if one.kind("date") >= 0.9 or one.distinct > 60 or one.kind("email") > 0.5:
        return 0.0
    known = words.values(table.name, column.name)
    share = sum(words.plain(text) in known for text in one.values) / max(1, len(one.values))
    if column.type == "boolean":
        return 1.0 if share == 1.0 or one.kind("boolean") >= 0.99 else 0.0
    if share >= 0.5:
        return 1.0
    if one.kind("number") >= 0.9:
        return 0.5 if one.distinct < 4 else 0.4
    return 0.8 if share > 0 else 0.6


def _why(one: Seen, column: Column, table: Table, score: float) -> str:
    if score >= 2:
        return "as you said"
    if not _named(one.name, column.name, table.name, column.type in ("instant", "date", "month")):
        return "by its values"
    return (
        "by its name and values" if column.type in ("choice", "boolean", "instant", "date") else "by its name"
    )


# ---------------------------------------------------------------- what is in doubt


def _settle(guess: Guess, hints: Hints, asked: tuple[str, ...]) -> None:
    """Leave out what is in doubt, and ask."""
    table = TABLES[guess.table]
    _doubtful_columns(guess, table, asked)
    _dates(guess, table, hints, asked)
    _values(guess, table, hints, asked)
    _numbers(guess, table, hints, asked)
    _nulls(guess, table)
    _course(guess, table, asked)
    _obtain(guess, table, hints, asked)
    _keys(guess, table, hints, asked)
    _all_rows(guess, table, hints, asked)
    used = {found.header for found in guess.columns.values()} | set(guess.unpivot.values())
    free = (header for header in guess.sketch.headers if header not in PLACES)
    guess.unread = tuple(header for header in free if header not in used)


def _by_what_is_left(guess: Guess, table: Table, hints: Hints) -> None:
    """Required columns that no name settles, where one column of the file alone can be it."""

    def is_open(name: str) -> bool:
        found = guess.columns.get(name)
        if name in hints.columns or name in hints.constants or f"rivals.{name}" in guess.notes:
            return False
        return found is None or (
            found.score < ENOUGH and not _has_sure_name(found, table.column(name), table)
        )

    def take(name: str, one: Seen, why: str) -> None:
        guess.columns[name] = Found(one.name, 0.8, why)

    left.settle(guess, table, is_open, take)


def _has_sure_name(found: Found, column: Column, table: Table) -> bool:
    """Whether the name of a choice's column is sure, and only its values are not."""
    return column.type == "choice" and _named(found.header, column.name, table.name, False) >= ENOUGH


def _doubtful_columns(guess: Guess, table: Table, asked: tuple[str, ...]) -> None:
    """Required columns below ENOUGH, and those with a rival, are questions; optional ones are left out."""
    for column in table.columns:
        found = guess.columns.get(column.name)
        rivals = tuple(guess.notes.pop(f"rivals.{column.name}", "").split("\n"))
        rivals = tuple(name for name in rivals if name)
        if found is None or (found.score >= ENOUGH and not rivals):
            continue
        choices = (found.header, *rivals)
        if not rivals and _has_sure_name(found, column, table):
            continue  # its values are asked
        if column.required:
            why = f"{' and '.join(map(repr, choices))} may be it" if rivals else f"{found.header!r} may be it"
            guess.questions.append(
                Question(
                    (*asked, "columns", column.name),
                    f"Which column of {guess.sketch.path.name} is {_meant(column)}?",
                    why,
                    (*choices, *_others(guess, choices)[:12]),
                    found.header,
                    blocks=True,
                )
            )
        elif rivals and found.score >= ENOUGH:
            guess.questions.append(
                Question(
                    (*asked, "columns", column.name),
                    f"Which column of {guess.sketch.path.name} is {_meant(column)}?",
                    f"{' and '.join(map(repr, choices))} may be it; none is read",
                    choices,
                    found.header,
                )
            )
        del guess.columns[column.name]


def _meant(column: Column) -> str:
    return f"{column.name} ({column.meaning[:1].lower()}{column.meaning[1:]})"


def _others(guess: Guess, choices: Sequence[str]) -> list[str]:
    return [header for header in guess.sketch.headers if header not in choices]


def _dates(guess: Guess, table: Table, hints: Hints, asked: tuple[str, ...]) -> None:
    """The formats of times; an order of day and month that nothing shows is asked."""
    times = {
        column.name: guess.sketch.column(guess.columns[column.name].header)
        for column in table.columns
        if column.type in ("instant", "date", "month") and column.name in guess.columns
    }
    shown = {one.order for one in times.values() if one.order in ("dmy", "mdy")}
    for (
        seen
    ) in guess.sketch.columns:  # a column that is not read shows the order of the same tool's dates, too
        if seen.kind("date") >= 0.99 and seen.order in ("dmy", "mdy"):
            shown.add(seen.order)
    order = hints.date_order or (next(iter(shown)) if len(shown) == 1 else None)
    doubtful = []
    for name, one in times.items():
        if one.order == "contradictory":
            doubtful.append(name)
            continue
        own = one.order if one.order in ("dmy", "mdy") else order
        if one.order == "both" and own not in ("dmy", "mdy"):
            doubtful.append(name)
            continue
        forms = in_order(one.formats, own) if one.order == "both" else one.formats
        if one.order == "both" and not hints.date_order:
            guess.notes.setdefault("dates", "day and month in the order that other dates of the file show")
        if (
            one.order in ("dmy", "mdy")
            and hints.date_order in ("dmy", "mdy")
            and hints.date_order != one.order
        ):
            guess.notes["dates"] = f"you said {hints.date_order}; its days show {one.order}"
        guess.dates[name] = forms
        guess.needs_zone |= table.column(name).type == "instant" and one.zoned < 1.0
        if table.column(name).type == "instant" and one.kind("instant") < 0.5:
            guess.notes.setdefault(name, "a day without a time: it counts from midnight")
    if doubtful:
        one = times[doubtful[0]]
        why = (
            f"{one.values[0]!r} may be either"
            if one.order == "both"
            else f"{guess.columns[doubtful[0]].header!r} has both days over 12 first and second"
        )
        required = any(table.column(name).required for name in doubtful)
        guess.questions.append(_order_question(guess, one, why, asked, required))
        guess.needs_zone |= any(table.column(name).type == "instant" for name in doubtful)
        for name in doubtful:
            if not table.column(name).required:
                del guess.columns[name]


def _order_question(guess: Guess, one: Seen, why: str, asked: tuple[str, ...], blocks: bool) -> Question:
    text = f"In which order does {guess.sketch.path.name} write day, month and year?"
    return Question((*asked, "date_order"), text, why, ("dmy", "mdy"), _likely_order(guess, one), blocks)


def _likely_order(guess: Guess, one: Seen) -> str | None:
    """The order under which the dates lie closer together."""
    spans = {}
    for order in ("dmy", "mdy"):
        times = read_times(guess.sketch.texts(one.name), in_order(one.formats, order))
        if times.notna().any():
            spans[order] = times.max() - times.min()
    return min(spans, key=spans.get) if len(set(spans.values())) == 2 else None


def _values(guess: Guess, table: Table, hints: Hints, asked: tuple[str, ...]) -> None:
    """Their values in our words; those that no word names are asked."""
    if table.name == "ticket_events":
        _fields(guess, hints, asked)
    for column in table.columns:
        if column.type not in ("choice", "boolean") or column.name not in guess.columns:
            continue
        header = guess.columns[column.name].header
        counts = guess.sketch.texts(header).dropna().value_counts()
        counts = counts[~counts.index.str.casefold().isin(NOTHING - {"none"})]
        said = {text.casefold(): ours for text, ours in hints.values.get(column.name, {}).items()}
        dictionary = words.values(table.name, column.name)
        numeric = guess.sketch.column(header).kind("number") >= 0.9 and column.type == "choice"
        for text, count in counts.items():
            ours = said.get(text.casefold()) or (None if numeric else dictionary.get(words.plain(text)))
            if ours is None and column.type == "boolean" and text.casefold() in ("1", "0"):
                ours = "true" if text == "1" else "false"
            if ours is None and column.name == "status" and table.name == "tickets":
                ours = _ended(guess, header, str(text), asked)
            if ours is None:
                guess.unknown.setdefault(column.name, {})[str(text)] = int(count)
            else:
                guess.values.setdefault(column.name, {}).setdefault(ours, []).append(str(text))
        left = guess.unknown.get(column.name)
        if not left:
            continue
        shown = ", ".join(f"{text} ({count})" for text, count in list(left.items())[:8])
        choices = column.choices or ("true", "false")
        asks = column.required or column.name in guess.values
        for text, count in left.items() if asks else ():
            guess.questions.append(
                Question(
                    (*asked, "values", column.name, str(text)),
                    f"What does {text!r} mean as {_meant(column)}?",
                    f"{count} rows of {guess.sketch.path.name} have it in {header!r}",
                    choices,
                    None,
                    blocks=column.required,
                )
            )
        if not column.required:
            guess.notes[f"left out {column.name}"] = f"{header!r}: not all of its values are known: {shown}"
            del guess.columns[column.name]
            guess.values.pop(column.name, None)


def _fields(guess: Guess, hints: Hints, asked: tuple[str, ...]) -> None:
    """What a log calls the fields of a ticket, and the states of it that it has gone through."""
    if not {"field", "from", "to"} <= guess.columns.keys():
        return
    cells = {name: guess.sketch.texts(guess.columns[name].header) for name in ("field", "from", "to")}
    ours = {}
    for text in cells["field"].dropna().unique():
        scores = {name: _named(text, name, "tickets", False) for name in ("status", "priority", "assignee")}
        best = max(scores, key=scores.get)
        ours[text] = hints.values.get("field", {}).get(text) or (best if scores[best] >= 0.9 else None)
    listed: dict[str, list[str]] = {}
    for text, name in ours.items():
        if name:
            listed.setdefault(name, []).append(text)
    guess.values["field"] = {**listed, "*": "*"}  # type: ignore[dict-item]
    of_status = cells["field"].map(ours) == "status"
    said = {text.casefold(): value for text, value in hints.values.get("status", {}).items()}
    known = words.values("tickets", "status")
    for text in pd.concat([cells["from"][of_status], cells["to"][of_status]]).dropna().unique():
        value = said.get(text.casefold()) or known.get(words.plain(text))
        if value:
            guess.values.setdefault("status", {}).setdefault(value, []).append(str(text))
        else:
            which = f"What does {text!r} mean as the status of a ticket?"
            why = f"the log {guess.sketch.path.name} has it"
            choices = TABLES["tickets"].column("status").choices
            guess.questions.append(
                Question((*asked, "values", "status", str(text)), which, why, choices, blocks=True)
            )


def _ended(guess: Guess, header: str, text: str, asked: tuple[str, ...]) -> str | None:
    """What a word for work that is over stands for, as the times of its rows show; asked all the same."""
    if words.plain(text) not in words.done():
        return None
    rows = guess.sketch.texts(header) == text
    for name, ours in (("closed_at", "closed"), ("resolved_at", "resolved")):
        found = guess.columns.get(name)
        if found and guess.sketch.texts(found.header)[rows].notna().mean() >= IN_ORDER:
            guess.questions.append(
                Question(
                    (*asked, "values", "status", text),
                    f"Does {text!r} mean closed or resolved?",
                    f"its rows have {found.header!r}, so it is read as {ours} until then",
                    ("closed", "resolved"),
                )
            )
            return ours
    return None


def _numbers(guess: Guess, table: Table, hints: Hints, asked: tuple[str, ...]) -> None:
    """Units of durations and the sign of decimals, where header and cells show them; else asked."""
    shown: set[str] = set()
    doubtful: list[str] = []
    for column in table.columns:
        if column.type not in ("number", "integer", "decimal") or column.name not in guess.columns:
            continue
        found = guess.columns[column.name]
        one = guess.sketch.column(found.header)
        if column.unit in ("hours", "min", "s") and not _unit(guess, column, one, hints, asked):
            continue
        shown |= set(one.signs)
        texts = guess.sketch.texts(found.header).dropna()
        if column.name not in guess.durations and texts.str.match(r"^-?[1-9]\d{0,2}[,.]\d{3}$").any():
            commas = texts.str.match(r"^-?[1-9]\d{0,2},\d{3}$").any()
            if commas:
                doubtful.append(column.name)
        if not _all_numbers(texts, column, guess) and not column.required:
            guess.notes[f"left out {column.name}"] = f"{found.header!r}: not all of its cells are numbers"
            del guess.columns[column.name]
    if hints.decimal:
        guess.decimal = hints.decimal
    elif doubtful and len(shown) != 1:
        guess.questions.append(
            Question(
                (*asked, "decimal"),
                f"Which sign begins the decimals of {guess.sketch.path.name}?",
                f"{guess.columns[doubtful[0]].header!r} has numbers such as 1,200: one, or a thousand",
                (".", ","),
                ".",
                blocks=any(table.column(name).required for name in doubtful),
            )
        )
        for name in doubtful:
            if not table.column(name).required:
                del guess.columns[name]


def _all_numbers(texts: pd.Series, column: Column, guess: Guess) -> bool:
    if column.name in guess.durations:
        return True
    rest = texts[~texts.str.casefold().isin(NOTHING)]
    return bool(
        rest.str.match(
            r"^[-+(]?[€£$¥]? ?[\d.,'\u00a0\u202f ]+[€£$¥%]?\)?-?$|^-?\d+(\.\d+)?[eE][+-]?\d+$"
        ).all()
    )


_UNITS = {
    "hours": {"hours", "hour", "hrs", "hr", "h", "stunden", "std", "heures", "horas", "ore", "uren", "godziny"},
    "minutes": {"minutes", "minute", "mins", "min", "minuten", "minutos", "minuti", "minuty", "minuter", "minutter"},
    "seconds": {"seconds", "second", "secs", "sec", "s", "sekunden", "secondes", "segundos", "secondi", "seconden"},
}  # fmt: skip


def _unit(guess: Guess, column: Column, one: Seen, hints: Hints, asked: tuple[str, ...]) -> bool:
    """Whether the unit of a duration is known; else it is asked and the column left out."""
    if column.name in hints.durations:
        guess.durations[column.name] = hints.durations[column.name]
        guess.day_hours = hints.day_hours
        return True
    tokens = set(words.plain(one.name).split())
    named = [unit for unit, listed in _UNITS.items() if tokens & listed]
    if one.kind("number") >= 0.9 and len(named) == 1:
        guess.durations[column.name] = named[0]
        return True
    if one.kind("duration") >= 0.9 and one.kind("number") < 0.1:
        texts = guess.sketch.texts(one.name).dropna()
        texts = texts[~texts.str.casefold().isin(NOTHING)]
        if texts.str.match(r"^-?\d+:\d{2}:\d{2}").all():
            guess.durations[column.name] = "hms"
            return True
        worded = ~texts.str.contains(":")
        days = texts.str.contains(r"\d ?(?:d|j|day|tag|jour|d[ií]a|gio|dag)", case=False, regex=True)
        if worded.all() and (not days.any() or hints.day_hours):
            guess.durations[column.name] = "text"
            guess.day_hours = hints.day_hours if days.any() else None
            return True
    guess.questions.append(
        Question(
            (*asked, "durations", column.name),
            f"In which unit is {one.name!r} of {guess.sketch.path.name}?",
            f"{one.values[0]!r} does not say it; it is not read" if one.values else "it does not say it",
            ("hours", "minutes", "seconds", "hms"),
            None,
            blocks=column.required,
        )
    )
    if not column.required:
        del guess.columns[column.name]
        return False
    return True


def _nulls(guess: Guess, table: Table) -> None:
    """What cells say where they say nothing; and times that are none."""
    for name, found in list(guess.columns.items()):
        column = table.column(name)
        if column.type == "text":
            continue
        texts = guess.sketch.texts(found.header).dropna()
        empty = sorted({text for text in texts.unique() if text.casefold() in NOTHING})
        if column.type == "choice":
            known = {text for listed in guess.values.get(name, {}).values() for text in listed}
            empty = [text for text in empty if text not in known]
        if empty:
            guess.nulls[name] = empty
        if column.type in ("instant", "date") and name in guess.dates:
            rest = texts[~texts.isin(empty)]
            bad = rest[read_times(rest, guess.dates[name]).isna()]
            if len(bad) and not column.required:
                guess.notes[f"left out {name}"] = (
                    f"{found.header!r}: {bad.iloc[0]!r} is no time of the others' form"
                )
                del guess.columns[name]
                guess.dates.pop(name)


def _course(guess: Guess, table: Table, asked: tuple[str, ...]) -> None:
    """Times that stand in no order are not what their names say."""
    spans = list(table.spans)
    course = _COURSE.get(table.name, ())
    spans += [pair for pair in pairwise(course[1:]) if pair not in spans]
    times = {
        name: read_times(guess.sketch.texts(guess.columns[name].header), forms)
        for name, forms in guess.dates.items()
        if name in guess.columns
    }
    for start, end in spans:
        if start not in times or end not in times or end not in guess.columns:
            continue
        both = times[start].notna() & times[end].notna()
        if not both.any() or (times[end][both] >= times[start][both]).mean() >= IN_ORDER:
            continue
        header = guess.columns[end].header
        if start == "resolved_at" and table.name == "tickets":
            guess.notes.setdefault(end, "closed before it was solved in some rows")
            continue
        guess.questions.append(
            Question(
                (*asked, "columns", end),
                f"Which column of {guess.sketch.path.name} is {_meant(table.column(end))}?",
                f"{header!r} lies before {guess.columns[start].header!r} in many rows; it is not read",
                tuple(_others(guess, (header,)))[:12],
                None,
                blocks=table.column(end).required,
            )
        )
        del guess.columns[end]


def _obtain(guess: Guess, table: Table, hints: Hints, asked: tuple[str, ...]) -> None:
    """Required columns that the file does not have: made of what it has, or asked."""
    for name, value in hints.constants.items():
        if name in table.names:
            guess.constants[name] = value
    _wide_samples(guess, table)
    questioned = {question.path for question in guess.questions}
    for name in table.required:
        column = table.column(name)
        if name in guess.columns:
            blank = guess.sketch.column(guess.columns[name].header).filled < 1.0
            if name == "priority" and table.name == "tickets" and (blank or name in guess.nulls):
                guess.default["priority"] = "none"
                guess.questions.append(
                    _no_priority(guess, asked, "some rows have no priority: they are read as none")
                )
            continue
        if (
            name in guess.constants
            or (*asked, "columns", name) in questioned
            or (guess.unpivot and name in ("metric", "value"))
        ):
            continue
        if table.name == "tickets" and name == "priority":
            guess.constants["priority"] = "none"
            guess.questions.append(
                _no_priority(guess, asked, "it has no priority: all tickets are read as none")
            )
        elif table.name == "purchases" and name == "document" and (kind := _document(guess)):
            guess.constants["document"] = kind
            guess.notes["document"] = (
                f"its number is called that of an {kind.replace('_', ' ')}, and no line is negative"
            )
        elif table.name == "purchases" and name == "line" and "document_id" in guess.columns:
            _numbered_lines(guess)
        elif instead := _INSTEAD.get(f"{table.name}.{name}"):
            other, why = instead
            may_be = left.numbering(guess) if name.endswith("_id") else left.may_be_named(guess)
            if other not in guess.columns:
                _ask_required(guess, column, asked, ())
            elif may_be:
                _ask_required(guess, column, asked, tuple(one.name for one in may_be))
            else:
                guess.columns[name], guess.notes[name] = guess.columns[other], why
        else:
            _ask_required(guess, column, asked, ())


#: Required columns for which another one stands where the file has nothing else that could be it: which, and why.
_INSTEAD = {
    "backup_jobs.asset": ("job", "no column names what was saved: the job's name stands for it"),
    "backup_jobs.job": ("asset", "no column names the job: what is saved stands for it"),
    "entitlements.entitlement_id": ("product", "no column numbers the licences: the product stands for it"),
}


def _ask_required(guess: Guess, column: Column, asked: tuple[str, ...], may_be: tuple[str, ...]) -> None:
    """Ask for a required column that no header of the file names."""
    is_of_all = (column.name in _OF_ALL_ROWS or bool(column.choices)) and not may_be
    where = (
        "a value for all rows, or under columns the header that has it"
        if is_of_all
        else "the header that has it"
    )
    rest = _others(guess, [*may_be, *(one.header for one in guess.columns.values())])
    guess.questions.append(
        Question(
            (*asked, "constants" if is_of_all else "columns", column.name),
            f"What is {_meant(column)} of {guess.sketch.path.name}?",
            f"no column of it is named so: write {where}",
            column.choices or (*may_be, *rest)[:12],
            may_be[0] if len(may_be) == 1 else None,
            blocks=True,
        )
    )


def _document(guess: Guess) -> str | None:
    """The kind of document by which its number is called, where no line looks like a credit."""
    number = guess.columns.get("document_id")
    known = words.values("purchases", "document")
    said = left.parts(words.plain(number.header)) if number else ()
    kinds = {known[word] for word in said if word in known}
    for name in ("quantity", "unit_price"):
        found = guess.columns.get(name)
        if found and guess.sketch.texts(found.header).dropna().str.match(r"^\(|^-|.*-$").any():
            return None
    return kinds.pop() if len(kinds) == 1 else None


def _no_priority(guess: Guess, asked: tuple[str, ...], why: str) -> Question:
    return Question(
        (*asked, "columns", "priority"),
        f"Which column of {guess.sketch.path.name} is the priority?",
        why,
        guess.unread,
        None,
    )


def _numbered_lines(guess: Guess) -> None:
    """The place of a row in its document, where no column numbers the lines."""
    keys = [guess.columns[name].header for name in ("vendor", "document_id") if name in guess.columns]
    by = ", ".join(map(quoted, keys))
    guess.shape = (
        f"select *, row_number() over (partition by {by} order by _row) as line, _row as _rows from rows"
    )
    guess.notes["shape"] = "no column numbers the lines: a row's place in its document stands for it"


def _wide_samples(guess: Guess, table: Table) -> None:
    """A column a metric, where no column names metrics."""
    if table.name != "samples" or "metric" in guess.columns or "at" not in guess.columns:
        return
    used = {found.header for name, found in guess.columns.items() if name != "value"}
    wide = [one.name for one in guess.sketch.columns if one.kind("number") >= 0.95 and one.name not in used]
    if len(wide) >= 2:
        guess.columns.pop("value", None)
        guess.unpivot = {words.plain(name).replace(" ", "_"): name for name in wide}


def _keys(guess: Guess, table: Table, hints: Hints, asked: tuple[str, ...]) -> None:
    """Rows of one key that differ: which of them is the record is asked."""
    names = [name for name in table.key if name in guess.columns]
    if hints.record:
        guess.record = hints.record
        return
    lacking = [name for name in table.key if name not in guess.columns and name in table.required]
    if not names or (lacking and not set(lacking) <= {*guess.constants}) or guess.shape or guess.unpivot:
        return
    cells = pd.DataFrame({name: guess.sketch.texts(guess.columns[name].header) for name in names})
    whole = guess.sketch.cells.to_pandas()
    extra = ~whole.duplicated() & cells.duplicated() & cells[names[0]].notna()
    if extra.any():
        shown = " ".join(str(cell) for cell in cells[extra].iloc[0])
        guess.questions.append(
            Question(
                (*asked, "record"),
                f"Which row of {guess.sketch.path.name} counts where several have one {' and '.join(names)}?",
                f"{int(extra.sum())} rows do, such as {shown!r}, and differ",
                ("last", "first"),
                "last",
                blocks=True,
            )
        )


#: Columns by which a tool says that a row is none that counts.
_MARKS = frozenset(
    {"status", "state", "result", "outcome", "deleted", "void", "voided", "cancelled", "active", "zustand", "ergebnis",
     "statut", "etat", "resultat", "estado", "stato", "esito", "resultado", "install status", "installation status",
     "is deleted", "is void", "posted", "draft", "record type", "merged", "duplicate"}
)  # fmt: skip


def _all_rows(guess: Guess, table: Table, hints: Hints, asked: tuple[str, ...]) -> None:
    """A column by which some rows may not count, and which serves nothing, is asked about."""
    if hints.where:
        guess.where = None if hints.where.casefold() == "all" else hints.where
        return
    used = {found.header for found in guess.columns.values()}
    left_out = " ".join(guess.notes.get(f"left out {name}", "") for name in table.names)
    for one in guess.sketch.columns:
        marks = words.plain(one.name) in _MARKS and 2 <= one.distinct <= 12 and one.name not in used
        if marks and repr(one.name) not in left_out:
            shown = ", ".join(map(repr, one.values[:6]))
            guess.questions.append(
                Question(
                    (*asked, "where"),
                    f"Does every row of {guess.sketch.path.name} count?",
                    f"its column {one.name!r} says {shown}, and {guess.table} has no such column: write all, or a "
                    f"condition such as {quoted(one.name)} = '{one.values[0]}'",
                    ("all",),
                    None,
                    blocks=True,
                )
            )
            return
