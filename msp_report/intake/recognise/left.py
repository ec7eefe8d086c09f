"""What no name settles, settled by what is left of a file: where one column alone can be it, it is.

A name that says nothing is no reason to ask when the cells leave no choice: the one column that numbers the
rows, the one time, the earlier of two. Where two columns can be it, nothing is taken and `init` asks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from msp_report.intake.recognise import words
from msp_report.intake.recognise.sketch import PLACES, Seen, read_times
from msp_report.model.tables import Column, Table

if TYPE_CHECKING:
    from msp_report.intake.recognise.unknown import Guess

#: Share of rows in which times have to stand in their order.
IN_ORDER = 0.98
#: From this score a column serves what its name says.
_ENOUGH = 0.7
#: Fewer rows show no shape.
_ROWS = 5
#: Columns which say what the rows of a table are about, if the file has one such text.
_SUBJECTS = {
    "outages": ("service",),
    "checks": ("service",),
    "samples": ("resource", "metric"),
    "backup_jobs": ("asset", "job"),
    "entitlements": ("product",),
    "purchases": ("vendor",),
}
#: Why a column is taken, where neither its name nor a word in it speaks for it.
NUMBERS, ONE_TIME, EARLIER = (
    "the only column that numbers the rows",
    "the only time",
    "the earlier of two times",
)
VALUES, PRIORITIES = "the only column with such values", "the only column with words for a priority"
WORDS = frozenset({VALUES, PRIORITIES})
ONE_NUMBER, ONE_TEXT = "the only number", "the only text in each row"
SHAPES = frozenset({NUMBERS, ONE_TIME, EARLIER, ONE_NUMBER, ONE_TEXT})
#: A number or code of something: with a digit, of one word or two.
_CODE = r"^(?=.*\d)[^\s,;@]{1,30}(?: [^\s,;@]{1,15})?$"


def settle(
    guess: Guess, table: Table, is_open: Callable[[str], bool], take: Callable[[str, Seen, str], None]
) -> None:
    """Give the required columns that are open to columns of the file which nothing else can be.

    `is_open` tells whether no header is sure enough for a column, `take` gives it one, with the reason.
    """
    if guess.sketch.rows < _ROWS:
        return
    for step in (_ordered, _values, _priorities, _key, _times, _partly, _line, _only_number, _only_text):
        for name in table.required:
            if is_open(name):
                step(guess, table, name, take)


def free(guess: Guess) -> list[Seen]:
    """The columns of the file that serve nothing yet."""
    used = {found.header for found in guess.columns.values() if found.score >= _ENOUGH}
    used |= set(guess.unpivot.values())
    return [one for one in guess.sketch.columns if one.filled and one.name not in used | PLACES]


def may_be_named(guess: Guess) -> list[Seen]:
    """The columns that serve nothing, and may hold what the rows are about: a text in each row, one of several."""
    return [
        one
        for one in free(guess)
        if one.filled >= IN_ORDER
        and one.distinct > 1
        and not one.is_key
        and _is_text(one)
        and not _of_another(one)
    ]


def numbering(guess: Guess) -> list[Seen]:
    """The columns that serve nothing, and have a number or code of its own in each row."""
    return [one for one in free(guess) if one.is_key and _is_code(guess, one)]


def _is_text(one: Seen) -> bool:
    return one.kind("date", "number", "duration", "email") < 0.5 and one.kind("boolean") < 0.99


def _of_another(one: Seen) -> bool:
    """Whether a header says that it is of another thing, or of another time, than those of its row."""
    stems = words.stems(one.name)
    return bool(stems & (words.another_thing() | words.another_time()))


def _is_code(guess: Guess, one: Seen) -> bool:
    """Whether cells are numbers of something: codes, or whole numbers that rise or fall from row to row."""
    if one.kind("date", "email") >= 0.5:
        return False
    texts = guess.sketch.texts(one.name).dropna()
    if one.kind("number") < 0.5:
        return bool(texts.str.match(_CODE).mean() >= IN_ORDER)
    if one.kind("integer") < 1.0:
        return False
    steps = np.diff(texts.astype(float).to_numpy())
    return bool(max((steps > 0).mean(), (steps < 0).mean()) >= 0.95) if len(steps) else False


# ---------------------------------------------------------------- the steps


def _ordered(guess: Guess, table: Table, name: str, take: Callable) -> None:
    """A file of orders: its own number is that of the order, unless it speaks of another document."""
    theirs = {"document_id": "order_id", "line": "order_line"}.get(name, "")
    if table.name != "purchases" or theirs not in guess.columns or documents(guess) - {"order"}:
        return
    if {"due_on", "paid_on"} & guess.columns.keys():
        return
    found = guess.columns.pop(theirs)
    take(name, guess.sketch.column(found.header), "the number of an order, and no other document's")


def documents(guess: Guess) -> set[str]:
    """The kinds of purchase documents of which the headers of a file speak."""
    known = words.values("purchases", "document")
    said = (word for header in guess.sketch.headers for word in parts(words.plain(header)))
    return {known[word] for word in said if word in known}


def parts(said: str) -> list[str]:
    """The words of a header, pairs of them, and the first part of those that are joined: Rechnungsnummer."""
    tokens = said.split()
    joined = [re.sub(r"(s?nummer|s?nr|number|num)$", "", token) for token in tokens]
    return [*tokens, *joined, *(" ".join(pair) for pair in pairwise(tokens))]


def _values(guess: Guess, table: Table, name: str, take: Callable) -> None:
    """All cells of one column alone are words for what is looked for."""
    column = table.column(name)
    if column.type != "choice":
        return
    known = words.values(table.name, name)
    able = [
        one
        for one in free(guess)
        if one.filled == 1.0
        and 2 <= one.distinct <= 30
        and all(words.plain(text) in known for text in one.values)
    ]
    if len(able) == 1:
        take(name, able[0], VALUES)


def _priorities(guess: Guess, table: Table, name: str, take: Callable) -> None:
    """All cells of one column alone are words for a priority."""
    if (table.name, name) != ("tickets", "priority"):
        return
    known = words.priorities()
    able = [
        one
        for one in free(guess)
        if 2 <= one.distinct <= 8 and all(words.plain(text) in known for text in one.values)
    ]
    if len(able) == 1:
        take(name, able[0], PRIORITIES)


def _key(guess: Guess, table: Table, name: str, take: Callable) -> None:
    """One column alone numbers the rows."""
    if table.key != (name,) or not name.endswith("_id"):
        return
    able = numbering(guess)
    if len(able) == 1:
        take(name, able[0], NUMBERS)


def _times(guess: Guess, table: Table, name: str, take: Callable) -> None:
    """The one time of a row, or the earlier of two, before all others that are known."""
    if name != table.period or table.column(name).type != "instant":
        return
    able = _dated(guess)
    ends = [end for start, end in table.spans if start == name]
    sure = [end for end in ends if end in guess.columns and guess.columns[end].score >= _ENOUGH]
    left = [end for end in ends if end not in sure]
    known = [guess.columns[end].header for end in sure]
    if len(able) == 1 and able[0].filled == 1.0 and _before(guess, able[0].name, known):
        take(name, able[0], ONE_TIME)
    elif len(able) == 2 and left:
        for first, last in (able, able[::-1]):
            if first.filled == 1.0 and _before(guess, first.name, [last.name, *known]):
                take(name, first, EARLIER)
                if len(ends) == 1:
                    take(left[0], last, "the later of two times")
                return


def _dated(guess: Guess) -> list[Seen]:
    """Times that serve nothing and are not all the same."""
    return [
        one for one in free(guess) if one.kind("date") >= 0.9 and one.distinct > 1 and not _of_another(one)
    ]


def _before(guess: Guess, first: str, others: list[str]) -> bool:
    """Whether one time lies before others in nearly all rows, and not only at the same instants."""
    cells = {header: guess.sketch.column(header) for header in (first, *others)}
    read = {header: read_times(guess.sketch.texts(header), one.formats) for header, one in cells.items()}
    for other in others:
        both = read[first].notna() & read[other].notna()
        if not both.any():
            return False
        gap = read[other][both] - read[first][both]
        if (gap >= gap * 0).mean() < IN_ORDER or not (gap > gap * 0).any():
            return False
    return True


def _partly(guess: Guess, table: Table, name: str, take: Callable) -> None:
    """A header says it among other words, and nothing that is left in the file could be it besides."""
    found = guess.columns.get(name)
    if found is None or not found.score >= 0.5:
        return
    one = guess.sketch.column(found.header)
    if one.filled < IN_ORDER or _of_another(one):
        return
    column = table.column(name)
    if not [other for other in free(guess) if other is not one and _could_be(other, one, column)]:
        take(name, one, "by a part of its name, and no other column can be it")


def _could_be(other: Seen, one: Seen, column: Column) -> bool:
    """Whether another column is of the kind of the one that is meant."""
    if other.filled < IN_ORDER or other.distinct < 2:
        return False
    if column.type in ("instant", "date", "month"):
        return other.kind("date") >= 0.9
    if column.type in ("number", "decimal", "integer"):
        return other.kind("number") >= 0.9 and not other.is_key
    return _is_text(other) and other.is_key <= one.is_key


def _line(guess: Guess, table: Table, name: str, take: Callable) -> None:
    """Whole numbers that begin anew in each document."""
    if table.name != "purchases" or name != "line" or "document_id" not in guess.columns:
        return
    document = guess.sketch.texts(guess.columns["document_id"].header)
    if not document.duplicated().any():
        return
    able = []
    for one in free(guess):
        if one.filled == 1.0 and one.kind("integer") == 1.0:
            by = guess.sketch.texts(one.name).astype(float).groupby(document)
            first = by.min()
            if (by.nunique() == by.size()).all() and first.nunique() == 1 and first.iloc[0] in (0, 1, 10):
                able.append(one)
    if len(able) == 1:
        take(name, able[0], "whole numbers that begin anew in each document")


def _only_number(guess: Guess, table: Table, name: str, take: Callable) -> None:
    """The reading, where one column alone has numbers."""
    if (table.name, name) == ("samples", "value"):
        able = [one for one in free(guess) if one.kind("number") >= 0.9]
        if len(able) == 1:
            take(name, able[0], ONE_NUMBER)


def _only_text(guess: Guess, table: Table, name: str, take: Callable) -> None:
    """What the rows are about, where one column alone has a text in each row that comes again."""
    if name in _SUBJECTS.get(table.name, ()):
        able = may_be_named(guess)
        if len(able) == 1:
            take(name, able[0], ONE_TEXT)
