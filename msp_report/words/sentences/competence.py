"""What the page on competence says."""

from __future__ import annotations

from msp_report.words.sentences.said import Page, Said


def opening(page: Page) -> list[str | None]:
    """Whether anybody outside has judged the provider, and how far its records can be believed."""
    return [_opinions(page), _audit(page)]


def _opinions(page: Page) -> str:
    standing = page.one("competence.standing")
    if standing.raw.value is None:
        return page.language(
            "We do not know whether anyone independent has assessed the provider: {why_missing}.", **standing
        )
    if not standing.raw.n:
        return page.language("Nobody outside has judged the provider.")
    if standing.raw.value == standing.raw.n:
        return page.language(
            "All {n} outside opinions on the provider are independent and still hold.", **standing
        )
    return page.language.plural(
        "{value} of {n} outside opinions on the provider is independent and still holds.",
        "{value} of {n} outside opinions on the provider are independent and still hold.",
        standing.raw.value,
        **standing,
    )


def _audit(page: Page) -> str:
    audit = page.one("competence.audit_passed")
    between = audit.raw.low is not None and audit.raw.high is not None
    partly = audit.raw.coverage is not None and audit.raw.coverage < 1
    if audit.raw.value is None:
        return page.language(
            "How far the provider's records can be believed is not known: {why_missing}.", **audit
        )
    if between and partly:
        return page.language(
            "Of {n} records drawn at random and looked at one by one, weighted by how many each stands for, "
            "{value} passed; of all the year's records {low} to {high} would, "
            "as far as the {coverage} of the sample that was looked at is like the rest.",
            **audit,
        )
    if between:
        return page.language(
            "Of {n} records drawn at random and looked at one by one, weighted by how many each stands for, "
            "{value} passed; of all the year's records {low} to {high} would.",
            **audit,
        )
    if partly:
        return page.language(
            "Of {n} records drawn at random and looked at one by one, weighted by how many each stands for, "
            "{value} passed, as far as the {coverage} of the sample that was looked at is like the rest.",
            **audit,
        )
    return page.language(
        "Of {n} records drawn at random and looked at one by one, weighted by how many each stands for, "
        "{value} passed.",
        **audit,
    )


def standing_missed(f: Said) -> str:
    """No opinion that can be relied on."""
    return f.language("No outside opinion on the provider is both independent and still in force.")


def standing_no_data(f: Said) -> str:
    """Opinions are not recorded."""
    return f.language("Outside opinions on the provider are not known: {why_missing}.", **f)


def expired_missed(f: Said) -> str:
    """Opinions that no longer hold."""
    return f.language.plural(
        "{value} of {n} outside opinions has run out.",
        "{value} of {n} outside opinions have run out.",
        f.raw.value,
        **f,
    )


def not_independent_missed(f: Said) -> str:
    """Opinions of somebody with an interest."""
    return f.language.plural(
        "{value} of {n} outside opinions comes from somebody with an interest in the outcome.",
        "{value} of {n} outside opinions come from somebody with an interest in the outcome.",
        f.raw.value,
        **f,
    )


def unassessed_missed(f: Said) -> str:
    """Functions that nobody has judged."""
    return f.language(
        "Nobody outside has judged {value} of the functions that the provider has in its scope.", **f
    )


def days_overdue_plain(f: Said) -> str:
    """How long ago an opinion ran out."""
    return f.language("The opinion on {subject} ran out {value} before the end of the period.", **f)


def audit_passed_plain(f: Said) -> str | None:
    """How many of the records that were looked at passed; none looked at, no sentence."""
    if f.raw.value is None:
        return None
    if f.raw.low is None or f.raw.high is None:
        return f.language("{records}: {value} of those looked at passed.", records=_records(f), **f)
    return f.language(
        "{records}: {value} of those looked at passed ({low} to {high}).", records=_records(f), **f
    )


def _records(f: Said) -> str:
    if f.raw.subject == "ticket":
        return f.language("Tickets")
    if f.raw.subject == "invoice":
        return f.language("Invoices")
    if f.raw.subject == "restore":
        return f.language("Restores")
    return f.language("All records")
