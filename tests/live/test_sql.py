"""A database is asked for a month by one SELECT that only reads, and its answer is read as an export of it is."""

import hashlib
import sqlite3
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pandas as pd
import pytest

from msp_report import live
from msp_report.intake import ingest
from msp_report.live import kept, sql
from msp_report.model.period import Month
from msp_report.params import Sources

OCTOBER = Month(2026, 10)
QUERY = (
    "select document, vendor, number as document_id, 1 as line, dated_on, item, quantity, price as unit_price"
    " from bills where dated_on >= :start and dated_on < :end order by dated_on"
)
ROWS = [
    ("invoice", "Acme", "B0", "2026-09-30", "laptop", 1, 1.5),
    ("invoice", "Acme", "B1", "2026-10-01", "laptop", 2, 1200.25),
    ("invoice", 'Bolt; \'n "Co"\n', "B2", "2026-10-31", "mouse, grey", 3, 10),
    ("invoice", "Acme", "B3", "2026-11-01", "laptop", 4, 10),
]


@pytest.fixture(autouse=True)
def now(monkeypatch):
    monkeypatch.setattr(live, "present", lambda: pd.Timestamp("2026-11-02T08:00Z"))


@pytest.fixture
def desk(tmp_path):
    """A file of SQLite with bills from the end of September to the first of November."""
    path = tmp_path / "desk.db"
    with sqlite3.connect(path) as database:
        database.execute("create table bills (document, vendor, number, dated_on, item, quantity, price)")
        database.executemany("insert into bills values (?, ?, ?, ?, ?, ?, ?)", ROWS)
    database.close()
    return path


def read(folder, query=QUERY, address="sqlite:///desk.db", table="purchases", **keys):
    model = Sources.model_validate(
        {"tables": {table: {"sql": address, "query": query, **keys}}, "reject_limit_ratio": 1}
    )
    into = folder / "accepted"
    manifest = ingest.read_month(model, folder / "{month}", OCTOBER, "Europe/London", into, params=folder)
    return manifest, pd.read_parquet(into / "tables" / f"{table}.parquet")


def refused(folder, *given, **keys):
    with pytest.raises(ingest.DataRefused) as error:
        read(folder, *given, **keys)
    return str(error.value)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("delete from bills", "does not begin with SELECT"),
        ("select 1; delete from bills", "more than one statement"),
        ("select 1 --\n; drop table bills", "more than one statement"),
        ("/* select */ update bills set price = 0", "does not begin with SELECT"),
        ("select * from bills into outfile '/tmp/x'", "writes a file"),
        ("select :month", "has :month, and only :start and :end"),
        ("", "does not begin with SELECT"),
    ],
)
def test_a_query_that_is_not_one_select_is_refused(query, said):
    assert said in sql.unfit(query)


@pytest.mark.parametrize(
    "query",
    [
        QUERY,
        f"{QUERY} ;\n",
        "with x as (select ';' as a) select a::text from x -- ; done",
        "select \"a;b\" from t where at >= :start and note = '12:30'",
    ],
)
def test_a_query_that_is_one_select_is_taken(query):
    assert sql.unfit(query) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ("", ""),
        (True, "true"),
        (0, "0"),
        (Decimal("1E+3"), "1000"),
        (Decimal("10.50"), "10.50"),
        (0.1, "0.1"),
        (date(2026, 10, 1), "2026-10-01"),
        (datetime(2026, 10, 1, 9, 30), "2026-10-01T09:30:00"),
        (datetime(2026, 10, 1, 9, 30, tzinfo=UTC), "2026-10-01T09:30:00+00:00"),
        (time(9, 30), "09:30:00"),
        (timedelta(days=1, hours=2), "1 day, 2:00:00"),
        (b"caf\xc3\xa9", "café"),
    ],
)
def test_values_are_kept_as_an_export_has_them(value, text):
    assert sql._text(value) == text


def test_without_the_extra_it_says_what_to_install(desk, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sqlalchemy", None)
    assert "python3 -m msp_report.environment --with live" in refused(tmp_path)


@pytest.mark.parametrize(
    "address", ["postgresql://ann:hunter2@h/d", "mysql://h/d?a=1&ssl_key_password=x", "oracle://h/d"]
)
def test_an_address_with_a_password_or_of_another_database_is_refused(address):
    with pytest.raises(ValueError, match=r"a password stands in the address|sql"):
        Sources.model_validate({"tables": {"purchases": {"sql": address, "query": QUERY}}})


class TestSqlite:
    """Through SQLAlchemy, which the extra `live` brings: `make live`."""

    @pytest.fixture(autouse=True)
    def library(self):
        pytest.importorskip("sqlalchemy")

    def test_a_month_is_read_as_its_export_is(self, desk, tmp_path):
        before = hashlib.sha256(desk.read_bytes()).hexdigest()
        manifest, rows = read(tmp_path)
        assert rows["document_id"].tolist() == ["B1", "B2"]
        assert rows["unit_price"].astype(float).tolist() == [1200.25, 10.0]
        (account,) = manifest.files
        assert (account.read, account.reach) == (2, "2026-11-02T08:00:00+00:00")
        (path,) = (tmp_path / "2026-10").glob("*.parquet")
        assert kept.told(path)["from"] == "sqlite:///desk.db" and kept.told(path)["rows"] == 2
        assert hashlib.sha256(desk.read_bytes()).hexdigest() == before

        named = ["document", "vendor", "document_id", "dated_on", "item", "quantity", "unit_price"]
        export = pd.DataFrame(ROWS[1:3], columns=named).assign(line=1)
        (tmp_path / "by-hand" / "2026-10").mkdir(parents=True)
        export.to_csv(tmp_path / "by-hand" / "2026-10" / "purchases.csv", index=False)
        ingest.read_month(
            Sources(), tmp_path / "by-hand" / "{month}", OCTOBER, "Europe/London", tmp_path / "same"
        )
        pd.testing.assert_frame_equal(
            rows, pd.read_parquet(tmp_path / "same" / "tables" / "purchases.parquet")
        )

    def test_it_is_asked_once(self, desk, tmp_path):
        read(tmp_path)
        desk.unlink()
        assert len(read(tmp_path)[1]) == 2

    @pytest.mark.parametrize("clock", ["", " 00:00:00", "T00:00:00", " 23:59:59.5"])
    def test_the_bounds_hold_however_times_are_written(self, desk, tmp_path, clock):
        with sqlite3.connect(desk) as database:
            database.execute("update bills set dated_on = dated_on || ?", (clock,))
        database.close()
        query = QUERY.replace(" dated_on, item", " substr(dated_on, 1, 10) as dated_on, item")
        assert read(tmp_path, query)[1]["document_id"].tolist() == ["B1", "B2"]

    def test_nothing_in_the_month_is_no_error(self, desk, tmp_path):
        manifest, rows = read(tmp_path, f"select * from ({QUERY}) where 1 = 0")
        assert len(rows) == 0 and manifest.tables["purchases"]["state"] == "read"

    def test_it_may_only_read(self, desk, tmp_path):
        with sqlite3.connect(desk) as database:
            database.execute("create table log (a)")
        database.close()
        said = refused(tmp_path, "with x as (select 1) insert into log select * from x returning a")
        assert "readonly" in said or "read-only" in said or "query_only" in said

    def test_what_is_wrong_is_said_by_the_database(self, desk, tmp_path):
        assert "no such column: nonsense" in refused(tmp_path, "select nonsense from bills")
        assert not list((tmp_path / "2026-10").iterdir())

    def test_what_breaks_off_leaves_no_half(self, desk, tmp_path):
        """The database fails when it has given thousands of rows already."""
        query = (
            "with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)"
            " select 'B' || i as document_id, case when i = 15000 then json('{') else i end as line from n"
        )
        assert "malformed JSON" in refused(tmp_path, query)
        assert not list((tmp_path / "2026-10").iterdir())
        assert len(read(tmp_path)[1]) == 2

    def test_two_columns_of_one_name(self, desk, tmp_path):
        assert "two columns that are called item" in refused(tmp_path, "select item, item from bills")

    def test_a_file_that_is_not_there(self, tmp_path):
        assert "there is no file desk.db" in refused(tmp_path)
