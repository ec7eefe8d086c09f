"""Every table with a total adds up, as its reader adds it: what is shown is the sum, but for what rounding takes.

A total is a row whose first cell has no name of its own, as `all` and `Total`, or that is named as one (NAMED). It is
held against the rows above it, up to the total before; a row that begins with "less" is taken off. What has no sum
(shares, durations of which half are shorter) is left out.
"""

import re

import pytest
from seen import Cell, Table, pages, tables

#: Rows that are totals by their name.
NAMED = ("what the month came to", "what the year came to", "open at the end")
#: A number that can be added, with or without its currency, or hours.
NUMBER = re.compile(r"(-?)[^\d\s%-]*(\d[\d,]*(?:\.\d+)?)(?:\sh)?")


def number(cell: Cell) -> float | None:
    """The number of a cell; what is missing adds nothing."""
    if cell.gap or not cell.text:
        return 0.0
    found = NUMBER.fullmatch(re.sub("[⟦⟧]", "", cell.text).replace("\u00a0", " "))
    return float(found[1] + found[2].replace(",", "")) if found else None


def unit(cell: Cell) -> float:
    """By how much rounding may have changed a number: half of its last digit."""
    digits = re.search(r"\.(\d+)", cell.text)
    return 0.5 * 10 ** -len(digits[1]) if digits else 0.5 if re.search(r"[^\d,\s]", cell.text) else 0.0


def wrong(table: Table) -> list[str]:
    """The totals of a table that are not the sum of what stands above them."""
    found, above = [], []
    for row in table.rows:
        if not is_total(row) or not above:
            above = above if is_total(row) else [*above, row]
            continue
        for place, total in enumerate(row[1:], 1):
            column = [one[place] for one in above]
            numbers = [number(cell) for cell in (*column, total)]
            if total.gap or not total.text or None in numbers:
                continue
            *parts, whole = numbers
            parts = [
                -part if named(one).startswith("less ") else part
                for one, part in zip(above, parts, strict=True)
            ]
            if abs(sum(parts) - whole) > sum(map(unit, (*column, total))) + 1e-9:
                found.append(f"{table.caption}, {table.titles[place]}: {parts} are not {whole}")
        above = []
    return found


def named(row: list[Cell]) -> str:
    """How a row begins."""
    return re.sub("[⟦⟧]", "", row[0].text).lower()


def is_total(row: list[Cell]) -> bool:
    return row[0].gap or named(row) in NAMED


def totals(table: Table) -> int:
    return sum(map(is_total, table.rows))


def test_every_total_on_a_page_is_the_sum_above_it(every_pack):
    every = [table for html in pages(every_pack).values() for table in tables(html)]
    assert sum(map(totals, every)) > 12
    assert not [found for table in every for found in wrong(table)]


@pytest.mark.parametrize(
    ("last", "faults"),
    [
        (["12", "£1,162", "30 %"], 0),
        (["13", "£1,162", "30 %"], 1),
        (["12", "£1,164", ""], 1),
        (["12", "£1,163", "1 h"], 0),
    ],
)
def test_a_wrong_total_is_found(last, faults):
    rows = [["P1", "5", "£1,000", "10 %"], ["P2", "7", "£162.40", "20 %"]]
    cells = [[Cell(text) for text in row] for row in rows]
    total = [Cell("all", True), *map(Cell, last)]
    assert len(wrong(Table("t", ["a", "b", "c", "d"], [*cells, total]))) == faults


def test_what_is_taken_off_and_what_is_below_nought_counts_so():
    rows = [
        [Cell("fee"), Cell("£900")],
        [Cell("less the credits owed"), Cell("£300")],
        [Cell("b"), Cell("-£100")],
    ]
    for total in (Cell("What the month came to"), Cell("Total", True)):
        assert not wrong(Table("t", ["a", "b"], [*rows, [total, Cell("£500")]]))
        assert wrong(Table("t", ["a", "b"], [*rows, [total, Cell("£1,300")]]))


def test_a_second_total_begins_anew_and_a_gap_adds_nothing():
    def row(name: str, count: str, gap: bool = False) -> list[Cell]:
        return [Cell(name, gap), Cell(count)]

    rows = [
        row("P1", "2"),
        row("all", "2", True),
        row("P1", "3"),
        [Cell("P2"), Cell("none", True)],
        row("all", "3", True),
    ]
    assert not wrong(Table("t", ["a", "b"], rows))
    assert totals(Table("t", ["a", "b"], rows)) == 2


def test_the_tables_of_a_page_are_read():
    head = "<table><caption>Hours</caption><thead><tr><th>For</th><th>Hours</th></tr></thead>"
    html = f'{head}<tbody><tr><th>P1</th><td>2&nbsp;h</td></tr><tr><th><span class="gap">all</span></th><td>2</td></tr>'
    assert tables(f"{html}</tbody></table>") == [
        Table("Hours", ["For", "Hours"], [[Cell("P1"), Cell("2\u00a0h")], [Cell("all", True), Cell("2")]])
    ]
