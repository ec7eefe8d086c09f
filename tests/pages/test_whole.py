"""All pages of a pack as one: every link leads on inside it, or is not there."""

import re
from collections import Counter

import pytest
import small_pack

from msp_report.model.figures import anchor
from msp_report.pages import whole


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    return small_pack.publish_to(tmp_path_factory.mktemp("pack") / "2026-10")


@pytest.fixture(scope="module")
def one(pack):
    return whole.whole(pack / "html")


def test_the_pages_stand_in_the_order_of_the_navigation_and_the_rules_last(one):
    assert re.findall(r'id="(page-[a-z]+)"', one) == [
        "page-index",
        "page-tickets",
        "page-availability",
        "page-rules",
    ]


def test_every_id_is_there_once_and_every_link_inside_leads_to_one(one):
    ids = Counter(re.findall(r'\bid="([^"]+)"', one))
    assert max(ids.values()) == 1
    links = re.findall(r'href="([^"]+)"', one)
    assert {link.removeprefix("#") for link in links if link.startswith("#")} <= ids.keys()
    assert [link for link in links if not link.startswith("#")] == ["https://tool.example/1"]
    assert "page-tickets--the-pile" in ids and '"#page-tickets--the-pile"' in one
    assert '"#page-rules--rule-13"' in one
    assert f'"#page-tickets--{anchor(*small_pack.P1)}"' in one


def test_of_a_link_to_a_file_the_text_stays_but_where_it_only_names_the_file(one):
    text = re.sub(r"<[^>]+>", "", one)
    assert "See page one and a letter." in text
    assert "as CSV" not in text and "All figures" not in text
    assert "As of 31 Oct · Questions: retained CIO" in text


def test_every_page_says_what_it_said_alone(pack, one):
    """Word for word, but for the names of files."""
    said = {part["id"]: part.get_text() for part in whole.BeautifulSoup(one, "html.parser").select(".page")}
    for file in (pack / "html").glob("*.html"):
        main = whole.read(file).find(id="main")
        for link in main.select("a.rows, a[href^='../../']"):
            link.decompose()
        assert said[f"page-{file.stem}"].replace("·", "").split() == main.get_text().replace("·", "").split()


def test_it_runs_and_loads_nothing_and_has_the_logo_once(one):
    assert one.count("Content-Security-Policy") == 1 and "default-src 'none'" in one
    assert "<script" not in one and "&lt;script&gt;" in one
    assert one.count('class="logo"') == 1 and one.count("<h1") == 4
    assert "<title>Acme &amp; Sons &lt;Ltd&gt; · October 2026 · Draft: not issued.</title>" in one


def test_what_runs_along_the_sheets_ends_no_style(tmp_path):
    pack = small_pack.publish_to(tmp_path / "pack", client="</style><b>'\"\\")
    one = whole.whole(pack / "html")
    assert one.count("</style>") == 2 and "<b>'" not in one.partition("<body")[0]


def test_the_same_pages_give_the_same_bytes(pack, one):
    assert whole.whole(pack / "html") == one
