"""How a file was read: what the manifest tells of it, and what an analyst should know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from msp_report.intake import canonical, values
from msp_report.intake.chunk import Chunk
from msp_report.intake.inputs import OURS, Input
from msp_report.intake.profile import nearest
from msp_report.params.layout import fold

#: So many different unknown values of a column are told, the commonest first; more are no list to map.
MOST_VALUES = 1_000


class ReadAs:
    """How a file was read: what `read_as` of its account says."""

    def __init__(self, given: Input) -> None:
        self._given = given
        self._facts: dict[str, Any] = {}
        self._shaped: dict[str, list[str]] = {}
        self._headers: dict[str, None] = {}
        self._found: dict[str, str] = {}
        self._unpivoted: dict[str, str] = {}
        self._unknown: dict[str, Counter[str]] = {}
        self._default: Counter[str] = Counter()
        self._wide = 0

    def add(self, chunk: Chunk) -> None:
        """The next chunk; what a file says of itself stands whole at its end."""
        facts = dict(chunk.facts)
        self._shaped = facts.pop("shaped", self._shaped)
        self._facts |= facts
        self._headers |= dict.fromkeys(chunk.header)

    def accepted(self, chunk: Chunk, got: canonical.Accepted, fitted: canonical.Fit) -> None:
        """What became of it."""
        self._unpivoted |= fitted.unpivoted
        self._found = {**fitted.found, **self._found}
        if chunk.header != fitted.header:  # objects of JSON may bring other names later
            layout = fitted.layout
            more = {name: chunk.header_of(layout.columns.get(name, ())) for name in fitted.table.names}
            self._found = {name: header for name, header in more.items() if header} | self._found
        for name, counts in got.unknown.items():
            self._unknown.setdefault(name, Counter()).update(counts)
        self._default.update(got.default)
        self._wide += got.wide

    def all(self, fitted: canonical.Fit | None, manner: values.Manner) -> dict[str, Any]:
        """All of it, as the manifest says it."""
        layout = self._given.layout
        used = {fold(header) for header in (*self._found.values(), *self._unpivoted.values(), *layout.totals)}
        named = {name.casefold() for name in self._shaped.get("named", ())}
        headers = self._shaped.get("headers") or list(self._headers)
        told = {
            **self._facts,
            "decimal": fitted.manner.decimal if fitted else None,
            "timezone": manner.timezone,
            "columns": {**self._unpivoted, **{k: h for k, h in self._found.items() if h}},
            "unread": [
                header
                for header in headers
                if header
                and header not in OURS
                and fold(header) not in used
                and header.casefold() not in named
            ],
        }
        more = {
            "absent": self._shaped.get("absent"),
            "beside": {
                name: [path.name for path, _ in found] or None for name, found in self._given.beside.items()
            },
            "unknown": {
                name: dict(values.most_common(MOST_VALUES)) for name, values in self._unknown.items()
            },
            "default": dict(self._default),
            "wide": self._wide,
            "route": self._given.route,
        }
        return told | {name: value for name, value in more.items() if value}

    def warnings(self) -> Iterator[str]:
        """What an analyst should know of it."""
        given = self._given
        inline = {"split", "where", "shape"} & given.source.model_fields_set
        for name in self._shaped.get("absent", ()) if inline else ():
            hint = nearest(name, self._shaped["headers"] or [""])
            yield f"{given.name}: {' and '.join(sorted(inline))} name {name!r}, which no row of it has{hint}"
        for name, found in given.beside.items():
            if not found:
                patterns = ", ".join(given.layout.beside[name].file)
                yield f"{given.name}: there is no {patterns} beside it, which its shape reads as {name}: export it too"
