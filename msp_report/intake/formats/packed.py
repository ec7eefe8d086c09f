"""Packed files (.zip, .gz): one file inside is unpacked beside the system's temporary files and read like any other.

A file inside an archive is called as if the archive were a folder: `export.zip/tickets.csv`. Nothing is unpacked under
a name that the archive gives, and no more than limits allow.
"""

from __future__ import annotations

import gzip
import os
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fnmatch import fnmatch
from pathlib import Path
from typing import IO

from msp_report.intake.chunk import Chunk, Unreadable
from msp_report.intake.formats import FORMATS, outline_of, rows_of
from msp_report.intake.formats.outlines import Outline
from msp_report.params.layout import Layout

#: `records` may have a meaning for what is inside.
DOCUMENT = True
#: What one file may become, in bytes, and how many there may be in an archive.
MOST_BYTES, MOST_FILES = 20_000_000_000, 1_000
#: Exports of text become a tenth or a fiftieth; what becomes less than that, and is large, is made to fill a disk.
MOST_TIMES, SMALL = 200, 100_000_000
_BLOCK = 1 << 20
_BROKEN = (
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
)


def read(path: Path, layout: Layout) -> Iterator[Chunk]:
    """The rows of the one file in it that can be read, or of the one that the path names.

    Raises Unreadable for an archive that is damaged, has a password or several such files, for what unpacks to more
    than it may, and for what the file's own reader cannot make out.
    """
    with unpacked(path) as file:
        chunks = rows_of(file, layout)
        first = next(chunks)
        if os.name != "nt":  # whoever reads has it open by now, and may be ended at any time
            shutil.rmtree(file.parent)
        yield first
        yield from chunks


def outline(path: Path, layout: Layout) -> Outline:
    """What the one file in it holds."""
    with unpacked(path) as file:
        return outline_of(file, layout)


def real(path: Path) -> Path:
    """The file on disk: of one inside an archive the archive.

    >>> real(Path("tickets.csv"))
    PosixPath('tickets.csv')
    """
    return next((above for above in path.parents if _is_zip(above) and above.is_file()), path)


def inside(path: Path) -> list[str]:
    """The names of the files in an archive that can be read, in its order. Raises Unreadable."""
    with _damage(path), zipfile.ZipFile(path) as archive:
        return [one.filename for one in _members(archive)]


def matches(path: Path, pattern: str) -> list[Path]:
    """The files in an archive whose names fit a pattern, by the paths under which they are read. Raises Unreadable."""
    return [path / name for name in inside(path) if fnmatch(name, pattern)]


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The one file that is meant, unpacked in a folder of its own that is gone afterwards. Raises Unreadable."""
    archive = real(path)
    into = Path(tempfile.mkdtemp(prefix="msp-unpacked-"))
    try:
        with _damage(archive):
            if _is_zip(archive):
                name = "" if archive == path else path.relative_to(archive).as_posix()
                file = _of_zip(archive, name, into)
            else:
                file = _of_gz(archive, into)
        yield file
    finally:
        with suppress(OSError):
            shutil.rmtree(into)


def _is_zip(path: Path) -> bool:
    return path.suffix.casefold() == ".zip"


def _readable(name: str) -> bool:
    kind = FORMATS.get(Path(name).suffix.casefold())
    last = name.rpartition("/")[2]
    return kind not in (None, "packed") and not last.startswith((".", "~$")) and "__MACOSX/" not in name


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    listed = archive.infolist()
    if len(listed) > MOST_FILES:
        raise Unreadable(
            f"it holds {len(listed):,} files, and more than {MOST_FILES:,} are not looked at: unpack it"
        )
    found = [one for one in listed if not one.is_dir() and _readable(one.filename)]
    for one in found:
        if stat.S_ISLNK(one.external_attr >> 16):
            raise Unreadable(f"{one.filename} in it is a link: pack the file itself")
    return found


def _of_zip(path: Path, name: str, into: Path) -> Path:
    with zipfile.ZipFile(path) as archive:
        members = _members(archive)
        chosen = [one for one in members if one.filename == name] if name else members
        if len(chosen) != 1:
            names = ", ".join(one.filename for one in members[:8])
            example = f"{path.name}/{members[0].filename}" if members else ""
            raise Unreadable(
                f"it holds {names}: name the one that is meant in file, like {example}"
                if members
                else f"it holds no file that can be read: pack one with the suffix {', '.join(list(FORMATS)[:5])} …"
            )
        (member,) = chosen
        if member.flag_bits & 1:
            raise Unreadable("it has a password: pack it without one")
        file = into / f"file{Path(member.filename).suffix.casefold()}"
        with archive.open(member) as source:
            _copy(source, file, member.compress_size)
    return file


def _of_gz(path: Path, into: Path) -> Path:
    if not _readable(path.stem):
        raise Unreadable(
            f"what is in it cannot be told: name it with two suffixes, {path.stem.split('.')[0]}.csv.gz"
        )
    file = into / f"file{Path(path.stem).suffix.casefold()}"
    with gzip.open(path) as source:
        _copy(source, file, path.stat().st_size)
    return file


def _copy(source: IO[bytes], file: Path, packed: int) -> None:
    """Unpack as much as may be."""
    done = 0
    with file.open("wb") as target:
        while block := source.read(_BLOCK):
            done += len(block)
            if done > MOST_BYTES or (done > SMALL and done > MOST_TIMES * packed):
                raise Unreadable(
                    f"it unpacks to more than {done // 1_000_000:,} MB, {done // max(1, packed):,} times its size: it "
                    "is no export, or unpack it yourself"
                )
            if shutil.disk_usage(file.parent).free < _BLOCK + SMALL:
                raise Unreadable(f"there is no room on the disk to unpack it ({done // 1_000_000:,} MB were)")
            target.write(block)


@contextmanager
def _damage(path: Path) -> Iterator[None]:
    """What goes wrong with the archive, as one sentence."""
    try:
        yield
    except _BROKEN as error:
        raise Unreadable(
            f"it cannot be unpacked ({str(error) or 'it breaks off'}): it is damaged, pack or copy it again"
        ) from None
