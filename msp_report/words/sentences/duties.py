"""What the page on standard duties says."""

from __future__ import annotations

from msp_report.words.sentences.said import Page, Said


def opening(page: Page) -> list[str | None]:
    """Which duties are not proved to be done."""
    duties = page.one("duties.missed")
    missed = page.all("duties.kept_ratio", "missed")
    if duties.raw.value is None:
        return [
            page.language("We do not know whether the standard duties are done: {why_missing}.", **duties)
        ]
    unclear = page.all("duties.kept_ratio", "no_verdict", "no_data")
    if not missed and unclear:
        return [
            page.language(
                "No standard duty is known to have been missed in {period}, but nobody can tell about {duties}.",
                period=page.period,
                duties=page.subjects(unclear),
            )
        ]
    if not missed:
        return [
            page.language(
                "All {n} standard duties were done as often as agreed in {period}, and there is proof.",
                period=page.period,
                **duties,
            )
        ]
    return [
        page.language.plural(
            "{value} of {n} standard duties was not proved to be done as often as agreed in {period}: {duties}.",
            "{value} of {n} standard duties were not proved to be done as often as agreed in {period}: {duties}.",
            duties.raw.value,
            period=page.period,
            duties=page.subjects(missed),
            **duties,
        )
    ]


def todo(page: Page) -> list[str | None]:
    """Proofs of what is not proved."""
    missed = page.all("duties.kept_ratio", "missed")
    unclear = page.all("duties.kept_ratio", "no_verdict", "no_data")
    return [
        page.language(
            "Ask the provider to prove {duties}, or to name the day by which it will be done.",
            duties=page.subjects(missed),
        )
        if missed
        else None,
        page.language("Ask the provider for its list of proofs: {duties}.", duties=page.subjects(unclear))
        if unclear
        else None,
    ]


def chart_pace(page: Page) -> str:
    """How long each duty went without a proof: how many of them for longer than agreed."""
    missed = page.one("duties.missed")
    unclear = page.all("duties.kept_ratio", "no_verdict", "no_data")
    if missed.raw.value:
        return page.language("{value} of {n} duties went without a proof for longer than agreed", **missed)
    if missed.raw.value is None or unclear:
        return page.language("How long each duty went without a proof")
    return page.language("Every duty was proved as often as agreed")


def kept_ratio_missed(f: Said) -> str:
    """A duty that is not proved each time it was due."""
    if f.raw.value == 0 and f.clause:
        return f.language("The duty “{subject}” was never proved when it was due (clause {clause}).", **f)
    if f.raw.value == 0:
        return f.language("The duty “{subject}” was never proved when it was due.", **f)
    if f.clause:
        return f.language(
            "The duty “{subject}” was proved {part} of the {n} times it was due (clause {clause}).",
            **f,
        )
    return f.language("The duty “{subject}” was proved {part} of the {n} times it was due.", **f)


def kept_ratio_met(f: Said) -> str:
    """A duty that is proved each time."""
    return f.language("The duty “{subject}” was proved each time it was due.", **f)


def kept_ratio_no_verdict(f: Said) -> str:
    """Proofs under another name, or that could not be read, may be what lacks."""
    if f.raw.why_missing:
        return f.language(
            "We cannot tell whether the duty “{subject}” was done each time it was due ({why_missing}).", **f
        )
    return f.language("We cannot tell whether the duty “{subject}” was done each time it was due.", **f)


def kept_ratio_no_data(f: Said) -> str:
    """A duty of which nothing is known."""
    return f.language("We do not know whether the duty “{subject}” was done ({why_missing}).", **f)
