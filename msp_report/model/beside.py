"""Work that goes on in a thread beside whoever asked for it: for what Arrow does, which holds up no other thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
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


def side_by_side(work: Callable[[Any], T], items: Sequence[Any], threads: int = 2) -> Iterator[T]:
    """What work gives of each item, in order, of several at a time; no more is held than one beyond these. What fails
    is raised in its place."""
    if len(items) < 2:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[T]] = deque()
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


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
