"""What `make bench` measures is told in documents that are made of it; the measuring itself is not tried here."""

import re

import measured
import pandas as pd
import pytest
import shown
from cost import Cost


def pairs() -> pd.DataFrame:
    """Two things, of which one was done in three turns and a third way of it could not be measured."""
    slow, fast = (
        [Cost(8, 10, 100), Cost(16, 20, 120), Cost(10, 11, 90)],
        [Cost(4, 2, 0), Cost(4, 5, 0), Cost(5, 1, 0)],
    )
    return pd.concat(
        [
            measured.turns("a month", 0, {"plainly": slow, "ours": fast}),
            measured.skipped("a month", 0, "elsewhere", "not on this machine"),
            measured.turns("tickets", 10_000, {"`check`": [Cost(0.5, 0.25, 30)]}),
        ],
        ignore_index=True,
    )


def cells(table: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table.splitlines()
        if re.match(r"\|(?!-)", line)
    ]


def test_a_ratio_is_the_median_of_its_turns_and_not_of_all():
    ours = pairs().set_index("way").loc["ours"]
    assert (ours["clock_ratio"], ours["cpu_ratio"]) == (0.5, 0.2)
    assert (ours["clock_s"], ours["cpu_s"], ours["times"]) == (4, 2, 3)


def test_the_table_has_a_row_for_each_way_and_the_machine():
    table = shown.table(pairs())
    head, *rows = cells(table)
    assert {len(row) for row in rows} == {len(head)} == {7}
    assert [row[0] for row in rows] == ["a month", "", "", "10,000 tickets"]
    assert rows[1][1:] == ["ours", "4.00", "1/2.0", "2.00", "1/5.0", ""]
    assert rows[2][1:] == ["elsewhere: not on this machine", "", "", "", "", ""]
    assert measured.machine() in table and re.search(r"load \d+", table)


def test_rows_are_the_same_when_they_were_written(tmp_path):
    measured.write(pairs(), tmp_path / "bench.csv")
    assert shown.table(measured.read(tmp_path / "bench.csv", measured.PAIRS)) == shown.table(pairs())


def test_what_was_measured_again_takes_its_own_place():
    key = shown.KEYS[shown.PAIRS]
    old, again = pairs(), measured.turns("a month", 0, {"ours": [Cost(1, 1, 1)]})
    other = measured.turns("samples", 5, {"`check`": [Cost(1, 1, 1)]})
    new = measured.renewed(measured.renewed(old, again, key), other, key)
    assert list(zip(new["thing"], new["way"], strict=True)) == [
        ("a month", "ours"), ("tickets", "`check`"), ("samples", "`check`"),
    ]  # fmt: skip
    assert list(new["clock_s"]) == [1, 0.5, 1]
    assert measured.renewed(measured.read(shown.KEPT / "none", measured.PAIRS), old, key) is old


def runs(clients: int) -> pd.DataFrame:
    """Runs over so many clients, each of which takes 20 s of CPU and 10 MB; and two pages, 30 ms a client."""
    here = {"way": "here", "clients": clients, "workers": 2, "clock_s": 12 * clients, "cpu_s": 20 * clients}
    here |= {"memory_mb": 800, "output_mb": 10 * clients, "asker_mb": 200}
    cluster = here | {"way": "cluster", "scheduler_cpu_s": clients / 100, "scheduler_mb": 100}
    cluster |= {"sent_s": clients / 10, "fetched_s": clients / 2}
    cluster |= {"store_mb": 7 * clients, "store_files": 200 * clients}
    pages = [
        {
            "way": "page",
            "clients": count,
            "workers": 1,
            "clock_s": 9,
            "cpu_s": 5 + 0.03 * count,
            "memory_mb": 300,
        }
        for count in (10, 1000)
    ]
    return measured.dated(pd.DataFrame([here, cluster, *pages]), measured.RUNS)


def test_what_many_clients_need_does_not_hang_on_how_many_were_measured():
    few, many = (shown.clients(runs(count)).partition("| run ")[0] for count in (10, 100))
    found = {row[0]: row[1:] for row in cells(few)}
    assert found == {row[0]: row[1:] for row in cells(many)}
    assert found["CPU"] == ["20 s", "55.6 hours"]
    assert found["packs, and what was read for them, on the disk"] == ["10 MB", "100.0 GB"]
    assert found["memory, for each that runs at a time"] == ["400 MB", "64: 25.6 GB"]
    assert found["clock, on one core"] == ["24 s", "on 64: 62.5 min"]
    assert found["alone: the page of all"] == ["0.03 s", "5.0 min"]
    fetching = "fetching packs from a store, 20 ms a file, of 8 clients at a time"
    assert found[f"alone: {fetching}"] == ["1 s", "2.8 hours"]
    assert f"{fetching} takes longest: 2.8 hours" in few


def test_a_run_here_alone_says_nothing_of_a_cluster():
    alone = runs(10)
    table = shown.clients(alone[alone["way"] != "cluster"])
    assert "store" not in table and "| alone: the page of all |" in table
    assert "alone" not in shown.clients(alone[alone["way"] == "here"])


def test_nothing_is_said_of_many_clients_where_none_was_run():
    assert shown.clients(measured.read(shown.KEPT / "none", measured.RUNS)) == "Nothing was measured yet.\n"


@pytest.mark.parametrize("name", sorted({where for where, _, _ in shown.PARTS.values()}))
def test_the_documents_tell_what_is_kept(name):
    made = shown.document(name, shown.kept)
    assert (shown.DOCS / name).read_text(encoding="utf-8") == made, "run: python tests/benchmarks/shown.py"


@pytest.mark.parametrize("text", ["", "<!-- pairs: made by hand -->\n<!-- clients: end -->\n"])
def test_a_document_without_its_place_is_no_document(text):
    with pytest.raises(ValueError, match="no place for pairs"):
        shown.with_part(text, "pairs", "")
