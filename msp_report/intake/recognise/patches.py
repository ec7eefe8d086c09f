"""A list of patches of no known vendor: one proof for each day on which patches were installed, as its profile says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msp_report.intake.recognise import words
from msp_report.intake.recognise.sketch import Seen, Sketch, in_order
from msp_report.params.layout import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from msp_report.intake.recognise.unknown import Hints

#: How Microsoft numbers its patches, and who numbers weaknesses.
_NUMBERS = r"(?i)^(KB\d{6,8}|CVE-\d{4}-\d+|MS\d{2}-\d{3})$"


def shape(
    seen: Sketch, hints: Hints, named: Callable[[str, str, str, bool], float]
) -> tuple[Seen, str | None] | None:
    """The column of a list of patches that says when, and the query over its rows; no query where its order of day and
    month is in doubt. None for another file.

    `named` tells how well a header names a column of a table.
    """
    if not any(_is_patch(seen, one) for one in seen.columns):
        return None
    machine = [one for one in seen.columns if named(one.name, "device", "installs", False) >= 0.7]
    when = [one for one in seen.columns if one.kind("date") >= 0.9 and one.distinct > 1]
    result = [one for one in seen.columns if one.distinct <= 12 and _all_known(one)]
    if len(machine) != 1 or len(when) != 1 or len(result) > 1:
        return None
    order = when[0].order if when[0].order in ("dmy", "mdy") else hints.date_order
    if when[0].order in ("both", "contradictory") and order not in ("dmy", "mdy"):
        return when[0], None
    forms = in_order(when[0].formats, order or "dmy")
    if {"epoch", "epoch_ms"} & set(forms):
        return None
    return when[0], _query(machine[0], when[0], forms, result[0] if result else None)


def _is_patch(seen: Sketch, one: Seen) -> bool:
    said = words.stems(one.name)
    if said & words.patches() and said <= words.patches() | words.neutral("installs", is_time=False):
        return one.distinct > 1 and one.kind("date", "number", "boolean") < 0.5
    return bool(one.values) and seen.texts(one.name).dropna().str.match(_NUMBERS).mean() >= 0.9


def _all_known(one: Seen) -> bool:
    return bool(one.values) and {words.plain(text) for text in one.values} <= words.outcomes().keys()


def _query(machine: Seen, when: Seen, forms: tuple[str, ...], result: Seen | None) -> str:
    """A row a day, with how many patches were installed and on which machines."""
    device, told = quoted(machine.name), quoted(when.name)
    formats = ", ".join(f"'{form}'" for form in forms if form != "iso")
    day = f"strftime(try_strptime({told}, [{formats}]), '%Y-%m-%d')" if formats else "null"
    day = f"coalesce({day}, left({told}, 10))" if "iso" in forms else day
    done = ""
    if result:
        good = [text for text in result.values if words.outcomes()[words.plain(text)] == "done"]
        listed = ", ".join("'" + text.replace("'", "''") + "'" for text in good) or "''"
        done = f" and {quoted(result.name)} in ({listed})"
    return (
        f"with done as (select *, {device} as machine, {day} as told_day from rows where {told} is not null{done}) "
        "select told_day, count(*) || case when count(*) = 1 then ' patch on ' else ' patches on ' end || "
        "string_agg(distinct machine, ', ' order by machine) as told_evidence, list(_row) as _rows "
        "from done group by told_day"
    )
