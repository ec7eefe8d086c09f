"""Files that ask for more than they hold: workbooks with a far cell, blown-up archives, deep lists, endless rows."""

from __future__ import annotations

import zipfile
from pathlib import Path

_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Target="xl/workbook.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="s" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Target="worksheets/sheet1.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/></Relationships>',
}
_HEADER, _ROW = ("ticket_id", "opened_at", "priority"), ("T1", "2026-03-05T10:00:00Z", "P1")


def workbook(path: Path, cells: dict[str, str] | None = None, blank: int = 0) -> Path:
    """One good ticket, and other cells, such as {"XFD1048576": "x"}; `blank` bytes of white space before the rows."""
    good = {f"{letter}1": text for letter, text in zip("ABC", _HEADER, strict=True)}
    good |= {f"{letter}2": text for letter, text in zip("ABC", _ROW, strict=True)}
    rows: dict[str, list[str]] = {}
    for name, text in (good | (cells or {})).items():
        number = name.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        rows.setdefault(number, []).append(f'<c r="{name}" t="inlineStr"><is><t>{text}</t></is></c>')
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in _PARTS.items():
            book.writestr(name, f'<?xml version="1.0"?>{text}')
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(b'<?xml version="1.0"?><worksheet xmlns="')
            sheet.write(b'http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>')
            for _ in range(blank // 1_000_000):
                sheet.write(b" " * 1_000_000)
            for number, some in rows.items():
                sheet.write(f'<row r="{number}">{"".join(some)}</row>'.encode())
            sheet.write(b"</sheetData></worksheet>")
    return path


def large_cell(path: Path, megabytes: int) -> Path:
    """A workbook of one cell that is so large."""
    return workbook(path, {"A3": "x" * (megabytes * 1_000_000)})


def definitions(path: Path, told: str = "") -> Path:
    """XML that brings definitions: by themselves each stands for ten of the one before."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    path.write_text(
        f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY l0 "ha">{told or laughs}]><r><a>&l9;</a></r>'
    )
    return path


def deep_xml(path: Path, depth: int) -> Path:
    """XML of elements within elements."""
    path.write_text("<a>" * depth + "</a>" * depth)
    return path


def ods(path: Path, rows: list[list[str]], repeated: int = 1, wide: int = 1) -> Path:
    """A sheet of OpenDocument, in which the last row stands so often and its cells are so many."""
    texts = [
        [
            f'<table:table-cell office:value-type="string"{{}}><text:p>{cell}</text:p></table:table-cell>'
            for cell in row
        ]
        for row in rows
    ]
    lines = ["<table:table-row>" + "".join(cells).format(*[""] * len(cells)) for cells in texts]
    often = f' table:number-columns-repeated="{wide}"'
    lines[-1] = f'<table:table-row table:number-rows-repeated="{repeated}">' + "".join(texts[-1]).format(
        *[""] * (len(rows[-1]) - 1), often if wide > 1 else ""
    )
    names = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0"?><office:document-content{names}><office:body><office:spreadsheet>'
        f'<table:table table:name="Data">{"</table:table-row>".join(lines)}</table:table-row></table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr("content.xml", content)
        book.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    return path
