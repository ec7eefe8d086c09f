"""What the page on evidence says."""

from __future__ import annotations

from msp_report.words.sentences.said import Page, Said


def opening(page: Page) -> list[str | None]:
    """Whether everything that was due came, how much can be decided, and whether the contract promises any evidence."""
    return [_came(page), _decided(page), _hole(page), *_claims(page), *_unlogged(page), _rewritten(page)]


def _rewritten(page: Page) -> str | None:
    """How many rows of closed months came otherwise than before (rule 38)."""
    fields = page.one("evidence.rewritten_fields")
    if not fields.raw.value:
        return None
    return page.language.plural(
        "{n} row of a closed month has changed since: ask the provider who changed it, and why.",
        "{n} rows of closed months have changed since: ask the provider who changed them, and why.",
        fields.raw.n or 0,
        **fields,
    )


def _came(page: Page) -> str:
    withheld = page.one("evidence.withheld_tables")
    if not withheld.raw.n:
        return page.language("No table was due for {period}.", period=page.period)
    if not withheld.raw.value:
        return page.language.plural(
            "The {n} table that was due for {period} came.",
            "All {n} tables that were due for {period} came.",
            withheld.raw.n,
            period=page.period,
            **withheld,
        )
    return page.language.plural(
        "{value} of {n} tables that were due for {period} did not come: nothing that needs it can be judged.",
        "{value} of {n} tables that were due for {period} did not come: nothing that needs them can be judged.",
        withheld.raw.value,
        period=page.period,
        **withheld,
    )


def _claims(page: Page) -> list[str]:
    """How many of the provider's own figures differ from ours, and the credits that hang on it."""
    gap, money = page.one("evidence.claims_gap"), page.one("evidence.claims_money")
    if not gap.raw.n or gap.raw.value is None:
        return []
    if not gap.raw.value:
        return [page.language("All {n} figures that the provider reports are what we found too.", **gap)]
    return [
        page.language.plural(
            "{value} of the {n} figures that the provider reports differs from what we found; "
            "{money} in credits depend on it.",
            "{value} of the {n} figures that the provider reports differ from what we found; "
            "{money} in credits depend on them.",
            gap.raw.value,
            money=money.value,
            **gap,
        )
    ]


def _unlogged(page: Page) -> list[str]:
    """How many outages of the month the provider's log lacks, and how many it has of all that there may have been."""
    lacks, total = page.one("evidence.unlogged_outages"), page.one("evidence.outages_year")
    logged = page.one("evidence.logged_year")
    found = []
    if lacks.raw.value:
        found.append(
            page.language.plural(
                "The provider's log lacks the only outage that was seen in {period}.",
                "The provider's log lacks {value} of the {n} outages that were seen in {period}.",
                lacks.raw.n or 0,
                period=page.period,
                **lacks,
            )
        )
    if total.raw.value and logged.raw.value is not None and logged.raw.value < total.raw.value:
        ends = {"total": total.value, "low": total.low, "high": total.high}
        found.append(
            page.language(
                "In up to twelve months the provider's log has {value} of about {total} outages of the services that "
                "others watch too; there were between {low} and {high}, counting those that nobody saw.",
                **{**logged, **ends},
            )
        )
    return found


def _decided(page: Page) -> str | None:
    decided = page.one("evidence.decided_ratio")
    if decided.raw.value is None:
        return None
    return page.language(
        "{part} of {n} promises with anything to judge have a firm verdict ({value}).", **decided
    )


def _hole(page: Page) -> str | None:
    if page.all("evidence.delivered") or not page.one("evidence.withheld_tables").raw.n:
        return None
    return page.language(
        "The contract promises no evidence: it names no table and no day by which one must come. "
        "That tables come every month is our own rule; leaving one out costs the provider nothing."
    )


def unpromised_tables_missed(f: Said) -> str:
    """Tables that no clause promises and that did not come: our own rule, and the hole in the contract."""
    return f.language.plural(
        "{value} of {n} tables that were due did not come, and no clause of the contract promises it.",
        "{value} of {n} tables that were due did not come, and no clause of the contract promises them.",
        f.raw.value or 0,
        **f,
    )


def delivered_missed(f: Said) -> str:
    """Evidence that the contract promises and that did not come by its day."""
    if f.raw.clause:
        return f.language("The table {subject} did not come by the day agreed (clause {clause}).", **f)
    return f.language("The table {subject} did not come by the day agreed.", **f)


def delivered_no_data(f: Said) -> str:
    """Evidence of which nobody knows when it was exported."""
    return f.language(
        "We do not know whether the table {subject} came by the day agreed: {why_missing}.", **f
    )


def withheld_tables_no_data(f: Said) -> str:
    """A table that was due and did not come."""
    return f.language("The table {subject} was due and did not come ({why_missing}).", **f)


def doubted_tables_no_data(f: Said) -> str:
    """A table whose own files say otherwise than their rows."""
    return f.language(
        "The table {subject} is in doubt, so nothing is decided by it alone ({why_missing}).", **f
    )


def emptied_columns_no_data(f: Said) -> str:
    """Columns of a table that came empty though earlier months filled them."""
    return f.language(
        "The table {subject} came with empty columns that earlier months filled: {why_missing}.", **f
    )


def stale_packs_no_data(f: Said) -> str:
    """A published pack that its inputs have left behind."""
    return f.language("The pack of {subject} is out of date: {why_missing}. Run it again.", **f)


def strange_names_no_verdict(f: Said) -> str:
    """Names in a table that tell of harm and that nobody knows."""
    if f.raw.value is None or not f.raw.why_missing:
        return f.language("Names in the table {subject} belong to nothing that we know.", **f)
    return f.language.plural(
        "{value} name in the table {subject} belongs to nothing that we know ({why_missing}).",
        "{value} names in the table {subject} belong to nothing that we know ({why_missing}).",
        f.raw.value,
        **f,
    )
