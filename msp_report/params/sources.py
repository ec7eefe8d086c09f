"""sources.yaml: where the exports lie, and what the vendor calls things."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic import model_validator as check

from msp_report.model.reads import Noted
from msp_report.model.tables import TABLES, Due
from msp_report.params.fields import Count, Day, Name, Params, Ratio
from msp_report.params.layout import Layout
from msp_report.params.yaml_text import load, nearest

#: Where exports may lie but in a folder; the bucket or the host is the same in every month.
_ELSEWHERE = re.compile(r"(s3|sftp)://(?![^/]*\{month\})[^\s/?#]+(/[^\s?#]*)?$")
#: A user with a password that is no variable of the environment.
_PASSWORD = re.compile(
    r"://[^/@:]*:(?!\$\{[A-Za-z_]\w*\}@)[^/@]*@|[?&]\w*(?:password|passwd|token|secret)\w*=(?!\$\{[A-Za-z_]\w*\}(?:&|$))",
    re.IGNORECASE,
)

#: What is said of an address that has one.
OPENLY = "a password stands in the address: write ${NAME}, and set NAME in the environment"


def has_password(address: str) -> bool:
    """Whether a password stands openly in an address."""
    return bool(_PASSWORD.search(address))


#: The keys of a source that name a server to ask.
ASKED = ("prometheus", "sql", "zabbix", "request_tracker")


class Ended(Params):
    """That a table comes no more."""

    on: Day
    """The first day without it."""
    why: Name
    """Why, in words for whoever reads the file; kept, not used."""


class Source(Layout):
    """One place from which rows of one table come."""

    file: str | None = None
    """Name or pattern of the files below `exports`."""
    name: Name | None = None
    """What the source is called where two sources use one number for different things, such as two help desks; the
    log and the hours of a help desk bear the name of its tickets. Left out: what the file's name says beside the
    table's."""
    profile: str | None = None
    """Name of a shipped profile, or the path of one's own below the params."""
    evidence: Literal["raw", "provider", "probe"] = "provider"
    """Whose word it is: raw data, the provider's, or an own probe's (rule 40)."""
    invited: Count | None = None
    """surveys: how many were asked, where the answers alone are listed."""
    other: Name | None = None
    """surveys: the words of the question that is none of the three and whose answers stand in the column `other`."""
    url: Annotated[str, Field(pattern=r"^https?://[^\s{}]*\{ticket_id\}[^\s{}]*$")] | None = None
    """tickets: the address of a ticket in the tool, with {ticket_id}, such as https://desk.example/t/{ticket_id}; pages
    link to it and never load it."""
    due: Due | None = None
    """How often the table has to come: monthly, quarterly, yearly or once; as docs/tables.md says where not given."""
    ended: Ended | None = None
    """From when on the table comes no more, and why: it is not missed then."""
    prometheus: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")] | None = None
    """Address of a Prometheus server that is asked for `query` over the month; what it answers is kept as a file of the
    month. `${NAME}` is taken from the environment: no password stands here."""
    sql: Annotated[str, Field(pattern=r"^(postgresql|mysql|mariadb|sqlite)://\S+$")] | None = None
    """Address of a database that is asked for `query`, such as postgresql://reader:${PASSWORD}@host/name or
    sqlite:///desk.db, a file beside the params; what it answers is kept as a file of the month. `${NAME}` is taken from
    the environment: no password stands here."""
    zabbix: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")] | None = None
    """Address of a Zabbix whose API is asked for the month: outages by event.get, samples by trend.get, claims by
    sla.getsli. `query` holds the parameters that choose among them, as YAML: `hostids: [10084]`; an empty one asks for
    all that its user may read. What it answers is kept as a file of the month."""
    request_tracker: Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")] | None = None
    """Address of a Request Tracker whose REST 2 is asked for the month: tickets by TicketSQL in `query`, such as
    `Queue = 'General'`, ticket_events by TransactionSQL, such as `TicketQueue = 'General'`. What it answers is kept as
    a file of the month."""
    resource: Name | None = None
    """prometheus: the label that names the resource, or the service; default instance."""
    step_s: Annotated[int, Field(ge=1, le=86_400)] = 60
    """prometheus: from one reading to the next [s]."""
    token: Annotated[str, Field(pattern=r"^\$\{[A-Za-z_]\w*\}$")] | None = None
    """prometheus, zabbix, request_tracker: `${NAME}` of the environment, the token that the server gave."""

    def has_ended(self, on: date) -> bool:
        """Whether it is said to come no more since a day."""
        return self.ended is not None and self.ended.on <= on

    def due_of(self, table: str) -> Due:
        """How often it has to come as a source of a table."""
        return self.due or TABLES[table].due

    @check(mode="after")
    def _one_origin(self) -> Source:
        asked = {name: getattr(self, name) for name in ASKED if getattr(self, name) is not None}
        if len(asked) + (self.file is not None) != 1:
            raise ValueError(f"a source needs exactly one of file, {', '.join(ASKED[:-1])} or {ASKED[-1]}")
        if asked and not self.zabbix and not (self.query or "").strip():
            raise ValueError("query: say what to ask of the server")
        if any(map(has_password, asked.values())):
            raise ValueError(OPENLY)
        if not self.prometheus and {"resource", "step_s"} & self.model_fields_set:
            raise ValueError("resource and step_s are of prometheus alone")
        if self.token and (self.file is not None or self.sql):
            raise ValueError("token is of a server that is asked over HTTP")
        if self.zabbix and not self.token:
            raise ValueError(
                "token: a Zabbix is asked by an API token: write ${NAME}, and set NAME in the environment"
            )
        return self


class Limits(Params):
    """What a file or a notebook may take before it is given up, with a sentence that names it."""

    file_memory_mb: Annotated[int, Field(ge=64, le=1_000_000)] = 2048
    """Memory for reading one file [MB]; not limited where the system has no such limits (Windows, macOS)."""
    file_seconds: Annotated[float, Field(gt=0, le=86_400)] = 300.0
    """Time until the first rows of a file, and from some to the next [s]."""
    notebook_memory_mb: Annotated[int, Field(ge=256, le=1_000_000)] = 8192
    """Memory for one notebook [MB]; not limited where the system has no such limits."""
    notebook_seconds: Annotated[int, Field(gt=0, le=604_800)] = 900
    """Time for one notebook [s]."""
    wait_seconds: Annotated[int, Field(ge=0, le=604_800)] = 3600
    """How long a run waits for another one of the same client to end [s]."""


#: How often a table may come, the most often first.
OFTEN: tuple[Due, ...] = ("monthly", "quarterly", "yearly", "once")


def _sources(value: object) -> object:
    return [value] if isinstance(value, Mapping) else value


class Sources(Noted, Params):
    """Where the exports lie and what the vendor calls things."""

    exports: str = "exports/{client}/{month}"
    """Folder of the exports, with {client} and {month}; or s3://bucket/folder/{month}, or sftp://user@host/folder/{month},
    from where they are fetched: who we are is told by the environment, no password stands here."""
    reject_limit_ratio: Ratio = 0.02
    """Share of a file's rows that may be rejected before the month is refused."""
    limits: Limits = Limits()
    """What a file or a notebook may take, and how long a run waits for another one."""
    tables: dict[str, Annotated[tuple[Source, ...], BeforeValidator(_sources)]] = {}
    """By table one source, or a list of them. While none is named, files are found by the names of the tables; once
    one is named, only what is named is read."""

    def due(self, table: str) -> Due:
        """How often a table has to come: as often as the source of it that comes most often."""
        stated = [source.due_of(table) for source in self.tables.get(table, ())]
        return min(stated, key=OFTEN.index, default=TABLES[table].due)

    def ended(self, table: str, on: date) -> bool:
        """Whether a table is said to come no more since a day."""
        entries = self.tables.get(table, ())
        return bool(entries) and all(entry.has_ended(on) for entry in entries)

    @property
    def invited(self) -> int | None:
        """How many were asked, where it is stated for each source of surveys; else None."""
        stated = [source.invited for source in self.tables.get("surveys", ())]
        return sum(stated) if stated and None not in stated else None

    @property
    def other(self) -> str | None:
        """The words of another question that surveys ask; those of several sources side by side."""
        words = [source.other for source in self.tables.get("surveys", ()) if source.other]
        return " / ".join(dict.fromkeys(words)) or None

    @check(mode="after")
    def _known_tables(self) -> Sources:
        for name in self.tables:
            if name not in TABLES:
                raise ValueError(f"tables: {name!r} is not a table{nearest(name, TABLES)}")
        for name in re.findall(r"(?<!\$)\{(.*?)\}", self.exports):
            if name not in ("client", "month"):
                raise ValueError(f"exports: {{{name}}} stands for nothing: only {{client}} and {{month}} do")
        if "://" in self.exports and not _ELSEWHERE.match(self.exports):
            raise ValueError(
                "exports: write a folder, s3://bucket/folder/{month} or sftp://user@host/folder/{month}"
            )
        if has_password(self.exports):
            raise ValueError(f"exports: {OPENLY}")
        return self


def load_sources(folder: Path) -> Sources:
    """params/<client>/sources.yaml; an absent file means canonical CSV files named like their tables.

    Raises ParamsError.
    """
    return load(Sources, folder / "sources.yaml", required=False)
