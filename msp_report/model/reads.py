"""What a report has read, seen where it is read and never declared: packs/reused.py makes anew what read what changed.

A case, the params and the packs before it note what they are asked for. A key is a kind with its names, such as
("table", "tickets"); what it stands for now says packs/reused.py. What they read themselves to answer is not noted: the
question stands for it. What cannot be told is noted as a doubt, and a report with a doubt is always made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

T = TypeVar("T")
Key = tuple[str, ...]

DOUBT, WROTE = "doubt", "wrote"
#: All there is: exports, params, packs.
EVERYTHING: Key = ("everything",)

_seen: dict[Key, None] | None = None
_quiet = 0


def begin() -> None:
    """From now on what this process reads is kept."""
    global _seen
    _seen = {}


def taken() -> list[Key]:
    """What was read since `begin`, in a stable order."""
    return sorted(_seen or ())


def is_asked() -> bool:
    """Whether what is read now is to be noted."""
    return _seen is not None and not _quiet


def note(*key: str) -> None:
    """Something is read."""
    if _seen is not None and not _quiet:
        _seen[key] = None


def add(keys: Iterable[Key]) -> None:
    """All of this is read, by what somebody else made."""
    for key in keys:
        note(*key)


@contextmanager
def unseen() -> Iterator[None]:
    """What is read inside is not noted."""
    global _quiet
    _quiet += 1
    try:
        yield
    finally:
        _quiet -= 1


def during(make: Callable[[], T]) -> tuple[T, list[Key]]:
    """What `make` gives, and what it read for it."""
    global _seen, _quiet
    before, quiet, _seen, _quiet = _seen, _quiet, {}, 0
    try:
        return make(), taken()
    finally:
        _seen, _quiet = before, quiet


def noting(keys: Callable[..., Iterable[Key]]) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """Of a function what reading it means: `keys` gives it from the function's own arguments."""

    def decorated(function: Callable[..., T]) -> Callable[..., T]:
        @wraps(function)
        def noted(*given: Any, **named: Any) -> T:
            if not is_asked():
                return function(*given, **named)
            add(keys(*given, **named))
            with unseen():
                return function(*given, **named)

        return noted

    return decorated


class Noted:
    """A model whose fields are noted when they are asked for, by the name of its class."""

    def __getattribute__(self, name: str) -> Any:
        if _seen is not None and not _quiet:
            kind = type(self)
            if name in _whole:
                note(kind.__name__, "*")
                with unseen():
                    return super().__getattribute__(name)
            if name in kind.__pydantic_fields__:
                note(kind.__name__, name)
        return super().__getattribute__(name)


#: What reads a model as a whole.
_whole = frozenset(
    {
        "model_dump",
        "model_dump_json",
        "model_copy",
        "copy",
        "dict",
        "json",
        "__iter__",
        "__eq__",
        "__dict__",
        "__reduce_ex__",
    }
)
