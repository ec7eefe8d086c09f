"""Servers that tests start for themselves: on 127.0.0.1, on ports that are free, in folders that go when they stop."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from urllib.request import urlopen

import pytest


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def ready(address, seconds=60):
    """An address once it answers."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            with urlopen(address, timeout=5):
                return address
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(address)


@contextmanager
def serving(handler):
    """The address of a server in this process while it answers by a handler."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def postgresql(user="owner"):
    """The port, the folder of the programs and the folder of the sockets of a PostgreSQL that trusts its callers."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not folders:
        pytest.skip("PostgreSQL is not installed")
    programs, port = folders[-1], free_port()
    with tempfile.TemporaryDirectory(prefix="msp-pg-", dir="/tmp") as name:
        as_user = []
        if os.geteuid() == 0:  # as whom PostgreSQL does not run
            shutil.chown(name, "postgres")
            as_user = ["runuser", "-u", "postgres", "--"]
        said = {"check": True, "cwd": name, "stdout": subprocess.DEVNULL}
        made = [
            programs / "initdb",
            "-D",
            f"{name}/data",
            "-A",
            "trust",
            "-U",
            user,
            "-E",
            "UTF8",
            "--no-sync",
        ]
        subprocess.run([*as_user, *made], **said)
        unsafe = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off"
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={name} {unsafe}"
        control = [*as_user, programs / "pg_ctl", "-D", f"{name}/data", "-w"]
        subprocess.run([*control, "-o", options, "-l", f"{name}/log", "start"], **said)
        try:
            yield port, programs
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **said)


@contextmanager
def moto():
    """The port of an S3 server that holds all in memory."""
    for library in ("s3fs", "moto", "flask"):
        pytest.importorskip(library)
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            ready(f"http://127.0.0.1:{port}/moto-api/")
            yield port
        finally:
            process.terminate()
