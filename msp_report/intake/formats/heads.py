"""Heads of two rows: a head over several columns, and below it what each of them is called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile

#: Between a head over several columns and what the next row calls each.
OVER = " / "


def spans(head: Sequence[str]) -> list[range]:
    """The columns over which each head stands: its own, and those without one behind it."""
    starts = [place for place, name in enumerate(head) if name.strip()]
    return [range(a, b) for a, b in pairwise([*starts, len(head)])]


def wide(head: Sequence[str]) -> list[range]:
    """The heads that stand over several columns."""
    return [span for span in spans(head) if len(span) > 1]


def leading(head: Sequence[str]) -> list[range]:
    """The heads before the first that stands over several columns."""
    return list(takewhile(lambda span: len(span) == 1, spans(head)))


def joined(head: Sequence[str], below: Sequence[str]) -> list[str] | None:
    """The names of the columns under a head of two rows; None where the second row belongs to no head.

    A head over several columns is one merged cell, of which a reader sees the first and empty ones behind it. The
    next row belongs to it where it names every column below such heads, each differently, and nothing below the heads
    before the first of them, which are those of numbers and times.
    """
    over, several = spans(head), wide(head)
    below = [*below, *[""] * (len(head) - len(below))]
    before = leading(head)
    named = all(
        all(below[place].strip() for place in span) and len({below[place] for place in span}) == len(span)
        for span in several
    )
    if not several or not named or not before or any(below[span[0]].strip() for span in before):
        return None
    names = [
        f"{head[span[0]]}{OVER}{below[place].strip()}" if below[place].strip() else head[span[0]]
        for span in over
        for place in span
    ]
    return [*head[: over[0][0]], *names]


def told(names: Sequence[str]) -> Iterator[str]:
    """What to say of heads over several columns."""
    over = [name.split(OVER)[0] for name in names if OVER in name]
    for head in dict.fromkeys(over):
        if over.count(head) > 1:
            first = next(name for name in names if name.startswith(f"{head}{OVER}"))
            yield f"{head!r} stands over {over.count(head)} columns: they are called like {first!r}"
