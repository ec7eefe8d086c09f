"""Archives: the one file that is meant, or a refusal; nothing under a name of the archive's, nothing without end."""

from __future__ import annotations

import gzip
import stat
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from monsters import workbook

from msp_report.intake import guarded, ingest
from msp_report.intake.chunk import Unreadable
from msp_report.intake.formats import outline, packed, read
from msp_report.model.period import Month
from msp_report.params.layout import Layout
from msp_report.params.sources import Sources

CSV = "ticket_id,opened_at\n" + "".join(f"T{n},2026-10-0{n}\n" for n in range(1, 6))


@pytest.fixture
def archive(tmp_path):
    """Pack some files."""

    def run(files: dict[str, str | bytes], name: str = "export.zip") -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
            for one, content in files.items():
                made.writestr(one, content)
        return path

    return run


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    yield
    assert not list(scratch.iterdir())


def ids(path: Path, layout: Layout | None = None) -> list[str]:
    return [
        cell for chunk in read(path, layout or Layout()) for cell in chunk.column("ticket_id").to_pylist()
    ]


WHOLE = [f"T{n}" for n in range(1, 6)]


def test_one_file_in_an_archive_and_in_a_gz(archive, tmp_path):
    assert (
        ids(archive({"folder/tickets.csv": CSV, "read me.pdf": "x", "__MACOSX/._tickets.csv": "x"})) == WHOLE
    )
    path = tmp_path / "tickets.csv.gz"
    path.write_bytes(gzip.compress(CSV.encode()))
    assert ids(path) == WHOLE
    book = workbook(tmp_path / "tickets.xlsx")
    assert ids(archive({"tickets.XLSX": book.read_bytes()})) == ["T1"]
    assert outline(archive({"t.json": '{"a": {"b": [{"c": 1}]}, "d": [{"e": 1}]}'})).lists == {
        "a.b": 1,
        "d": 1,
    }


def test_a_file_in_an_archive_is_called_as_if_that_were_a_folder(archive):
    path = archive({"one/tickets.csv": CSV, "users.csv": "user_id\nU1\n", "empty.csv": ""})
    assert ids(path / "one/tickets.csv") == WHOLE
    assert packed.matches(path, "*.csv") == [
        path / name for name in ("one/tickets.csv", "users.csv", "empty.csv")
    ]
    assert packed.matches(path, "users*") == [path / "users.csv"]
    assert packed.real(path / "users.csv") == packed.real(path) == path
    with pytest.raises(
        Unreadable, match=r"holds one/tickets.csv, users.csv, empty.csv: name .* export.zip/one"
    ):
        ids(path)
    with pytest.raises(Unreadable, match=r"holds one/tickets.csv, users.csv"):
        ids(path / "no.csv")
    with pytest.raises(Unreadable, match="zero bytes"):
        ids(path / "empty.csv")


def test_names_that_lead_out_lead_nowhere(archive, tmp_path):
    path = archive({"../../out.csv": CSV}, "out.zip")
    assert ids(path) == WHOLE
    assert not (tmp_path.parent / "out.csv").exists()
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as made:
        link = zipfile.ZipInfo("tickets.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(link, "/etc/passwd")
    with pytest.raises(Unreadable, match="is a link"):
        ids(tmp_path / "link.zip")


def test_what_unpacks_to_too_much_is_refused(archive, tmp_path, monkeypatch):
    monkeypatch.setattr(packed, "SMALL", 1_000_000)
    large = archive({"tickets.csv": CSV + "x" * 5_000_000})
    with pytest.raises(Unreadable, match="times its size: it is no export"):
        ids(large)
    path = tmp_path / "tickets.csv.gz"
    path.write_bytes(gzip.compress(CSV.encode() + b"x" * 5_000_000))
    with pytest.raises(Unreadable, match="times its size"):
        ids(path)
    monkeypatch.setattr(packed, "MOST_BYTES", 50)
    with pytest.raises(Unreadable, match="unpacks to more than"):
        ids(archive({"tickets.csv": CSV}))
    monkeypatch.setattr(packed, "MOST_FILES", 3)
    with pytest.raises(Unreadable, match="it holds 4 files"):
        ids(archive({f"{n}.csv": CSV for n in range(4)}))


def test_any_cut_and_any_changed_byte_of_an_archive_is_refused_or_harmless(archive, tmp_path):
    whole = archive({"tickets.csv": CSV * 20}).read_bytes()
    for suffix, data in ((".zip", whole), (".csv.gz", gzip.compress((CSV * 20).encode()))):
        path = tmp_path / f"tickets{suffix}"
        for length in range(4, len(data), 7):
            path.write_bytes(data[:length])
            with pytest.raises(Unreadable):
                ids(path)
        for place in range(0, len(data), 5):
            path.write_bytes(data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :])
            with suppress(Unreadable):
                assert len(ids(path)) >= 100


def test_other_archives(archive, tmp_path):
    with pytest.raises(Unreadable, match="holds no file that can be read"):
        ids(archive({"inner.zip": b"PK\x05\x06" + b"\0" * 18}))
    (tmp_path / "tickets.gz").write_bytes(gzip.compress(b"x"))
    with pytest.raises(Unreadable, match=r"two suffixes, tickets\.csv\.gz"):
        ids(tmp_path / "tickets.gz")
    path = archive({"tickets.csv": CSV})
    data = bytearray(path.read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + at] |= 1
    path.write_bytes(data)
    with pytest.raises(Unreadable, match="has a password"):
        ids(path)


def test_packed_exports_are_read_by_their_names_and_rejected_with_their_lines(tmp_path):
    exports, into = tmp_path / "exports", tmp_path / "into"
    exports.mkdir()
    text = CSV.replace("T3,2026-10-03", "T3,never")
    (exports / "tickets.csv.gz").write_bytes(
        gzip.compress(
            text.replace("\n", ",P1,new\n").replace("opened_at,P1,new", "opened_at,priority,status").encode()
        )
    )
    head = "service,at,state\n"
    with zipfile.ZipFile(exports / "checks.zip", "w") as made:
        made.writestr("checks of the month.csv", head + "Mail,2026-10-02T09:00:00Z,up\n" * 2)
    sources = Sources.model_validate({"reject_limit_ratio": 1})
    manifest = ingest.read_month(sources, exports, Month.parse("2026-10"), "Europe/London", into)
    counts = {file.file: (file.read, file.accepted, file.rejected) for file in manifest.files}
    assert counts == {"tickets.csv.gz": (5, 4, 1), "checks.zip": (2, 1, 1)}
    assert "tickets.csv.gz,4,opened_at,never" in (into / "rejects" / "tickets.csv").read_text()


def test_the_reader_s_process_may_be_ended_in_the_middle(archive):
    chunks = guarded.read(archive({"tickets.csv": CSV + "T6,2026-10-06\n" * 3_000_000}), Layout())
    next(chunks)
    chunks.close()
