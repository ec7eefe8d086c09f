"""What may be forwarded, and nothing else."""

import re
import zipfile

import pytest
import small_pack

from msp_report.pages import forward


@pytest.fixture
def pack(tmp_path):
    return small_pack.publish_to(tmp_path / "2026-10")


def test_a_zip_holds_the_pages_and_what_was_named_and_nothing_else(pack, tmp_path):
    pdf = tmp_path / "acme-2026-10.pdf"
    pdf.write_bytes(b"%PDF-")
    made = forward.zipped(pack, tmp_path / "mail" / "acme-2026-10.zip", [pdf])
    with zipfile.ZipFile(made) as file:
        names = file.namelist()
        assert {name.partition("/")[0] for name in names} == {"acme-2026-10"}
        held = {name.partition("/")[2]: file.read(name) for name in names}
    assert held.keys() == {f"html/{page.name}" for page in (pack / "html").iterdir()} | {pdf.name}
    assert small_pack.HERE.encode() not in b"".join(held.values())
    for name, data in held.items():
        links = re.findall(r'href="([^"#][^"#]*)', data.decode()) if name.endswith(".html") else []
        assert {link for link in links if not link.startswith("https:")} <= {
            page.partition("/")[2] for page in held
        }
    assert b'href="tickets.html' in held["html/index.html"]


def test_the_same_pages_give_the_same_zip(pack, tmp_path):
    one, other = (forward.zipped(pack, tmp_path / name / "a.zip").read_bytes() for name in ("one", "other"))
    assert one == other


def test_one_file_holds_nothing_that_must_stay_here(pack, tmp_path):
    made = forward.single_file(pack, tmp_path / "mail" / "acme-2026-10.html")
    html = made.read_text(encoding="utf-8")
    assert small_pack.HERE not in html and str(tmp_path) not in html and "../" not in html


def test_a_pack_that_is_not_published_is_not_forwarded(tmp_path):
    for write in (forward.zipped, forward.single_file):
        with pytest.raises(FileNotFoundError, match="publish it first"):
            write(tmp_path / "2026-10", tmp_path / "a")
