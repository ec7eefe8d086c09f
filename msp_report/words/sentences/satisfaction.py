"""What the page on satisfaction says."""

from __future__ import annotations

from msp_report.words.sentences.said import Page, Said


def opening(page: Page) -> list[str | None]:
    """What users think, and how many of them said so."""
    return [_content(page), _true(page), _other(page), _answered(page)]


def _content(page: Page) -> str:
    quick, able = page.one("satisfaction.responsiveness"), page.one("satisfaction.capability")
    recommend = page.one("satisfaction.recommend")
    if quick.raw.n is None and able.raw.n is None and recommend.raw.n is None:
        return page.language("We do not know what our people think: {why_missing}.", **quick)
    if quick.raw.value is not None and able.raw.value is not None:
        return page.language(
            "{quick} of {asked} people who answered in {period} are content with how fast they are helped "
            "({quick_share}), {able} of {all} with how well ({able_share}).",
            period=page.period,
            quick=quick.part,
            asked=quick.n,
            quick_share=quick.value,
            able=able.part,
            all=able.n,
            able_share=able.value,
        )
    if quick.raw.value is not None:
        return page.language(
            "{part} of {n} people who answered in {period} are content with how fast they are helped ({value}).",
            period=page.period,
            **quick,
        )
    if able.raw.value is not None:
        return page.language(
            "{part} of {n} people who answered in {period} are content with how well they are helped ({value}).",
            period=page.period,
            **able,
        )
    if recommend.raw.value is not None:
        return page.language(
            "Those who would recommend the help desk less those who would not: {value}, on a scale from -1 to 1.",
            **recommend,
        )
    return page.language(
        "Too few people answered in {period} to say what our people think.", period=page.period
    )


def _true(page: Page) -> str | None:
    """Between which ends the true shares lie; not known, no sentence."""
    quick, able = page.one("satisfaction.responsiveness"), page.one("satisfaction.capability")
    if None in (quick.raw.low, quick.raw.high, able.raw.low, able.raw.high):
        return None
    return page.language(
        "The true shares probably lie between {quick_low} and {quick_high}, and between {able_low} and {able_high}.",
        quick_low=quick.low,
        quick_high=quick.high,
        able_low=able.low,
        able_high=able.high,
    )


def _other(page: Page) -> str | None:
    other = page.one("satisfaction.other")
    if other.raw.value is None:
        return None
    return page.language(
        "{part} of {n} people gave 4 or 5 of 5 to another question of the survey ({value}).", **other
    )


def _answered(page: Page) -> str | None:
    answered = page.one("satisfaction.response_ratio")
    if answered.raw.value is None:
        return None
    if answered.raw.value < 0.5:
        return page.language(
            "{part} of {n} people who were asked answered ({value}): the silent majority may think otherwise.",
            **answered,
        )
    return page.language("{part} of {n} people who were asked answered ({value}).", **answered)


def chart_months(page: Page, *, first: str, month: str, target: str, change: float) -> str:
    """Who is content with how fast they are helped, month by month: now, what the board asked for, and before."""
    quick = page.one("satisfaction.responsiveness")
    if quick.raw.value is None:
        return page.language("How many people are content with how fast they are helped")
    if target:
        return page.language(
            "{part} of {n} people are content with how fast they are helped; {target} was asked for",
            **{**quick, "target": target},
        )
    if change:
        return page.language(
            "{part} of {n} people are content with how fast they are helped ({value}; {month}: {first})",
            **quick,
            month=month,
            first=first,
        )
    return page.language("{part} of {n} people are content with how fast they are helped", **quick)


def responsiveness_plain(f: Said) -> str | None:
    """How many are content with how fast they are helped; too few answers, no sentence."""
    if f.raw.value is None:
        return None
    if f.raw.low is None or f.raw.high is None:
        return f.language(
            "{part} of {n} who answered are content with how fast they are helped ({value}).", **f
        )
    return f.language(
        "{part} of {n} who answered are content with how fast they are helped ({value}; {low} to {high} is likely).",
        **f,
    )


def capability_plain(f: Said) -> str | None:
    """How many are content with how well they are helped; too few answers, no sentence."""
    if f.raw.value is None:
        return None
    if f.raw.low is None or f.raw.high is None:
        return f.language(
            "{part} of {n} who answered are content with how well they are helped ({value}).", **f
        )
    return f.language(
        "{part} of {n} who answered are content with how well they are helped ({value}; {low} to {high} is likely).",
        **f,
    )
