"""Packs on paper, printed by a real Chromium."""

import shutil

import pytest

from msp_report.pages import paper

PAGE = "<!doctype html><html lang='en'><title>Page</title><h1>Page one</h1></html>"


def test_every_page_is_printed_page_one_first(tmp_path):
    if not any(map(shutil.which, paper.BROWSERS)):
        pytest.skip("no Chromium on this machine")
    (tmp_path / "html").mkdir()
    for name in ("index", "tickets", "availability"):
        (tmp_path / "html" / f"{name}.html").write_text(PAGE)
    printed = paper.print_pack(tmp_path, tmp_path / "pdf")
    assert [path.name for path in printed] == ["index.pdf", "availability.pdf", "tickets.pdf"]
    assert all(path.read_bytes().startswith(b"%PDF-") for path in printed)


def test_what_is_missing_is_said(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match="publish it first"):
        paper.print_pack(tmp_path, tmp_path / "pdf")
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "index.html").write_text(PAGE)
    monkeypatch.setattr(paper, "BROWSERS", ("no-such-browser",))
    with pytest.raises(paper.NoBrowser, match="install one"):
        paper.print_pack(tmp_path, tmp_path / "pdf")
