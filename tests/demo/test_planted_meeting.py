"""The demo's October as the meeting sees it: its letters name what was planted, all of it and nothing else.

The pack is that of a client whose words are in brackets, so what no catalogue has would be seen.
"""

import json
import re

import pandas as pd
import pytest

from msp_report.packs import seal
from msp_report.words.sentences.letters import WIDTH

NAMES = ("claim", "evidence", "hold")
#: What the demo's contract calls what its letters are about.
CALLED = {"webshop": "the web shop", "vpn": "remote access", "P1": "Urgent (P1)"}


@pytest.fixture(scope="module")
def letters(demo_pack):
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted((demo_pack / "letters").iterdir())}


@pytest.fixture(scope="module")
def figures(demo_pack):
    rows = json.loads((demo_pack / "figures.json").read_text(encoding="utf-8"))
    return {row["measure"]: row for row in rows if not row["subject"]}


def record(pack, name):
    return pd.read_csv(pack / "records" / f"{name}.csv")


def flat(text: str) -> str:
    """A letter in one line, without the brackets and the marks of direction."""
    return " ".join(re.sub("[⟦⟧\u2066-\u2069]", "", text).split())


def sections(text: str) -> dict[str, set[str]]:
    """The invoices under each head of the list of payments."""
    heads = {"Do not pay yet": "hold", "Do not pay before": "cannot_tell", "Can be paid": "release"}
    found, name = {}, ""
    for paragraph in text.split("\n\n"):
        name = next((of for head, of in heads.items() if head in flat(paragraph)), name)
        found.setdefault(name, set()).update(re.findall(r"INV-[\w-]+", flat(paragraph)))
    return found


def test_each_letter_is_there_and_listed_on_the_page(letters, demo_pack):
    assert tuple(letters) == NAMES
    page = (demo_pack / "html" / "meeting.html").read_text(encoding="utf-8")
    assert [name for name in NAMES if f'href="../letters/{name}.txt"' not in page] == []


def test_the_claims_are_the_planted_ones(letters, truth, demo_pack):
    planted = [f for f in truth["2026-10"]["contract"] if f["fault"] in ("credit_owed", "credit_unclaimed")]
    named = {f["subject"]: 0.0 for f in planted}
    rows = record(demo_pack, "meeting/claims")
    keys = ["month", "measure", "subject", "owed"]
    found = {tuple(row) for row in rows[keys].itertuples(index=False)}
    assert found == {
        (f.get("missed_in", "2026-10"), f["measure"], f["subject"], float(f["owed"])) for f in planted
    }
    text = flat(letters["claim"])
    assert [name for name in named if CALLED[name] not in text] == []
    assert len(re.findall(r"html/\w+\.html", text)) == len(planted)
    for fault in planted:
        assert f"£{fault['owed']:,.0f}" in text
    assert f"£{sum(f['owed'] for f in planted):,.0f} in service credits" in text
    assert "email" not in text  # which lapsed in March


def test_the_payments_are_the_planted_ones(letters, truth):
    planted = {}
    for fault in truth["2026-10"]["daily"]:
        if "document_id" in fault:
            planted.setdefault(fault["fault"], set()).add(fault["document_id"])
    assert {
        name: ids for name, ids in sections(letters["hold"]).items() if ids
    } == planted  # held, not judged and released


def test_the_evidence_is_the_planted_one(letters, truth):
    text = flat(letters["evidence"])
    missing = next(f["ids"] for f in truth["2026-10"]["evidence"] if f["fault"] == "numbers_missing")
    assert f"{missing[0]} to {missing[-1]}" in text
    for name in ("email", "the backup store", "the internet line in Leeds", "the mail gateway's processor"):
        assert name in text
    assert not re.search("web shop|remote access|disk store|webshop|vpn|san-01|backup_jobs", text)


def test_the_sums_are_those_of_the_other_pages(figures, demo_pack):
    assert figures["meeting.claim"]["value"] == figures["contract.credit_unclaimed"]["value"]
    assert figures["meeting.claim"]["n"] == figures["contract.credit_unclaimed"]["n"]
    due = record(demo_pack, "procurement/due")
    for name in ("hold", "cannot tell", "release"):
        mine, told = due[due["decision"].eq(name)], figures[f"meeting.{name.replace(' ', '_')}"]
        assert told["n"] == len(mine)
        assert told["value"] == (None if mine["amount"].isna().any() else mine["amount"].sum())


def test_what_page_one_calls_missed_is_asked_for(figures, demo_pack):
    """All of it but what only we can put right."""
    asks, shown = record(demo_pack, "meeting/asks"), record(demo_pack, "scorecard/exceptions")
    missed = shown[shown["verdict"].eq("missed")]
    ours = {"strategy.exceptions", "projects.unapproved"}
    keys = ["measure", "subject"]
    expected = missed.loc[~missed["measure"].isin(ours), keys].fillna("")
    assert set(asks[keys].fillna("").itertuples(index=False, name=None)) == set(
        expected.itertuples(index=False, name=None)
    )
    agreed = int(asks["whose"].eq("agreed").sum())
    assert agreed == figures["scorecard.missed"]["value"] == figures["meeting.asks"]["n"]


def test_letters_are_in_the_clients_language_and_fit_a_message(letters):
    for text in letters.values():
        assert all(len(line) <= WIDTH for line in text.splitlines())
        assert text.endswith("\n") and "\r" not in text and "nan" not in text and "None" not in text
        names = re.sub("⟦[^⟧]*⟧", " ", " ".join(text.split()))  # what is in no brackets was never translated
        names = re.sub(
            "the web shop|the (internet|backup|mail) [^⟦]*", " ", names
        )  # titles are the client's words
        assert not re.search(r"\b(the|of|and|is|a|for|from|in|not|that|by|be)\b", names), names


def test_letters_are_sealed_with_the_pack(demo_pack):
    files = seal.files_of(demo_pack)
    assert {f"letters/{name}.txt" for name in NAMES} <= files.keys()
    changed = {**files, "letters/claim.txt": "0" * 64}
    assert seal.evidence(files) != seal.evidence(changed)


def test_no_person_stands_in_a_letter(letters, demo_case):
    """Whoever the exports name as a person is in none of them."""
    case = demo_case("2026-10")
    people = set()
    for table, columns in {
        "tickets": ["requester", "assignee"],
        "purchases": ["ordered_by", "approved_by"],
        "actions": ["owner"],
        "time_entries": ["person"],
    }.items():
        names = case.table(table).reindex(columns=columns).stack().dropna().astype("str")
        known = pd.DataFrame({"owner": names[names.ne("")].unique()})
        people |= set(known["owner"][case.people(known)["owner"].ne(known["owner"])])
    assert len(people) > 5
    for text in letters.values():
        assert [name for name in people if name in flat(text)] == []
