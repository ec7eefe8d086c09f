"""What the page on satisfaction says."""

from __future__ import annotations

from msp_report.words.sentences.said import Page, Said


def opening(page: Page) -> list[str | None]:
    """What users think, and how many of them said so."""
    return [_content(page), _other(page), _answered(page)]


def _content(page: Page) -> str:
    quick, able = page.one("satisfaction.responsiveness"), page.one("satisfaction.capability")
    recommend, answered = page.one("satisfaction.recommend"), page.one("satisfaction.response_ratio")
    if answered.raw.why_missing == "no survey was supplied":
        return page.language("What users think is not known: {why_missing}.", **answered)
    if quick.raw.value is not None and able.raw.value is not None:
        return page.language(
            "{quick} of those who answered in {period} are content with how fast they are helped "
            "({quick_low} to {quick_high}), and {able} with how well ({able_low} to {able_high}).",
            period=page.period,
            quick=quick.value,
            quick_low=quick.low,
            quick_high=quick.high,
            able=able.value,
            able_low=able.low,
            able_high=able.high,
        )
    if quick.raw.value is not None:
        return page.language(
            "{value} of those who answered in {period} are content with how fast they are helped ({low} to {high}).",
            period=page.period,
            **quick,
        )
    if able.raw.value is not None:
        return page.language(
            "{value} of those who answered in {period} are content with how well ({low} to {high}).",
            period=page.period,
            **able,
        )
    if recommend.raw.value is not None:
        return page.language(
            "Those who would recommend the help desk less those who would not: {value}.", **recommend
        )
    return page.language("Too few people answered in {period} to say what users think.", period=page.period)


def _other(page: Page) -> str | None:
    other = page.one("satisfaction.other")
    if other.raw.value is None:
        return None
    return page.language(
        "To another question that the survey asks {value} gave 4 or 5 of 5 ({low} to {high}).", **other
    )


def _answered(page: Page) -> str | None:
    answered = page.one("satisfaction.response_ratio")
    if answered.raw.value is None:
        return None
    if answered.raw.value < 0.5:
        return page.language(
            "{value} of {n} people asked answered: the silent majority may think otherwise.", **answered
        )
    return page.language("{value} of {n} people asked answered.", **answered)


def responsiveness_plain(f: Said) -> str | None:
    """How many are content with how fast they are helped; too few answers, no sentence."""
    if f.raw.value is None:
        return None
    if f.raw.low is None or f.raw.high is None:
        return f.language("{value} of {n} who answered are content with how fast they are helped.", **f)
    return f.language(
        "{value} of {n} who answered are content with how fast they are helped ({low} to {high}).", **f
    )


def capability_plain(f: Said) -> str | None:
    """How many are content with how well they are helped; too few answers, no sentence."""
    if f.raw.value is None:
        return None
    if f.raw.low is None or f.raw.high is None:
        return f.language("{value} of {n} who answered are content with how well they are helped.", **f)
    return f.language(
        "{value} of {n} who answered are content with how well they are helped ({low} to {high}).", **f
    )
