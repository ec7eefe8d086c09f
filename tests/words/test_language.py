"""Messages in another language: places filled, plurals as it counts, dates beside them, never two on a page."""

import subprocess
import sys

import pytest
from babel.messages import Catalog, mofile

from msp_report.model.period import Period
from msp_report.params import ParamsError, as_contract
from msp_report.words import language, markdown
from msp_report.words.language import PSEUDO, Language
from msp_report.words.numbers import Numbers

GERMAN = {
    "{count} tickets were opened": "Es wurden {count} Tickets geöffnet",
    ("{number} day", "{number} days"): ("{number} Tag", "{number} Tage"),
    "{first} to {last}": "{first} bis {last}",
    "Rows": "Zeilen",
    "A paragraph on two lines.": "Ein Absatz.",
}


@pytest.fixture
def german(tmp_path, monkeypatch):
    """A catalogue of German beside no other."""
    catalogue = Catalog(locale="de")
    for message, said in GERMAN.items():
        catalogue.add(message, said)
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "msp_report.mo").open("wb") as file:
        mofile.write_mo(file, catalogue)
    monkeypatch.setattr(language, "CATALOGUES", tmp_path)
    language._catalogue.cache_clear()
    yield Language("de")
    language._catalogue.cache_clear()


def test_a_message_is_looked_up_and_its_places_are_filled(german):
    assert german("{count} tickets were opened", count="12") == "Es wurden 12 Tickets geöffnet"


def test_a_message_that_the_catalogue_lacks_is_said_in_english(german):
    assert german("Nothing was said of {name}", name="{}") == "Nothing was said of {}"


def test_a_message_without_places_keeps_its_braces(german):
    assert german("exports/{month}") == "exports/{month}"
    assert german("") == ""


@pytest.mark.parametrize(("count", "said"), [(1, "1 Tag"), (2, "2 Tage"), (0, "0 Tage"), (1.5, "1,5 Tage")])
def test_plurals_are_the_languages_own(german, count, said):
    assert Numbers("de-DE", language=german).number(count, "days") == said


def test_english_is_not_looked_up():
    assert Language("en").is_source and Language("en-GB").is_source and not Language(PSEUDO).is_source


def test_a_language_without_a_catalogue_is_refused():
    with pytest.raises(ValueError, match=r"client\.language: there is no catalogue of 'fr'"):
        Language("fr")


def test_a_language_is_a_tag():
    with pytest.raises(ParamsError, match="is not a language: write one like en or pt-BR"):
        as_contract({"client": {"name": "A", "timezone": "UTC", "language": "Klingon!"}})


@pytest.mark.parametrize(
    ("locale", "said"),
    [("de-DE", "August 2026 bis Oktober 2026"), ("en-GB", "August 2026 bis Oktober 2026")],
)
def test_months_are_named_in_the_language_of_the_page(german, locale, said):
    assert Numbers(locale, language=german).period(Period.parse("2026-08..2026-10")) == said


def test_numbers_are_written_by_the_locale_whatever_the_language():
    show = Numbers("de-DE")
    assert show.number(1234.5) == "1.234,5"
    assert show.period(Period.parse("2026-10")) == "October 2026"


def test_the_contract_chooses(german):
    contract = as_contract({"client": {"name": "A", "timezone": "UTC", "locale": "de-AT", "language": "de"}})
    assert Numbers.of(contract).language("Rows") == "Zeilen"
    plain = as_contract({"client": {"name": "A", "timezone": "UTC"}})
    assert Numbers.of(plain).language.is_source


def test_markdown_is_translated_by_paragraphs_and_all_else_stays(german):
    source = (
        "## Rows\n\nA paragraph\non two lines.\n\n- Rows\n- of `others`\n\n> A paragraph\n> on two lines.\n"
    )
    said = "## Zeilen\n\nEin Absatz.\n\n- Zeilen\n- of `others`\n\n> Ein Absatz.\n"
    assert markdown.said(source, german).strip() == said.strip()
    assert markdown.said(source, Language()) == source


def test_pages_in_earnest_load_no_tools_of_translators():
    code = "import sys, msp_report.pages.publish; print('babel.messages' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_whole_numbers_in_messages_are_grouped_as_the_client_writes_them():
    assert Language("en", "en-US")("{late} of {n}", late=316, n=1547) == "316 of 1,547"
    assert Language("en", "de-DE").plural("{n} row", "{n} rows", 24918, n=24918) == "24.918 rows"
    assert Language()("{year}: {flag}", year="2026", flag=True) == "2026: True"  # a year is a name
