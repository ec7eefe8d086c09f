"""A server on 127.0.0.1 that answers range queries as Prometheus documents it, and fails when it is told to."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

import started

MOST_POINTS = 11_000


class Stub:
    """What it has, what it was asked, and how it is to fail next."""

    def __init__(self):
        self.series = [{"__name__": "cpu_used_ratio", "instance": "db01:9100", "job": "node"}]
        self.asked = []
        self.headers = []
        self.faults = []
        self.token = None
        self.warnings = []
        self.until = threading.Event()

    def value(self, at):
        """The reading of an instant; None where there is none."""
        return f"{at % 1000 / 1000}"


def _handler(stub):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def do_GET(self):
            url = urlsplit(self.path)
            said = {name: values[0] for name, values in parse_qs(url.query).items()}
            stub.asked.append(said)
            stub.headers.append(dict(self.headers))
            fault = stub.faults.pop(0) if stub.faults else None
            if stub.token and self.headers.get("Authorization") != stub.token:
                return self.say(401, {"status": "error", "errorType": "unauthorized", "error": "who are you"})
            if url.path != "/api/v1/query_range":
                return self.say(404, {"status": "error", "error": "not found"})
            if isinstance(fault, tuple):
                return self.say(
                    fault[0], {"status": "error", "errorType": "execution", "error": fault[1]}, **fault[2]
                )
            if fault == "silent":
                return stub.until.wait(10)
            first, last, step = (float(said[name]) for name in ("start", "end", "step"))
            if (last - first) / step > MOST_POINTS:
                text = "exceeded maximum resolution of 11,000 points per timeseries."
                return self.say(400, {"status": "error", "errorType": "bad_data", "error": text})
            points = [first + number * step for number in range(int((last - first) // step) + 1)]
            values = [[int(at), stub.value(int(at))] for at in points if stub.value(int(at)) is not None]
            result = [{"metric": metric, "values": values} for metric in stub.series if values]
            body = {"status": "success", "data": {"resultType": "matrix", "result": result}}
            body |= {"warnings": stub.warnings} if stub.warnings else {}
            self.say(200, body, fault)

        def say(self, code, body, fault=None, **headers):
            content = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            if fault == "drip":
                for place in range(len(content)):
                    self.wfile.write(content[place : place + 1])
                    if stub.until.wait(0.01):
                        break
            else:
                self.wfile.write(content[: len(content) // 2] if fault == "cut" else content)
            self.close_connection = True

    return Handler


@contextmanager
def served(stub):
    """The address of a stub while it serves."""
    with started.serving(_handler(stub)) as address:
        try:
            yield address
        finally:
            stub.until.set()
