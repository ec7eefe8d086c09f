"""Every accepted row leads to the file and line it was read from."""

import csv
import io
import json

import pandas as pd
import pyarrow.parquet as pq
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from msp_report.intake import ingest, lines
from msp_report.model.period import Month
from msp_report.params import Sources

MAY = Month(2026, 5)
HEADER = ["ticket_id", "opened_at", "title", "priority", "status"]
#: Titles that break lines, quote, or are one more field to whoever does not quote.
TITLES = st.text(st.sampled_from('ab ,"\n'), max_size=6)
#: A ticket's number, its title, and whether its time can be read.
ROWS = st.lists(st.tuples(st.integers(1, 12), TITLES, st.booleans()), max_size=12)


def written(rows) -> str:
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(HEADER)
    for number, title, good in rows:
        out.writerow([f"T{number}", "2026-05-04T09:00:00Z" if good else "soon", f"={title}=", "P1", "new"])
    return text.getvalue()


def accepted(folder, exports: dict[str, str], month=MAY) -> pd.DataFrame:
    """The accepted tickets of a month with their file and line."""
    place = folder / "exports" / str(month)
    place.mkdir(parents=True)
    for name, text in exports.items():
        (place / name).write_text(text, encoding="utf-8")
    sources = Sources.model_validate({"reject_limit_ratio": 1})
    into = folder / "accepted" / str(month)
    ingest.read_month(sources, folder / "exports" / "{month}", month, "UTC", into)
    table = pq.read_table(into / "tables" / "tickets.parquet").to_pandas()
    origins = pq.read_table(into / "lines" / "tickets.parquet").to_pandas()
    assert len(table) == len(origins)
    return table.join(origins)


@examples(30)
@given(first=ROWS, second=ROWS)
def test_the_line_of_each_row_holds_it(first, second, tmp_path_factory):
    texts = {"tickets.csv": written([(1, "", True), *first]), "tickets-2.csv": written(second)}
    rows = accepted(tmp_path_factory.mktemp("lines"), texts)
    assert len(rows) and set(rows["file"]) <= set(texts)
    for row in rows.itertuples():
        begun = texts[row.file].split("\n")[row.line - 1 :]
        cells = next(csv.reader(io.StringIO("\n".join(begun))))
        assert dict(zip(HEADER, cells, strict=True))["ticket_id"] == row.ticket_id
        assert cells[2].strip() == row.title


def test_what_several_months_have_is_found_in_the_newest(tmp_path):
    accepted(tmp_path, {"tickets.csv": written([(1, "", True), (2, "", True)])})
    accepted(tmp_path, {"tickets.csv": written([(3, "", True), (2, "", True)])}, Month(2026, 6))
    paths = [tmp_path / "accepted" / month / "tables" / "tickets.parquet" for month in ("2026-05", "2026-06")]
    asked = pd.DataFrame({"ticket_id": ["T3", "T1", "T2", "T9", None]})
    found = lines.find(paths, asked).set_index("asked")
    assert json.loads(found.loc[[0, 1, 2], ["month", "file", "line"]].to_json(orient="values")) == [
        ["2026-06", "tickets.csv", 2],
        ["2026-05", "tickets.csv", 2],
        ["2026-06", "tickets.csv", 3],
    ]
    assert len(found) == 3  # of what nobody exported nothing is said


def test_a_number_that_was_given_twice_leads_each_time_to_its_own_ticket(tmp_path):
    accepted(tmp_path, {"tickets.csv": written([(2, "", True), (1, "first", True)])})
    accepted(tmp_path, {"tickets.csv": written([(1, "second", True)])}, Month(2026, 6))
    paths = [tmp_path / "accepted" / month / "tables" / "tickets.parquet" for month in ("2026-05", "2026-06")]
    named = pd.DataFrame({"month": ["2026-05"], "ticket_id": ["T1"], "name": ["T1 (2026-05)"]})
    found = lines.find(paths, pd.DataFrame({"ticket_id": ["T1", "T1 (2026-05)"]}), named).set_index("asked")
    assert found.loc[0, "month"] == "2026-06" and found.loc[0, "line"] == 2
    assert found.loc[1, "month"] == "2026-05" and found.loc[1, "line"] == 3
    # in a month in which only the earlier one was known, its number names no other
    assert lines.find(paths[:1], pd.DataFrame({"ticket_id": ["T1"]}), named).empty
