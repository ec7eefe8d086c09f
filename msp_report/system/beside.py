"""Work that goes on in a thread beside whoever asked for it: for what Arrow does, which holds up no other thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, each made while the one before it is in use. What making one raises is raised in its place."""
    end: Any = object()
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, items, end)
        while (item := coming.result()) is not end:
            coming = thread.submit(next, items, end)
            yield item


class Behind:
    """One piece of work at a time, begun while whoever gave it goes on; each waits for the one before it."""

    def __init__(self) -> None:
        self._thread: ThreadPoolExecutor | None = None
        self._given: Future[Any] | None = None

    def give(self, work: Callable[..., Any], *given: Any) -> None:
        """Begin with it once what was given before is done. Raises what that raised."""
        self.wait()
        self._thread = self._thread or ThreadPoolExecutor(1)
        self._given = self._thread.submit(work, *given)

    def wait(self) -> None:
        """Wait until all is done. Raises what it raised."""
        if self._given is not None:
            given, self._given = self._given, None
            given.result()
