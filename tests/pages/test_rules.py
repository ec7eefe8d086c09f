"""The rules beside the pages: a place for each, and a link wherever one is cited."""

import re

from msp_report.pages import rules


def test_every_rule_of_the_text_has_its_place():
    numbers = re.findall(r"^### Rule (\d+):", rules.text(), re.M)
    html = "".join(f'<h3 id="x">\n Rule {number}: any</h3>' for number in numbers)
    assert re.findall(r'id="rule-(\d+)"', rules.anchored(html)) == numbers


def test_what_a_page_cites_leads_to_its_rule():
    html = rules.linked("<p>(Rules 4 to 11 and 39.) By rule 31, as agreed.</p>")
    assert re.findall(r'<a href="rules.html#rule-(\d+)">\1</a>', html) == ["4", "11", "39", "31"]
    assert re.sub(r"<[^>]*>", "", html) == "(Rules 4 to 11 and 39.) By rule 31, as agreed."


def test_links_titles_and_attributes_stay_as_they_are():
    closed = '<title>Rule 1</title><a href="x">rule 2</a><p title="rule 3">ruler 4, rule of thumb</p>'
    html = closed + "<address>rule 5</address>"
    assert rules.linked(html) == html.replace("rule 5", 'rule <a href="rules.html#rule-5">5</a>')
