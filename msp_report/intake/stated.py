"""What an export says of its own size: a total, a count of pages, that more follows. Rules 43 and 46.

`facts` of a reader carry it under KEYS; what the files of a source say together is held against the rows that came.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msp_report.params.layout import fold

#: `stated_rows`: how many rows there are in all; `stated_pages`: how many pages; `stated_page`: which of them this
#: is; `stated_more`: 1 where it says that more follows, 0 where it says that nothing does.
KEYS = ("stated_rows", "stated_pages", "stated_page", "stated_more")

_ROWS = frozenset(
    {"total", "totalcount", "totalresults", "totalrecords", "totalrows", "totalitems", "totalelements"}
    | {"recordcount", "numfound", "odatacount", "resultcount", "itemcount", "rowcount", "count"}
)
_PAGES = frozenset({"pages", "totalpages", "pagecount", "pagestotal", "lastpage", "numpages"})
_PAGE = frozenset({"page", "currentpage", "pagenumber", "pageno"})
_MORE = frozenset(
    {"hasmore", "hasnextpage", "hasnext", "more", "moreavailable", "truncated", "istruncated"}
    | {
        "hasmorerows",
        "hasmorepages",
        "hasmorerecords",
        "morerecords",
        "incomplete",
        "incompleteresults",
        "partial",
    }
)
_NEXT = frozenset(
    {"next", "nextpage", "nextlink", "nexturl", "nextpagetoken", "nextpageurl", "nextcursor", "odatanextlink"}
)
_LAST = frozenset({"islast", "islastpage", "last", "lastpage", "endofstream", "complete"})
#: When the answer was made. What names only the last change that it holds, such as Zendesk's end_time, is not.
_WHEN = frozenset(
    {
        "exportedat",
        "exportedon",
        "exportdate",
        "exporttime",
        "generatedat",
        "generatedon",
        "reportgeneratedat",
    }
)
#: Objects beside the list in which such fields stand.
_INSIDE = frozenset(
    {"meta", "metadata", "pagination", "paging", "page", "pageinfo", "links", "info", "cursor", "pagedetails"}
)
#: Every name by which an answer speaks of its pages, folded; beside them a list is still its rows.
PAGING = (
    _ROWS
    | _PAGES
    | _PAGE
    | _MORE
    | _NEXT
    | _LAST
    | _WHEN
    | frozenset(
        {
            "perpage",
            "pagesize",
            "limit",
            "offset",
            "startat",
            "maxresults",
            "size",
            "start",
            "top",
            "skip",
            "per",
            "afterurl",
            "beforeurl",
            "aftercursor",
            "beforecursor",
        }
    )
)

_NUMBER = r"(\d{1,3}(?:[,.' \u00a0\u202f]\d{3})+|\d+)"
_RECORDS = r"(?:rows?|records?|tickets?|results?|items?|entries|lines?|issues?|cases?|incidents?|requests?)"
_TEXTS = (
    ("stated_pages", re.compile(r"(?i)\bpage\s*:?\s*(?P<page>\d+)\s*(?:of|/)\s*" + _NUMBER)),
    ("stated_rows", re.compile(rf"(?i)\b\d+\s*(?:-|–|to)\s*\d+\s+of\s+{_NUMBER}\b")),
    ("stated_rows", re.compile(rf"(?i)\b(?:total|number of|all)\s+{_RECORDS}\s*[:=]?\s*{_NUMBER}\b")),
    ("stated_rows", re.compile(rf"(?i)\b{_RECORDS}\s+(?:in\s+)?total\s*[:=]?\s*{_NUMBER}\b")),
    ("stated_rows", re.compile(rf"(?i)\b(?:total|count)\s*[:=]?\s*{_NUMBER}\s+{_RECORDS}\b")),
    ("stated_rows", re.compile(rf"(?i)\bof\s+{_NUMBER}\s+{_RECORDS}\b")),
)  # fmt: skip


def by_text(text: str) -> dict[str, int]:
    """What the words above or below the rows of a report say.

    >>> by_text("Page 1 of 2"), by_text("Showing 1 to 100 of 1,200 tickets"), by_text("Total")
    ({'stated_pages': 2, 'stated_page': 1}, {'stated_rows': 1200}, {})
    """
    found: dict[str, int] = {}
    for name, form in _TEXTS:
        match = form.search(text)
        if match and name not in found:
            found[name] = int(re.sub(r"\D", "", match[match.lastindex or 1]))
            if page := match.groupdict().get("page"):
                found["stated_page"] = int(page)
    return found


def by_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What the fields beside the list of an answer say; those of objects within it too.

    A word on whether more follows outranks a link to it. `stated_at`: when the answer was made, in UTC.

    >>> by_fields({"page": 1, "pages": 2, "total": 200, "links": {"next": None}})
    {'stated_page': 1, 'stated_pages': 2, 'stated_rows': 200, 'stated_more': 0}
    >>> by_fields({"end_of_stream": True, "next_page": "https://example.org/?start=9"})
    {'stated_more': 0}
    >>> by_fields({"exportedAt": "2026-11-01T08:00:00+01:00"})
    {'stated_at': '2026-11-01T07:00:00+00:00'}
    """
    found: dict[str, Any] = {}
    linked: int | None = None
    for name, value in _flat(fields):
        key = fold(name)
        whole = _whole(value)
        truth = _truth(value)
        if truth is not None and key in _MORE:
            found["stated_more"] = int(truth)
        elif truth is not None and key in _LAST:
            found["stated_more"] = int(not truth)
        elif key in _NEXT and not isinstance(value, bool):
            linked = int(value not in (None, "") or bool(linked))
        elif key in _WHEN and (at := _instant(value)):
            found["stated_at"] = at
        elif whole is not None and key in _ROWS:
            found["stated_rows"] = max(whole, found.get("stated_rows", 0))
        elif whole is not None and key in _PAGES:
            found["stated_pages"] = whole
        elif whole is not None and key in _PAGE:
            found["stated_page"] = whole
    if (
        linked is not None
    ):  # some give a next link on the last page too, and say there in a word that it is the last
        found.setdefault("stated_more", linked)
    return found


def is_about_pages(path: Sequence[str]) -> bool:
    """Whether a field beside the records, by its path, speaks of pages and not of the records.

    >>> is_about_pages(("total",)), is_about_pages(("meta", "has_more")), is_about_pages(("customer", "name"))
    (True, True, False)
    """
    return any(fold(name) in PAGING for name in path[-1:]) or any(fold(name) in _INSIDE for name in path[:-1])


def doubts(files: Iterable[Mapping[str, Any]]) -> list[str]:
    """Why the files of one source are not all of it: one sentence for each thing that they say and that did not come.

    Each of `files` has `file`, `rows` (those of the file that are no titles or footers), and KEYS where stated.
    """
    told = list(files)
    said = []
    names = ", ".join(one["file"] for one in told)
    rows, total, stating = _rows(told)
    if rows != total and any(one["rows"] != one["stated_rows"] for one in stating):
        said.append(f"{names}: says that there are {total:,} rows, and has {rows:,}")
    whole = bool(stating) and rows == total
    pages = max((one["stated_pages"] for one in told if "stated_pages" in one), default=0)
    numbers = {one["stated_page"] for one in told if "stated_page" in one}
    came = len(numbers) + sum("stated_page" not in one for one in told)
    absent = _between(numbers)
    if pages > came and not whole:
        said.append(f"{names}: says that there are {pages:,} pages, and {came:,} came")
    elif absent and came == len(numbers) and not whole:
        one = ", ".join(map(str, absent[:5])) + (" and others" if len(absent) > 5 else "")
        said.append(f"{names}: has page {max(numbers)}, and page {one} did not come")
    if _more_follows(told):
        said.append(f"{names}: says that more rows follow, and they did not come")
    return said


def is_begin(files: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the files of one source say that rows come after theirs: more follow, or there are more than came."""
    told = list(files)
    rows, total, stating = _rows(told)
    pages = max((one["stated_pages"] for one in told if "stated_pages" in one), default=0)
    last = max((one.get("stated_page", place) for place, one in enumerate(told, 1)), default=0)
    return _more_follows(told) or (bool(stating) and rows < total) or last < pages


def _rows(told: list[Mapping[str, Any]]) -> tuple[int, int, list[Mapping[str, Any]]]:
    """How many rows came, how many there are, and who says so."""
    rows = sum(one["rows"] for one in told)
    stating = [one for one in told if "stated_rows" in one]
    return rows, max((one["stated_rows"] for one in stating), default=rows), stating


def _more_follows(told: list[Mapping[str, Any]]) -> bool:
    more = [one["stated_more"] for one in told if "stated_more" in one]
    return bool(more) and all(more) and len(more) == len(told)


def _between(numbers: set[int]) -> list[int]:
    """The pages before the last one that are not among some; counted from 1, or from 0 where there is one."""
    first = 0 if 0 in numbers else 1
    last = max(numbers, default=0)
    return sorted(set(range(first, last)) - numbers) if last <= len(numbers) + 1_000 else [first]


def _flat(fields: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """The plain fields, and those of the objects in which answers speak of their pages."""
    for name, value in fields.items():
        if isinstance(value, Mapping):
            if fold(name) in _INSIDE or any(fold(key) in _NEXT | _MORE for key in value):
                yield from value.items()
        elif not isinstance(value, list):
            yield name, value


def _instant(value: Any) -> str | None:
    """A time with its offset, or in seconds or milliseconds since 1970; a time without offset is nobody's."""
    whole = _whole(value)
    try:
        if whole is not None:
            at = datetime.fromtimestamp(whole / 1000 if whole > 10**11 else whole, UTC)
        else:
            at = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        return None
    return at.astimezone(UTC).isoformat() if at.tzinfo and 2000 <= at.year < 2100 else None


def _truth(value: Any) -> bool | None:
    """True or false, which XML writes as a text."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.casefold())
    return value if isinstance(value, bool) else None


def _whole(value: Any) -> int | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isdecimal() else None
