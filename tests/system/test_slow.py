"""What takes long says so, and what does not says nothing."""

import threading

import pytest

from msp_report.system import slow


@pytest.fixture
def heard(monkeypatch):
    """What is said, as it is said, without waiting for real seconds."""
    lines: list[str] = []
    come = threading.Event()

    def say(text: str) -> None:
        lines.append(text)
        come.set()

    monkeypatch.setattr(slow, "_hearing", [])
    monkeypatch.setattr(slow, "AFTER", 0.0)
    monkeypatch.setattr(slow, "EVERY", 0.0)
    slow.hear(say)
    return lines, come


def test_how_far_it_is_is_told_also_while_it_waits(heard):
    lines, come = heard
    with slow.told("acme: fetching") as now:
        assert come.wait(60)
        now("3 of 31 files")
        come.clear()
        while "acme: fetching: 3 of 31 files" not in lines:
            assert come.wait(60)
            come.clear()
    assert set(lines) == {"acme: fetching", "acme: fetching: 3 of 31 files"}


def test_what_is_quick_says_nothing(heard, monkeypatch):
    lines, _ = heard
    monkeypatch.setattr(slow, "AFTER", 3600.0)
    with slow.told("acme: fetching") as now:
        now("1 of 1")
    assert lines == []


def test_where_nobody_hears_nothing_is_started(monkeypatch):
    monkeypatch.setattr(slow, "_hearing", [])
    before = threading.active_count()
    with slow.told("acme") as now:
        now("1 of 1")
        assert threading.active_count() == before


def test_what_fails_stays_what_failed(heard):
    with pytest.raises(ValueError, match="broken"), slow.told("acme"):
        raise ValueError("broken")
