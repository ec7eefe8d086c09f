"""Page one as a mail, read back as a mail program reads it."""

import email
import email.policy
import re

import pandas as pd
import pytest
import small_pack

from msp_report.pages import mail

AT = pd.Timestamp("2026-11-02T09:00Z")
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return small_pack.publish_to(tmp_path_factory.mktemp("pack") / "2026-10")


@pytest.fixture(scope="module")
def attached(pack):
    files = [pack.parent / "acme-2026-10.pdf", pack.parent / "acme-2026-10.zip"]
    for file in files:
        file.write_bytes(file.name.encode())
    return files


@pytest.fixture(scope="module")
def read(pack, attached):
    """Writes a mail and reads it back."""

    def written(**options):
        made = bytes(mail.message(pack, attached, AT, **options))
        return email.message_from_bytes(made, policy=email.policy.default)

    return written


@pytest.fixture(scope="module")
def plain(read):
    return read()


def test_it_is_a_draft_to_nobody_with_subject_and_date(plain):
    assert plain["Subject"] == "Acme & Sons <Ltd>: IT services, October 2026"
    assert plain["Date"].datetime == AT and plain["X-Unsent"] == "1"
    assert plain["To"] is None and plain["From"] is None


def test_the_files_are_attached_as_they_are(plain, attached):
    found = {part.get_filename(): part for part in plain.iter_attachments()}
    assert {name: part.get_content() for name, part in found.items()} == {
        f.name: f.read_bytes() for f in attached
    }
    assert [part.get_content_type() for part in found.values()] == ["application/pdf", "application/zip"]


def test_its_html_runs_nothing_loads_nothing_and_needs_no_style_sheet(plain):
    html = plain.get_body(("html",)).get_content()
    assert not re.search(r"<(script|style|link|svg|nav|details|form|iframe)\b", html)
    assert not re.search(r"var\(|\bclass=|\bid=|src=\"(?!cid:)|url\(|--c1", html)
    assert re.findall(r'href="([^"]+)"', html) == ["https://tool.example/1"]
    assert "&lt;script&gt;" in html and small_pack.HERE not in html
    assert len(html.encode()) < 102_000  # more is cut off by Gmail


def test_both_forms_say_what_page_one_says(plain):
    html, text = (plain.get_body((kind,)).get_content() for kind in ("html", "plain"))
    for form in (re.sub(r"<[^>]+>", "", html).replace("&lt;", "<").replace("&gt;", ">"), text):
        words = " ".join(form.split())
        for said in (
            "What must we decide?",
            "2 promises were missed.",
            "Nothing else is known.",
            "7 of 10 P1 tickets (70 %) were solved in time.",
            "The webshop was up 99.7 % of its time.",
            small_pack.HOSTILE,
            "Draft: not issued.",
            "attached: acme-2026-10.pdf, acme-2026-10.zip",
        ):
            assert said in words, said
    assert "By rule 13" not in text  # folded
    assert "- P1 tickets; Result: 70 %; Verdict: ✗ missed" in text.replace("\u00a0", " ")
    assert "It fell from 99.9 % to 99.7 %." in text


def test_what_stands_on_lines_of_its_own_is_apart_and_ways_to_other_pages_are_left_out(plain):
    html, text = (plain.get_body((kind,)).get_content() for kind in ("html", "plain"))
    text = text.replace("\r\n", "\n")
    assert "As of 31 Oct · Questions: retained CIO" in text and "September 2026" not in html
    assert "to claim back:\n  £4,140 (the first lapses on 29 Nov)" in text
    assert "1. Claim them. (Due now.)\n  Finance" in text
    assert "Tickets · Availability" not in text and "<div></div>" not in html


def test_a_column_that_says_nothing_is_left_out(plain):
    html = plain.get_body(("html",)).get_content()
    assert "Verdict" in html and "13 months" not in html and "Nothing</th>" not in html


def test_drawn_pictures_go_along_as_png_and_without_a_painter_their_words_do(read, plain):
    assert "<img" not in plain.get_body(("html",)).get_content()
    assert "It fell from 99.9 % to 99.7 %." in plain.get_body(("html",)).get_content().replace("\u00a0", " ")
    asked = []
    painted = read(paint=lambda *picture: asked.append(picture) or PNG)
    html = painted.get_body(("html",)).get_content()
    assert len(asked) == 2 and all(data.lstrip().startswith(b"<svg") for data, *_ in asked)
    named = re.findall(r'src="cid:([^"]+)"', html)
    held = {part["Content-ID"].strip("<>"): part for part in painted.walk() if part["Content-ID"]}
    assert set(named) == held.keys() and len(named) == 2
    assert all(part.get_content() == PNG and part.get_content_type() == "image/png" for part in held.values())


def test_a_name_ends_no_line_of_the_head(tmp_path):
    pack = small_pack.publish_to(tmp_path / "pack", client="Acme\r\nBcc: thief@evil.example")
    made = email.message_from_bytes(bytes(mail.message(pack, [], AT)), policy=email.policy.default)
    assert made["Bcc"] is None and "Bcc: thief" in made["Subject"]
    assert "This is page one of the report." in made.get_body(("plain",)).get_content()
