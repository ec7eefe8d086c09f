"""The assessment of a year as a document to edit, in the words of its pages. The only import of docx.

The same pack gives the same bytes. It loads nothing and runs nothing; what a reader writes into it is no evidence.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docx
import pandas as pd
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_BREAK
from docx.image.exceptions import UnrecognizedImageError
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table
from docx.text.paragraph import Paragraph

from msp_report.model.figures import Figure
from msp_report.words import questions, sentences
from msp_report.words.numbers import Numbers, clean

if TYPE_CHECKING:
    from msp_report.case import Case

#: What the document is made of: records of the annual pack.
RECORDS = (
    "assessment/money",
    "assessment/decisions",
    "year/verdicts",
    "questions/graded",
    "questions/evidence",
    "questions/open_findings",
    "questions/follow_up",
)
#: The reports of the annual pack whose figures are evidence; those of all others are of the months' packs.
_OWN = ("alternatives", "competence")
#: Every file in the document is of this moment, the first that a zip can name.
_MOMENT = (1980, 1, 1, 0, 0, 0)
_LOGO = Mm(20)
#: The numbers of the table of money, and their units.
_MONEY = {"amount": "cost", "hours": "hours", "included_hours": "hours", "n": "count"}


def assessment(
    case: Case,
    figures: Sequence[Figure],
    records: Mapping[str, pd.DataFrame],
    logo: Path | None = None,
    has_findings: bool = True,
) -> bytes:
    """The assessment of a year as .docx.

    Parameters: the year's case; `figures` of the report assessment; the `records` of its pack that RECORDS names, as
    their CSV has them; `logo`, a picture for the title page, left out where the format has no place for its kind;
    `has_findings`, whether anybody wrote a findings.yaml.
    """
    written = _Writing(case)
    show = written.show
    written.title_page(logo, records["questions/graded"])
    contents = written.contents_begin()
    written.heading(show.language("In short"))
    for text, _ in sentences.opening("assessment", figures, case.contract, case.period):
        written.paragraph(text)
    _money(written, records["assessment/money"])
    _findings(written, records, has_findings)
    _followed(written, records["questions/follow_up"])
    _decisions(written, records["assessment/decisions"])
    _promises(written, records["year/verdicts"])
    _every_question(written, records["questions/graded"], records["questions/evidence"])
    written.contents_end(contents)
    return written.bytes()


# ---------------------------------------------------------------- its parts


def _money(written: _Writing, money: pd.DataFrame) -> None:
    show = written.show
    columns = {name: written.numbers(money[name], unit) for name, unit in _MONEY.items()}
    columns["amount"] = columns["amount"].replace("", show.language("not stated"))
    money = money.assign(**columns)
    written.heading(show.language("What the year came to"))
    written.table(
        show.language("What the year came to, and what became of the credits"),
        [
            show.language("The year"),
            show.language("Money"),
            show.language("Hours"),
            show.language("Hours that the fee pays for"),
            show.language("How many"),
            show.language("Until"),
            show.language("Without"),
        ],
        [
            [
                show.label(row["kind"]),
                *(row[name] for name in _MONEY),
                written.day(row["by_on"]),
                written.codes(row["lacks"]),
            ]
            for row in money.to_dict("records")
        ],
    )


def _findings(written: _Writing, records: Mapping[str, pd.DataFrame], has_findings: bool) -> None:
    show, contract = written.show, written.case.contract
    graded, found = records["questions/graded"], records["questions/open_findings"]
    written.heading(show.language("Findings"))
    if not has_findings:
        written.paragraph(
            show.language(
                "There is no findings.yaml: nobody has written down yet what was found. Every question stands in the "
                "appendix, with the year's evidence on it."
            )
        )
        return
    if found.empty:
        none = (
            show.language("No question is graded for this period.")
            if graded["severity"].eq("ungraded").all()
            else show.language("What was graded is in order.")
        )
        written.paragraph(none)
        return
    told = questions.said(records["questions/evidence"], contract)
    evidence = records["questions/evidence"].assign(said=told)
    for place, row in enumerate(found.to_dict("records"), 1):
        number = show.number(place, "count")
        written.heading(
            show.language(
                "{number}. {severity}: {question}",
                number=number,
                severity=questions.grade(row, contract).rstrip("."),
                question=row["text"] and show.language(row["text"]),
            ),
            2,
        )
        for text in questions.found_each(row, contract):
            written.paragraph(text)
        written.paragraph(show.language("The year's evidence:"), keep=True)
        written.evidence(evidence[evidence["question"].eq(row["question"])])


def _followed(written: _Writing, followed: pd.DataFrame) -> None:
    show = written.show
    written.heading(show.language("What became of the findings before"))
    if followed.empty:
        written.paragraph(show.language("No earlier assessment found anything that was not in order."))
        return
    written.table(
        show.language("Findings of the assessment before"),
        [
            show.language("Found then"),
            show.language("In"),
            show.language("Severity then"),
            show.language("Recommended then"),
            show.language("Answered then"),
            show.language("Now"),
        ],
        [
            [
                row["finding_before"],
                sentences.month_names([row["period"]], written.case.contract)[0],
                show.label(row["severity_before"]),
                row["recommendation_before"]
                if pd.notna(row["recommendation_before"])
                else show.language("nothing"),
                row["management_response_before"]
                if pd.notna(row["management_response_before"])
                else show.language("not answered"),
                show.label(row["state"]),
            ]
            for row in followed.to_dict("records")
        ],
    )


def _decisions(written: _Writing, decisions: pd.DataFrame) -> None:
    show = written.show
    written.heading(show.language("Our own decisions, and whether they were carried out"))
    if decisions.empty:
        written.paragraph(show.language("No decision was carried out in the year or is open."))
        return
    written.table(
        show.language("Decisions of the board, what is overdue first"),
        [
            show.language("Number"),
            show.language("Decided"),
            show.language("How it stands"),
            show.language("Who"),
            show.language("Due"),
            show.language("Done"),
        ],
        [
            [
                row["action_id"],
                row["text"],
                show.label(row["state"]),
                row["owner"],
                written.day(row["due_on"]),
                written.day(row["done_on"]),
            ]
            for row in decisions.to_dict("records")
        ],
    )


def _promises(written: _Writing, verdicts: pd.DataFrame) -> None:
    show = written.show
    broken = verdicts[verdicts["year"].ne("met")]
    broken = broken.assign(subject=broken["subject"].fillna(""))
    written.heading(show.language("Promises that were not kept in every month"))
    if broken.empty:
        written.paragraph(
            show.language("Every promise that the packs of these months know was kept in every month.")
        )
        return
    named = zip(sentences.names(broken, written.case.contract), broken.to_dict("records"), strict=True)
    written.table(
        show.language("Promises not always kept, the most often missed first"),
        [
            show.language("Promised"),
            show.language("Months missed"),
            show.language("Months judged"),
            show.language("Months without a verdict"),
        ],
        [
            [
                name,
                show.number(row["missed"], "count"),
                show.number(row["met"] + row["missed"], "count"),
                show.number(row["unjudged"], "count"),
            ]
            for name, row in named
        ],
    )


def _every_question(written: _Writing, graded: pd.DataFrame, evidence: pd.DataFrame) -> None:
    show, contract = written.show, written.case.contract
    told = evidence.assign(said=questions.said(evidence, contract))
    written.heading(show.language("Appendix: every question, with the year's evidence"))
    for place, (system, rows) in enumerate(graded.groupby("system", sort=False), 1):
        written.heading(show.language(f"{place}. {system}"), 2)  # as the headings of the page on questions
        for row in rows.to_dict("records"):
            written.paragraph(show.language(row["text"]), bold=True, keep=True)
            written.paragraph(questions.grade(row, contract), keep=True)
            written.evidence(told[told["question"].eq(row["question"])])


# ---------------------------------------------------------------- how it is written


class _Writing:
    """A document in the making, with real styles, in the client's language."""

    def __init__(self, case: Case) -> None:
        self.case, self.show = case, Numbers.of(case.contract)
        self._file: Document = docx.Document()
        self._headings: list[tuple[str, int]] = []
        self._set_up()

    def _set_up(self) -> None:
        client = self.case.contract.client
        spoken = self.show.language.locale(client.locale)
        language = self._file.styles.element.find(f".//{qn('w:rPrDefault')}//{qn('w:lang')}")
        language.set(qn("w:val"), spoken)
        section = self._file.sections[0]
        if not client.locale.endswith(("-US", "-CA", "-MX")):
            section.page_width, section.page_height = Mm(210), Mm(297)
        section.left_margin = section.right_margin = Mm(22)
        self._file.styles["Normal"].font.size = Pt(10.5)
        for level in (1, 2):
            style = self._file.styles.add_style(f"toc {level}", WD_STYLE_TYPE.PARAGRAPH, builtin=True)
            style.base_style = self._file.styles["Normal"]
            style.paragraph_format.left_indent = Mm(6 * (level - 1))
        told = self._file.core_properties
        at = self.case.end.to_pydatetime().replace(tzinfo=None)
        told.title, told.subject = self.show.language("Assessment of the year"), self._about()
        told.language, told.created, told.modified = spoken, at, at
        told.author = told.last_modified_by = told.comments = ""
        footer = section.footer.paragraphs[0]
        footer.add_run(f"{clean(self._about(), None)} · ")
        _field(footer, "PAGE", "1")

    def _about(self) -> str:
        return f"{self.case.contract.client.name} · {self.show.period(self.case.period)}"

    def title_page(self, logo: Path | None, graded: pd.DataFrame) -> None:
        """Logo, title, whose and of when, and who graded it."""
        show, contract = self.show, self.case.contract
        if logo is not None:
            self._picture(logo, show.language("Logo of {client}", client=contract.client.name))
        self._file.add_paragraph(show.language("Assessment of the year"), style="Title")
        self._file.add_paragraph(clean(self._about(), None), style="Subtitle")
        if contract.provider.name:
            self.paragraph(show.language("services by {provider}", provider=contract.provider.name))
        by = sorted(graded["graded_by"].dropna().unique())
        if by:
            self.paragraph(show.language("Graded by {by}.", by=", ".join(by)))
        last = self.paragraph(
            show.language(
                "This copy can be changed. What counts as evidence is the pack that it was made from: every figure "
                "stands on its pages."
            )
        )
        last.add_run().add_break(WD_BREAK.PAGE)

    def _picture(self, file: Path, words: str) -> None:
        try:
            picture = self._file.add_picture(str(file), height=_LOGO)
        except UnrecognizedImageError:  # of a kind that the format has no place for, such as SVG
            last = self._file.paragraphs[-1]._element
            last.getparent().remove(last)
            return
        told = picture._inline.docPr
        told.set("descr", clean(words, None))
        told.set("name", "logo")

    def contents_begin(self) -> Paragraph:
        """The place of the table of contents."""
        self._file.add_paragraph(self.show.language("Contents"), style="TOC Heading")
        return self._file.add_paragraph()

    def contents_end(self, place: Paragraph) -> None:
        """Write the table of contents there: a field that a word processor brings up to date, and the headings as they
        are now, for those that do not."""
        lines = [place, *reversed([_after(place) for _ in self._headings[1:]])]
        for line, (text, level) in zip(lines, self._headings, strict=True):
            line.style = self._file.styles[f"toc {level}"]
            if line is place:
                _begin(line, 'TOC \\o "1-2" \\h \\z \\u')
            line.add_run(text)
        _end(lines[-1])
        lines[-1].add_run().add_break(WD_BREAK.PAGE)

    def heading(self, text: str, level: int = 1) -> None:
        """A heading, of the table of contents too."""
        shown = clean(text, None)
        self._file.add_heading(shown, level)
        self._headings.append((shown, level))

    def paragraph(self, text: str, *, bold: bool = False, keep: bool = False) -> Paragraph:
        """One paragraph; `keep`: it stays on the page of the next one."""
        made = self._file.add_paragraph()
        made.add_run(clean(text, None)).bold = bold or None
        made.paragraph_format.keep_with_next = keep or None
        return made

    def evidence(self, rows: pd.DataFrame) -> None:
        """The year's evidence on a question, an item each, with the page on which its figure stands."""
        for row in rows.to_dict("records"):
            report = row["measure"].partition(".")[0]
            places = {"evidence": row["said"], "page": self.show.label(report)}
            text = (
                self.show.language("{evidence} (Page {page} of this pack.)", **places)
                if report in _OWN
                else self.show.language("{evidence} (Page {page} of each month's pack.)", **places)
            )
            self._file.add_paragraph(clean(text, None), style="List Bullet")

    def table(self, title: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
        """A table with its title, whose first row is repeated on every page and whose rows are never broken."""
        self.paragraph(title, bold=True, keep=True)
        made = self._file.add_table(1, len(heads), style="Light Grid Accent 1")
        _repeated(made.rows[0])
        for cell, text in zip(made.rows[0].cells, heads, strict=True):
            cell.text = clean(text, None)
        for row in rows:
            line = made.add_row()
            _whole(line)
            for cell, text in zip(line.cells, row, strict=True):
                cell.text = "" if text is None or pd.isna(text) else clean(text, None)
        described = OxmlElement("w:tblCaption")
        described.set(qn("w:val"), clean(title, None))
        made._tbl.tblPr.append(described)
        self._file.add_paragraph()
        return made

    def numbers(self, values: pd.Series, unit: str) -> pd.Series:
        """The numbers of a column, with the same decimals; nothing where one is missing."""
        texts = pd.Series(self.show.numbers(list(values), unit), values.index, dtype=object)
        return texts.where(values.notna(), "")

    def day(self, value: Any) -> str:
        """A day of a table; nothing where it is missing."""
        return "" if pd.isna(value) else self.show.day(value)

    def codes(self, value: Any) -> str:
        """Codes with semicolons between them, by their labels."""
        return "" if pd.isna(value) else self.show.label(value)

    def bytes(self) -> bytes:
        """The file; the same document gives the same bytes."""
        made, again = BytesIO(), BytesIO()
        self._file.save(made)
        with zipfile.ZipFile(made) as old, zipfile.ZipFile(again, "w") as new:
            for name in old.namelist():
                entry = zipfile.ZipInfo(name, _MOMENT)
                entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
                new.writestr(entry, old.read(name), compresslevel=6)
        return again.getvalue()


def _after(place: Paragraph) -> Paragraph:
    """A new paragraph right after another."""
    element = OxmlElement("w:p")
    place._p.addnext(element)
    return Paragraph(element, place._parent)


def _field(paragraph: Paragraph, code: str, shown: str) -> None:
    """A field in one paragraph, with what it shows until it is brought up to date."""
    _begin(paragraph, code)
    paragraph.add_run(shown)
    _end(paragraph)


def _begin(paragraph: Paragraph, code: str) -> None:
    _mark(paragraph, "begin")
    text = OxmlElement("w:instrText")
    text.set(qn("xml:space"), "preserve")
    text.text = code
    paragraph.add_run()._r.append(text)
    _mark(paragraph, "separate")


def _end(paragraph: Paragraph) -> None:
    _mark(paragraph, "end")


def _mark(paragraph: Paragraph, kind: str) -> None:
    mark = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    paragraph.add_run()._r.append(mark)


def _repeated(row: Any) -> None:
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)
    _whole(row)


def _whole(row: Any) -> None:
    """Not broken over two pages."""
    mark = OxmlElement("w:cantSplit")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().insert(0, mark)
