"""How a vendor's export is to be read: the keys that profiles and sources.yaml share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict


def as_list(value: object) -> object:
    """One item where a list is expected is a list of one."""
    return [value] if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(as_list)]


class Reading(BaseModel):
    """One table in one vendor's words; every key may stand in a profile or inline in sources.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: dict[str, Texts] = {}
    """Canonical column: the vendor's header, or several in order of preference."""
    values: dict[str, dict[str, Texts]] = {}
    """Canonical column: {vendor's value: canonical value}; a value not listed is rejected."""
    constants: dict[str, str] = {}
    """Canonical column: the value of every row."""
    dates: Texts | dict[str, Texts] = ()
    """strptime formats, `iso` or `epoch`, `epoch_ms`; for all time columns, or by canonical column."""
    timezone: str | None = None
    """IANA zone of times without an offset."""
    durations: dict[str, str] = {}
    """Canonical column: encoding of a duration (hours, minutes, seconds, hms, epoch_date, text)."""
    nulls: Texts = ()
    """Values that mean missing, beside the empty one."""
    decimal: Literal[".", ","] | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    skip_rows: int | None = None
    """Lines before the header; found by itself where not given."""
    totals: dict[str, str] = {}
    """Vendor's header: pattern of a row that sums others up and is no record."""
    path: str | None = None
    """Columns from the path: a template such as `{resource}.csv`."""
    record: Literal["each", "last"] = "each"
    """`last`: the last row of a key is the record."""
    unpivot: dict[str, Texts] = {}
    """Columns that become rows: {canonical value of the name column: vendor's headers}."""
    changes_only: bool | None = None
    """checks: the log holds changes only, a state holds until the next one (rule 7)."""
    max_gap_s: float | None = None
