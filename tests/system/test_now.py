"""The present instant is the machine's, or the one that SOURCE_DATE_EPOCH names."""

import pandas as pd
import pytest

from msp_report.model.errors import WrongUse
from msp_report.system import now


def test_the_machines_clock_where_nothing_is_named(monkeypatch):
    for value in (None, "", "  "):
        monkeypatch.delenv(now.NAME, raising=False)
        if value is not None:
            monkeypatch.setenv(now.NAME, value)
        before, said, after = pd.Timestamp.now("UTC"), now.now(), pd.Timestamp.now("UTC")
        assert before.floor("us") <= said <= after


def test_the_instant_that_is_named(monkeypatch):
    monkeypatch.setenv(now.NAME, "1793491200")
    assert now.now() == pd.Timestamp("2026-11-01T00:00Z")


@pytest.mark.parametrize("value", ["yesterday", "-1", "1.5", "1e9", "１７９３４９１２００", "9" * 12, "1\n2"])
def test_what_is_no_instant_is_refused(monkeypatch, value):
    monkeypatch.setenv(now.NAME, value)
    with pytest.raises(WrongUse, match=r"SOURCE_DATE_EPOCH: .* is no number of seconds since 1970"):
        now.now()
