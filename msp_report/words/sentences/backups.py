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
        return page.language("We do not know whether anything is saved: {why_missing}.", **late)
    if bare.raw.value and late.raw.value:
        return page.language.plural(
            "{value} asset needs a backup and had none at all in {period}; {late} more went too long without one.",
            "{value} assets need a backup and had none at all in {period}; {late} more went too long without one.",
            bare.raw.value,
            period=page.period,
            late=late.value,
            **bare,
        )
    if bare.raw.value:
        return page.language.plural(
            "{value} asset needs a backup and had none at all in {period}.",
            "{value} assets need a backup and had none at all in {period}.",
            bare.raw.value,
            period=page.period,
            **bare,
        )
    if late.raw.value:
        return page.language(
            "{value} of {n} assets went too long without a backup in {period}.",
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
    if within.raw.verdict == "missed":
        return None  # the table shows each asset's own
    if within.raw.verdict == "no_verdict":
        return page.language(
            "Between {low} and {high} of the backups that were due were made; "
            "the longest time without one was at least {worst}.",
            worst=worst.value,
            **within,
        )
    return page.language(
        "{within} of the backups that were due were made; the longest time without one was {worst}.",
        within=within.value,
        worst=worst.value,
    )


def _proven(page: Page) -> str | None:
    proven = page.one("backups.never_proven")
    if proven.raw.value is None:
        return page.language("We do not know whether any of it can be read back: {why_missing}.", **proven)
    if proven.raw.value:
        return page.language(
            "{value} of {n} assets have never been read back in a test that worked.", **proven
        )
    return (
        page.language("Every asset has been read back at least once in a test that worked.")
        if proven.raw.n
        else None
    )


def _failed_restores(page: Page) -> str | None:
    failed = page.one("backups.failed_restores")
    if not failed.raw.value:
        return None
    return page.language.plural(
        "{value} asset could not be restored in its last test.",
        "{value} assets could not be restored in their last test.",
        failed.raw.value,
        **failed,
    )


def todo(page: Page) -> list[str | None]:
    """Backups for what has none, a cause for each hole, and a restore for what nobody ever read back."""
    bare, late = page.one("backups.unprotected"), page.one("backups.missed")
    proven, failed = page.one("backups.never_proven"), page.one("backups.failed_restores")
    return [
        page.language("Ask the provider for the log of its backup jobs.") if late.raw.value is None else None,
        page.language.plural(
            "Have the provider back up the {value} asset that has no backup at all, or correct the register.",
            "Have the provider back up the {value} assets that have no backup at all, or correct the register.",
            bare.raw.value,
            **bare,
        )
        if bare.raw.value
        else None,
        page.language.plural(
            "Ask the provider why {value} asset went too long without a backup, and what will warn it next time.",
            "Ask the provider why {value} assets went too long without a backup, and what will warn it next time.",
            late.raw.value,
            **late,
        )
        if late.raw.value
        else None,
        page.language.plural(
            "Have the provider restore {value} asset again, as its last test failed.",
            "Have the provider restore {value} assets again, as their last tests failed.",
            failed.raw.value,
            **failed,
        )
        if failed.raw.value
        else None,
        page.language.plural(
            "Have the provider restore, as a test, the {value} asset that nobody ever read back.",
            "Have the provider restore, as a test, the {value} assets that nobody ever read back; the critical ones "
            "first.",
            proven.raw.value,
            **proven,
        )
        if proven.raw.value
        else None,
    ]


def chart_course(page: Page) -> str:
    """When the assets were saved and when not: how many have holes."""
    bare, late = page.one("backups.unprotected"), page.one("backups.missed")
    if bare.raw.value is None or late.raw.value is None:
        return page.language("When each asset was saved, and when it was not")
    holes = bare.raw.value + late.raw.value
    if not holes:
        return page.language("No asset is known to have a hole in its backups")
    counts = {"holes": f"{holes:.0f}", "all": late.n}
    if not bare.raw.value:
        return page.language.plural(
            "{holes} of {all} assets has a hole in its backups",
            "{holes} of {all} assets have holes in their backups",
            holes,
            **counts,
        )
    return page.language.plural(
        "{holes} of {all} assets has no backup at all",
        "{holes} of {all} assets have holes in their backups, {value} of them without any backup at all",
        holes,
        **counts,
        **bare,
    )


def unprotected_missed(f: Said) -> str:
    """Assets without a job."""
    return f.language.plural(
        "{value} asset needs a backup and has none.",
        "{value} assets need a backup and have none.",
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
            "Between {low} and {high} assets need a backup and have none: {why_missing}.",
            **f,
        )
    return f.language(
        "Up to {high} assets may have no backup: names in the jobs fit several or none, a job may only copy, "
        "or the register does not say who needs one.",
        **f,
    )


def unprotected_no_data(f: Said) -> str:
    """No jobs or no register."""
    return f.language("We do not know which assets have no backup ({why_missing}).", **f)


def within_rpo_ratio_missed(f: Said) -> str:
    """Backups are missing."""
    return f.language.plural(
        "{part} of the {n} backups that were due ({value}) was made; all were agreed.",
        "{part} of the {n} backups that were due ({value}) were made; all were agreed.",
        f.count or 0,
        **f,
    )


def within_rpo_ratio_met(f: Said) -> str:
    """All backups are there."""
    return f.language("All {n} backups that were due were made.", **f)


def within_rpo_ratio_no_verdict(f: Said) -> str:
    """Which asset a job saves, or whether it saved anything, cannot be told."""
    if not f.raw.why_missing:
        return f.language("Between {low} and {high} of the backups that were due were made.", **f)
    return f.language(
        "Between {low} and {high} of the backups that were due were made: {why_missing}.",
        **f,
    )


def within_rpo_ratio_no_data(f: Said) -> str:
    """No jobs."""
    return f.language("We do not know whether backups were made as often as agreed ({why_missing}).", **f)
