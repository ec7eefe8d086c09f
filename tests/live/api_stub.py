"""Servers on 127.0.0.1 that answer as Zabbix 6.0 and Request Tracker 5.0 were seen to, and fail when told to."""

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, unquote, urlsplit

import started


class Stub:
    """What it was asked, and how it is to fail next: a code and a body, or `cut`."""

    def __init__(self):
        self.asked = []
        self.faults = []
        self.between = lambda: None
        """What happens when an answer has been given."""


class Zabbix(Stub):
    """Events, items with their trends, and an SLA."""

    token = "t0ken"
    version = "6.0.14"

    def __init__(self):
        super().__init__()
        self.events = []
        self.items = {"44": ("CPU used", "web01"), "45": ("CPU used", "db01"), "46": ("Kernel", "db01")}
        self.texts = {"46"}
        self.sla = {"slaid": "1", "name": "Gold", "period": "2", "timezone": "UTC"}
        self.sli = (1, 99.5)

    def problem(self, number, clock, end=None, recovery=None, host="web01"):
        """A problem, and the event that ended it."""
        hosts = [{"hostid": "1", "host": host, "name": host.upper()}]
        one = {
            "source": "0",
            "object": "0",
            "objectid": "501",
            "name": "No ping",
            "suppressed": "0",
            "hosts": hosts,
        }
        ended = str(recovery) if recovery else "0"
        told = {
            "eventid": str(number),
            "clock": str(clock),
            "value": "1",
            "severity": "4",
            "r_eventid": ended,
        }
        self.events.append(one | told | {"acknowledged": "0"})
        if recovery:
            told = {
                "eventid": str(recovery),
                "clock": str(end),
                "value": "0",
                "severity": "0",
                "r_eventid": "0",
            }
            self.events.append(one | told | {"acknowledged": "0"})

    def answer(self, method, path, said, body, headers):
        if not path.endswith("/api_jsonrpc.php"):
            return 404, "<html>not found</html>"
        question = json.loads(body)
        name, params = question["method"], question["params"]
        if name == "apiinfo.version":
            assert "auth" not in question and "Authorization" not in headers
            return 200, {"jsonrpc": "2.0", "result": self.version, "id": 1}
        in_header = [int(part) for part in self.version.split(".")[:2]] >= [6, 4]
        given = (
            headers.get("Authorization", "").removeprefix("Bearer ") if in_header else question.get("auth")
        )
        if given != self.token or (in_header and "auth" in question):
            return 200, self.error("Not authorized.")
        found = getattr(self, "_" + name.replace(".", "_"))(params)
        return 200, {"jsonrpc": "2.0", "result": found, "id": 1}

    def error(self, data, code=-32602):
        return {
            "jsonrpc": "2.0",
            "error": {"code": code, "message": "Invalid params.", "data": data},
            "id": 1,
        }

    def _event_get(self, asked):
        clocks = {event["eventid"]: int(event["clock"]) for event in self.events}

        def fits(event):
            clock, number = int(event["clock"]), int(event["eventid"])
            ended = clocks.get(event["r_eventid"])
            return (
                int(event["value"]) in asked["value"]
                and ("eventids" not in asked or event["eventid"] in asked["eventids"])
                and ("severities" not in asked or int(event["severity"]) in asked["severities"])
                and clock >= asked.get("time_from", 0)
                and clock <= asked.get("time_till", clock)
                and number >= int(asked.get("eventid_from", 0))
                and (
                    "problem_time_till" not in asked
                    or (
                        clock <= asked["problem_time_till"]
                        and (ended is None or ended >= asked["problem_time_from"])
                    )
                )
            )

        found = sorted(
            (event for event in self.events if fits(event)), key=lambda event: int(event["eventid"])
        )
        return found[: asked.get("limit")]

    def _item_get(self, asked):
        rows = [
            {
                "itemid": number,
                "name": name,
                "key_": name,
                "value_type": "4" if number in self.texts else "0",
                "hosts": [{"hostid": "1", "host": host, "name": host.upper()}],
            }
            for number, (name, host) in reversed(self.items.items())
            if number in asked.get("itemids", self.items)
        ]
        return [{"itemid": row["itemid"]} for row in rows] if asked["output"] == ["itemid"] else rows

    def _trend_get(self, asked):
        first = -(-asked["time_from"] // 3600) * 3600
        return [
            {
                "itemid": number,
                "clock": str(at),
                "num": "60",
                "value_min": "0",
                "value_avg": str(int(number) + at % 7),
                "value_max": "99",
            }
            for number in reversed(asked["itemids"])
            for at in range(first, asked["time_till"] + 1, 3600)
            if at // 3600 % 5 or number != "45"
        ]

    def _history_get(self, asked):
        assert asked["history"] == 0
        return [
            {"itemid": number, "clock": str(at), "value": str(at % 3_601), "ns": "0"}
            for at in range(asked["time_from"], asked["time_till"] + 1, 3_600)
            for number in asked["itemids"]
        ]

    def _sla_get(self, asked):
        return [self.sla] if [str(one) for one in asked["slaids"]] == [self.sla["slaid"]] else []

    def _sla_getsli(self, asked):
        at = asked["period_from"]
        periods = [{"period_from": at - 15 * 86_400, "period_to": at + 16 * 86_400}]
        more = {"uptime": 1, "downtime": 1, "error_budget": 0, "excluded_downtimes": []}
        sli = [[{**more, "sli": one} for one in self.sli]]
        return {"periods": periods, "serviceids": list(range(5, 5 + len(self.sli))), "sli": sli}

    def _service_get(self, asked):
        return [{"serviceid": "5", "name": "Webshop"}]


class RequestTracker(Stub):
    """Tickets and transactions, in pages."""

    token = "1-14-abc"

    def __init__(self):
        super().__init__()
        self.records = {"tickets": [], "transactions": []}
        self.users = {"root": ("root", 1), "14": ("root", 1), "6": ("Nobody", 0), "bo": ("bo", 0)}
        self.is_counted = True

    def ticket(self, number, created, status="open", **more):
        """A ticket of the queue General."""
        unset = "1970-01-01T00:00:00Z"
        one = {
            "id": str(number),
            "type": "ticket",
            "Subject": f"Ticket {number}",
            "Status": status,
            "Created": created,
        }
        one |= {
            "Started": unset,
            "Resolved": unset,
            "LastUpdated": created,
            "Priority": "0",
            "TimeWorked": "0",
        }
        one |= {"Queue": {"id": "1", "Name": "General"}, "Owner": {"id": "Nobody", "Name": "Nobody"}}
        one |= {"Creator": {"id": "root", "Name": "root"}, "CustomFields": ""}
        one |= {"Requestor": [{"id": "bo", "Name": "bo", "EmailAddress": "bo@acme.example"}]}
        self.records["tickets"].append(one | more)

    def event(self, number, ticket, created, kind, field="", old="", new="", by="root"):
        """What was done to a ticket."""
        one = {
            "id": str(number),
            "type": "transaction",
            "Type": kind,
            "ObjectId": str(ticket),
            "Created": created,
        }
        one |= {"Field": field, "OldValue": old, "NewValue": new, "Creator": {"id": by, "Name": by}}
        self.records["transactions"].append(one)

    def answer(self, method, path, said, body, headers):
        if headers.get("Authorization") != f"token {self.token}":
            return 401, {"message": "Unauthorized"}
        kind = path.removeprefix("/REST/2.0/")
        if kind.startswith("user/"):
            found = self.users.get(unquote(kind.removeprefix("user/")))
            return (
                (200, {"Name": found[0], "Privileged": found[1]})
                if found
                else (404, {"message": "Not Found"})
            )
        if kind not in self.records:
            return 404, {"message": "Not Found"}
        query, _, after = said["query"].rpartition(" AND id > ")
        if "Nonsense" in query:
            return 400, {"message": "Unknown field: Nonsense at /usr/share/Tickets.pm line 3208.\n"}
        rows = [row for row in self.records[kind] if int(row["id"]) > int(after)]
        rows = sorted(rows, key=lambda row: int(row["id"])) if said["orderby"] == "id" else rows
        page = rows[: min(int(said["per_page"]), 100)]
        return 200, {"count": len(page), "total": len(rows) if self.is_counted else None, "items": page}


def _handler(stub):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def do_GET(self):
            self.asked("GET")

        def do_POST(self):
            self.asked("POST")

        def asked(self, method):
            url = urlsplit(self.path)
            said = {name: values[0] for name, values in parse_qs(url.query).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            stub.asked.append(json.loads(body)["params"] if body else {"path": url.path, **said})
            fault = stub.faults.pop(0) if stub.faults else None
            if isinstance(fault, tuple):
                return self.say(*fault)
            self.say(*stub.answer(method, url.path, said, body, self.headers), fault == "cut")
            stub.between()

        def say(self, code, body, is_cut=False):
            content = (body if isinstance(body, str) else json.dumps(body)).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if is_cut else content)
            self.close_connection = True

    return Handler


@contextmanager
def served(stub):
    """The address of a stub while it serves."""
    with started.serving(_handler(stub)) as address:
        yield address
