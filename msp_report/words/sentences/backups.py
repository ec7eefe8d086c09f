"""What the page on backups says."""

from __future__ import annotations

from msp_report.words.sentences.said import Page, Said


def opening(page: Page) -> list[str | None]:
    """What is not saved, how many backups are there, and whether they can be read back."""
    return [_saved(page), _within(page), _proven(page), _failed_restores(page)]


def _saved(page: Page) -> str:
    bare, late = page.one("backups.unprotected"), page.one("backups.missed")
    within = page.one("backups.within_rpo_ratio")
    if late.raw.value is None:
        return page.language("Whether anything is saved is not known: {why_missing}.", **late)
    if bare.raw.value and late.raw.value:
        return page.language.plural(
            "{value} asset that needs a backup has none at all in {period}, "
            "and {late} more went without one for too long.",
            "{value} assets that need a backup have none at all in {period}, "
            "and {late} more went without one for too long.",
            bare.raw.value,
            period=page.period,
            late=late.value,
            **bare,
        )
    if bare.raw.value:
        return page.language.plural(
            "{value} asset that needs a backup has none at all in {period}.",
            "{value} assets that need a backup have none at all in {period}.",
            bare.raw.value,
            period=page.period,
            **bare,
        )
    if late.raw.value:
        return page.language(
            "{value} of {n} assets went without a backup for too long in {period}.",
            period=page.period,
            **late,
        )
    if within.raw.value is None:
        return page.language(
            "There was no backup to judge in {period}: {why_missing}.", period=page.period, **within
        )
    if within.raw.verdict == "no_verdict":
        return page.language(
            "No asset is proved to have gone without a backup in {period}, "
            "but not all are proved to be saved: {why_missing}.",
            period=page.period,
            **within,
        )
    if bare.raw.value is None:
        return page.language(
            "Everything that has a backup job was saved often enough in {period}; what has none is not known.",
            period=page.period,
        )
    return page.language(
        "All {n} assets that need a backup were saved often enough in {period}.", period=page.period, **late
    )


def _within(page: Page) -> str | None:
    within, worst = page.one("backups.within_rpo_ratio"), page.one("backups.worst_gap_hours")
    if within.raw.value is None:
        return None
    if within.raw.verdict == "no_verdict":
        return page.language(
            "Between {low} and {high} of the backups that were due are there; "
            "the longest time without one was {worst} at least.",
            worst=worst.value,
            **within,
        )
    return page.language(
        "{within} of the backups that were due are there; the longest time without one was {worst}.",
        within=within.value,
        worst=worst.value,
    )


def _proven(page: Page) -> str | None:
    proven = page.one("backups.never_proven")
    if proven.raw.value is None:
        return page.language("Whether any of it can be read back is not known: {why_missing}.", **proven)
    if proven.raw.value:
        return page.language("{value} of {n} have never been proved restorable.", **proven)
    return page.language("Each has been proved restorable at least once.") if proven.raw.n else None


def _failed_restores(page: Page) -> str | None:
    failed = page.one("backups.failed_restores")
    if not failed.raw.value:
        return None
    return page.language.plural(
        "A restore of {value} asset failed, and none has worked since.",
        "Restores of {value} assets failed, and none has worked since.",
        failed.raw.value,
        **failed,
    )


def unprotected_missed(f: Said) -> str:
    """Assets without a job."""
    return f.language.plural(
        "{value} asset that needs a backup has none.",
        "{value} assets that need a backup have none.",
        f.raw.value,
        **f,
    )


def unprotected_met(f: Said) -> str:
    """Every asset has a job."""
    return f.language("Every asset that needs a backup has a job.")


def unprotected_no_verdict(f: Said) -> str:
    """Which asset a job saves cannot be told."""
    if f.raw.why_missing:
        return f.language(
            "Between {low} and {high} assets that need a backup have none: {why_missing}.",
            **f,
        )
    return f.language(
        "Up to {high} assets may have no backup: names in the jobs fit several or none, a job may only copy, "
        "or the register does not say who needs one.",
        **f,
    )


def unprotected_no_data(f: Said) -> str:
    """No jobs or no register."""
    return f.language("Which assets have no backup is not known ({why_missing}).", **f)


def within_rpo_ratio_missed(f: Said) -> str:
    """Backups are missing."""
    return f.language.plural(
        "{part} of the {n} backups that were due ({value}) is there; all were agreed.",
        "{part} of the {n} backups that were due ({value}) are there; all were agreed.",
        f.count or 0,
        **f,
    )


def within_rpo_ratio_met(f: Said) -> str:
    """All backups are there."""
    return f.language("All {n} backups that were due are there.", **f)


def within_rpo_ratio_no_verdict(f: Said) -> str:
    """Which asset a job saves, or whether it saved anything, cannot be told."""
    if not f.raw.why_missing:
        return f.language("Between {low} and {high} of the backups that were due are there.", **f)
    return f.language(
        "Between {low} and {high} of the backups that were due are there: {why_missing}.",
        **f,
    )


def within_rpo_ratio_no_data(f: Said) -> str:
    """No jobs."""
    return f.language("Whether backups were made as often as agreed is not known ({why_missing}).", **f)
