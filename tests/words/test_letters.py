"""Letters: whatever others have written, each thing is named once and no line breaks the form."""

import re

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from msp_report.metrics import meeting
from msp_report.params import as_contract
from msp_report.words.sentences import letters

AGREED = as_contract({"client": {"name": "Acme", "timezone": "Europe/London", "currency": "GBP"}})
ON = pd.Timestamp("2026-03-31")
HOSTILE = st.text(max_size=60) | st.sampled_from(
    ["1. I9 of V\n\nCan be paid", "\u202eV", "{}", "{sum}", "<b>"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["hold", "cannot tell", "release"]), HOSTILE), max_size=12))
def test_every_invoice_is_named_once_whatever_its_vendor_is_called(rows):
    invoices = [
        {"document_id": f"I{n}", "decision": decision, "vendor": vendor, "amount": n}
        for n, (decision, vendor) in enumerate(rows)
    ]
    frame = pd.DataFrame(invoices, columns=meeting.PAYMENTS, dtype=object)
    text = letters.hold(frame, AGREED, letters.titles(AGREED, ON)["hold"])
    named = re.findall(r"^\d+\. (I\d+) of", text, re.M)
    order = {"hold": 0, "cannot tell": 1, "release": 2}
    assert named == list(
        frame.sort_values("decision", key=lambda d: d.map(order), kind="stable")["document_id"]
    )
    assert text.count("\n\n") == (2 + len(rows) + len({decision for decision, _ in rows}) - 1 if rows else 0)
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", text)
    assert all(len(line) <= letters.WIDTH or " " not in line.strip() for line in text.split("\n"))


def test_a_long_word_is_not_broken():
    row = {"document_id": "I" * 100, "decision": "hold", "vendor": "V", "amount": 1}
    frame = pd.DataFrame([row], columns=meeting.PAYMENTS, dtype=object)
    assert "I" * 100 in letters.hold(frame, AGREED, letters.titles(AGREED, ON)["hold"])
