"""A portfolio on a Dask scheduler and two workers, started for this: the same packs as here, whatever is killed."""

import os
import shutil
import subprocess
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest
import started
from clusters import Cluster
from workspaces import CONTRACT, Place, digests, tickets

from msp_report.model.errors import Failed
from msp_report.portfolio import away, every
from msp_report.workspace import PROJECT, Workspace

#: Looked for and not imported: everybody who collects the tests collects this file.
THERE = all(map(find_spec, ("distributed", "s3fs")))
pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(not THERE, reason="distributed or s3fs is not installed: make live"),
]
#: What of a pack has to be the same byte by byte.
KINDS = ("figures.*", "records/**/*", "tables/*", "lines/*", "rejects/*")
MONTHS = ("2026-02", "2026-03")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        made.worker()
        made.worker()
        yield made
    finally:
        made.end()


def prepare(root: Path, clients: tuple[str, ...] = ("acme", "birch")) -> Place:
    place = Place(root)
    for client in clients:
        folder = place.client(client, contract=CONTRACT.replace("Acme", client.capitalize()))
        (folder / "pseudonyms.key").write_text("0" * 64)
        for month in MONTHS:
            place.put({"tickets.csv": tickets(20, month, f"{client}{month[-1]}-")}, month, client)
    return place


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The packs of two clients as they are made here."""
    place = prepare(tmp_path_factory.mktemp("alone") / "ws")
    _, code = every.run(Workspace.find(place.root), month=MONTHS[-1])
    assert code == 0
    return place


def same(alone: Place, place: Place, clients: tuple[str, ...] = ("acme", "birch")) -> None:
    for client in clients:
        for month in MONTHS:
            one, two = (digests(at.output / client / month, *KINDS) for at in (alone, place))
            assert one == two and len(one) > 20, (client, month)


def test_workers_that_see_the_workspace(cluster, alone, tmp_path):
    place = prepare(tmp_path / "ws")
    folder, code = every.run(Workspace.find(place.root), month=MONTHS[-1], scheduler=cluster.address)
    assert code == 0
    same(alone, place)
    one, two = (
        pd.read_csv(at / "records" / "clients.csv")
        for at in (folder, alone.output / "portfolio" / MONTHS[-1])
    )
    pd.testing.assert_frame_equal(one, two)


def test_workers_that_see_only_a_store(cluster, alone, tmp_path, monkeypatch):
    """The second month is made by whichever worker is free: what it looks back at came through the store."""
    place, store = prepare(tmp_path / "ws"), str(tmp_path / "store")
    for month in MONTHS:
        _, code = every.run(
            Workspace.find(place.root), month=month, scheduler=cluster.address, store=store, only=True
        )
        assert code == 0
    same(alone, place)
    for client in ("acme", "birch"):
        for month in MONTHS:
            assert (Path(store) / client / month / "current.json").is_file()
    # and into another workspace, whose packs of before it has from the store alone, of both clients at a time
    elsewhere, both, fetched = prepare(tmp_path / "ws2"), threading.Barrier(2), away.fetched

    def with_the_other(*given):
        both.wait(60)
        return fetched(*given)

    monkeypatch.setattr(away, "fetched", with_the_other)
    _, code = every.run(
        Workspace.find(elsewhere.root), month=MONTHS[-1], scheduler=cluster.address, store=store
    )
    assert code == 0
    same(alone, elsewhere)
    assert (elsewhere.output / "acme" / MONTHS[0]).resolve().name == "0001"


def test_exports_and_packs_on_s3(alone, tmp_path, monkeypatch):
    """Workers that share no folder with the one that asks: exports come from S3, packs go there."""
    with started.moto() as port:
        for name, value in {
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "word",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        }.items():
            monkeypatch.setenv(name, value)
        place = prepare(tmp_path / "ws")
        files = pytest.importorskip("s3fs").S3FileSystem()
        files.mkdir("evidence")
        files.put(str(place.root / "exports"), "evidence/exports", recursive=True)
        shutil.rmtree(place.root / "exports")
        for client in ("acme", "birch"):
            where = f"exports: s3://evidence/exports/{client}/{{month}}\n"
            (place.root / "params" / client / "sources.yaml").write_text(where)
        cluster = Cluster(tmp_path)
        try:
            cluster.worker()
            cluster.worker()
            run, store = Workspace.find(place.root), "s3://evidence/packs"
            _, code = every.run(run, month=MONTHS[-1], scheduler=cluster.address, store=store)
        finally:
            cluster.end()
        assert code == 0
        same(alone, place)
        assert files.exists(f"evidence/packs/acme/{MONTHS[-1]}/current.json")


def test_a_worker_that_is_killed_loses_nothing(alone, tmp_path):
    cluster = Cluster(tmp_path)
    try:
        first = cluster.worker()
        place = prepare(tmp_path / "ws")
        driver = _driver(place, cluster, "--store", str(tmp_path / "store"))
        _until(lambda: cluster.running() and list((tmp_path / "scratch").glob("**/acme*/**/.staging/*")))
        cluster.worker()
        first.kill()
        out, err = driver.communicate(timeout=300)
        assert driver.returncode == 0, (out, err)
        same(alone, place)
    finally:
        cluster.end()


def test_a_driver_that_is_killed_blocks_nobody(cluster, alone, tmp_path):
    place = prepare(tmp_path / "ws")
    driver = _driver(place, cluster)
    _until(lambda: (place.output / "acme" / ".staging").exists() and cluster.running())
    driver.kill()
    driver.wait()
    _until(lambda: not cluster.running())
    _until(lambda: not _processes_of(place))
    _, code = every.run(Workspace.find(place.root), month=MONTHS[-1], scheduler=cluster.address)
    assert code == 0
    same(alone, place)


def test_a_client_that_takes_too_long_fails_alone(cluster, tmp_path):
    place, told = prepare(tmp_path / "ws"), []
    run = Workspace.find(place.root)
    _, code = every.run(run, month=MONTHS[-1], scheduler=cluster.address, deadline=0.5 / 60, say=told.append)
    assert code == 1
    assert sum("it did not end in 0 s and was stopped" in line for line in told) == 2
    _until(lambda: not _processes_of(place))


def test_bad_data_of_one_client_fails_that_client_alone(cluster, tmp_path):
    place, told = prepare(tmp_path / "ws"), []
    place.put({"tickets.csv": "what\n1\n"}, MONTHS[-1], "birch")
    place.client("cedar", contract="client: {nam: x}\n")
    options = {
        "scheduler": cluster.address,
        "store": str(tmp_path / "store"),
        "only": True,
        "say": told.append,
    }
    folder, code = every.run(Workspace.find(place.root), month=MONTHS[-1], **options)
    assert code == 3
    rows = pd.read_csv(folder / "records" / "clients.csv").set_index("client")
    assert dict(rows["state"]) == {"Acme Ltd": "published", "Birch Ltd": "no pack", "cedar": "no pack"}
    assert rows.at["cedar", "why"].startswith("params/cedar/contract.yaml, line 1")
    assert "scratch" not in " ".join(told)


def test_no_scheduler_answers(tmp_path, monkeypatch):
    from msp_report.portfolio import cluster

    monkeypatch.setattr(cluster, "ANSWERS", 1)
    place = prepare(tmp_path / "ws")
    with pytest.raises(Failed, match="no scheduler answers there"):
        every.run(Workspace.find(place.root), month=MONTHS[-1], scheduler="tcp://127.0.0.1:9")
    with pytest.raises(ValueError, match="--store is for workers"):
        every.run(Workspace.find(place.root), month=MONTHS[-1], store=str(tmp_path))


def _driver(place: Place, cluster: Cluster, *options: str) -> subprocess.Popen:
    command = [
        *(
            sys.executable,
            "-m",
            "msp_report",
            "portfolio",
            "--month",
            MONTHS[-1],
            "--workspace",
            str(place.root),
        ),
        *("--scheduler", cluster.address, *options),
    ]
    variables = {**os.environ, "PYTHONPATH": str(PROJECT)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=variables, **pipes)


def _until(is_so, seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.2)


def _processes_of(place: Place) -> list[str]:
    """The runs of clients of a workspace that there are."""
    found = subprocess.run(["ps", "-eo", "stat,args"], capture_output=True, text=True, check=True).stdout
    return [
        line
        for line in found.splitlines()
        if "portfolio.tied" in line and str(place.root) in line and not line.startswith("Z")
    ]
