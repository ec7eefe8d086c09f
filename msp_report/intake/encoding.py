"""Which encoding a text file is in; the bytes decide, the reading may say."""

from __future__ import annotations

import codecs
from pathlib import Path

from charset_normalizer import from_bytes

from msp_report.intake.chunk import Unreadable

_BOMS = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: Bytes that have no character in cp1252, and control characters that no text holds.
_NOT_CP1252 = bytes([0x81, 0x8D, 0x8F, 0x90, 0x9D, *range(0x01, 0x09), *range(0x0E, 0x1A)])
_BLOCK = 1 << 20

#: Name of the error handler that marks what cannot be decoded, so that only its row is rejected.
MARK = "msp_report.mark"


def _mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\x00", error.end


codecs.register_error(MARK, _mark)


def detect(path: Path, declared: str | None = None) -> str:
    """The encoding of a file's bytes.

    A byte order mark outranks all else, then `declared`; else UTF-8 where every byte fits it, or most of what
    is not ASCII does; UTF-16 without a mark by its zero bytes; then cp1252; at last a guess by statistics.
    Raises Unreadable naming the byte and the line where nothing fits.
    """
    return told(path, declared) or _narrow(path)


def told(path: Path, declared: str | None = None) -> str | None:
    """The encoding of a file of which a mark, `declared`, zero bytes or nothing but UTF-8 leave no doubt; else None."""
    with path.open("rb") as file:
        start = file.read(4096)
    for mark, name in _BOMS:
        if start.startswith(mark):
            return name
    if declared:
        try:
            "".encode(declared)  # refused where it is no encoding of text, such as zip
            return codecs.lookup(declared).name
        except (LookupError, ValueError):
            raise Unreadable(f"encoding: {declared!r} is not known: write one like cp1252") from None
    return _wide(start) or ("utf-8" if _first_wrong_byte(path) is None else None)


def _wide(start: bytes) -> str | None:
    """UTF-16 without a mark: in western text every second byte is zero."""
    even, odd = start[::2].count(0), start[1::2].count(0)
    most = len(start) // 4
    if odd > most and even * 4 < odd:
        return "utf-16-le"
    if even > most and odd * 4 < even:
        return "utf-16-be"
    return None


def _narrow(path: Path) -> str:
    """Of bytes that are not all UTF-8."""
    data = path.read_bytes()
    wrong = data.decode("utf-8", "replace").count("\ufffd")
    right = sum(0xC2 <= byte <= 0xF4 for byte in data.translate(None, bytes(range(0xC2)))) - wrong
    if right > wrong:
        return "utf-8"
    if not set(_NOT_CP1252) & set(data):
        return "cp1252"
    guess = from_bytes(data[:_BLOCK]).best()
    if guess is None or _controls(data[:_BLOCK].decode(guess.encoding, "replace")):
        place = _first_wrong_byte(path)
        line = data.count(b"\n", 0, place) + 1
        raise Unreadable(
            f"line {line}: byte 0x{data[place]:02X} is text in no encoding that could be found: "
            "save the file as UTF-8, or name its encoding"
        )
    return guess.encoding


def _controls(text: str) -> bool:
    """Whether a text holds more control characters than any text does."""
    return sum(ord(letter) < 32 and letter not in "\t\r\n\f" for letter in text[:10_000]) > 10


def _first_wrong_byte(path: Path) -> int | None:
    """The place of the first byte that is not UTF-8, or None."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    done = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            held = len(decoder.getstate()[0])
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                return done - held + error.start
            done += len(block)
    held = len(decoder.getstate()[0])
    return done - held if held else None


def is_text(name: str) -> bool:
    """Whether UTF-8 can hold it: half a surrogate pair, which JSON and names of files can have, it cannot."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
