"""A month that was put into a Request Tracker comes out of it: its own server, started for this beside a PostgreSQL."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from http.cookiejar import CookieJar
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen

import pandas as pd
import pytest
from started import free_port, postgresql, ready

from msp_report import live
from msp_report.intake import ingest
from msp_report.live import kept, web
from msp_report.model.period import Month, Period
from msp_report.params import Sources

pytestmark = pytest.mark.servers
OCTOBER = Month(2026, 10)
ZONE = "Europe/London"
START, END = (int(at.timestamp()) for at in Period(OCTOBER, OCTOBER).bounds(ZONE))
NOW = pd.Timestamp(END + 86_400, unit="s", tz="UTC")
LIBRARY = Path("/usr/share/request-tracker5")
MANY = 210

#: Steps in order of time, played by a server whose clock is set. It begins with tickets of other months.
FILL = r"""
use strict; use warnings;
our $NOW; BEGIN {
    $NOW = 0;
    no warnings 'redefine';
    *CORE::GLOBAL::time = sub () { $main::NOW || CORE::time() };
    *CORE::GLOBAL::gmtime = sub (;$) { CORE::gmtime(@_ ? $_[0] : ($main::NOW || CORE::time())) };
}
use lib '/usr/share/request-tracker5/lib'; use JSON; use RT;
RT::LoadConfig(); RT::Init();
sub user {
    my ($name, $staff) = @_;
    my $user = RT::User->new(RT->SystemUser);
    $user->Create(Name => $name, EmailAddress => "$name\@acme.example", RealName => ucfirst($name),
        Privileged => $staff, Password => 'Xy7kkPq2z');
    return $user;
}
my %users = (ann => user('ann', 1), ben => user('ben', 1), bo => user('bo', 0));
my $queue = RT::Queue->new(RT->SystemUser); $queue->Load('General');
for my $right (qw(SeeQueue ShowTicket OwnTicket ModifyTicket ReplyToTicket CreateTicket)) {
    $users{$_}->PrincipalObj->GrantRight(Right => $right, Object => $queue) for keys %users;
}
my $other = RT::Queue->new(RT->SystemUser); $other->Create(Name => 'Board');
my $token = RT::AuthToken->new(RT->SystemUser);
my ($ok, $why, $secret) = $token->Create(Owner => $users{ben}->Id, Description => 'msp_report');
my %tickets;
for my $step (@{ decode_json(do { local $/; <STDIN> }) }) {
    my ($at, $by, $do, $key, @more) = @$step;
    $NOW = $at;
    my $ticket = RT::Ticket->new(RT::CurrentUser->new($users{$by}->Id));
    if ($do eq 'create') {
        my ($id, $txn, $said) = RT::Ticket->new(RT->SystemUser)->Create(Queue => $more[0], Subject => $key,
            Requestor => "$by\@acme.example", $key =~ /^many/ ? (_RecordTransaction => 0) : ());
        die $said unless $id;
        $tickets{$key} = $id;
        next;
    }
    $ticket->Load($tickets{$key});
    my ($done, $said) = $do eq 'status' ? $ticket->SetStatus($more[0])
        : $do eq 'owner' ? $ticket->SetOwner($more[0]) : $do eq 'priority' ? $ticket->SetPriority($more[0])
        : $ticket->Correspond(Content => 'Hello', TimeTaken => $more[0]);
    die "$do $key: $said" unless $done;
}
print encode_json({token => $secret, tickets => \%tickets});
"""


def steps():
    """What was done: at, by whom, what, to which ticket."""
    done = [
        (START - 40 * 86_400, "bo", "create", "long solved", "General"),
        (START - 39 * 86_400, "ann", "status", "long solved", "resolved"),
        (START - 30 * 86_400, "bo", "create", "still open", "General"),
        (START - 86_400, "bo", "create", "solved in the month", "General"),
        (START - 80_000, "ann", "status", "solved in the month", "open"),
        (START + 90_000, "ann", "status", "solved in the month", "resolved"),
        (START, "bo", "create", "first", "General"),
        (START + 60, "ann", "owner", "first", "ann"),
        (START + 120, "ann", "status", "first", "open"),
        (START + 180, "ann", "answer", "first", 90),
        (START + 240, "ann", "status", "first", "stalled"),
        (START + 3_600, "bo", "answer", "first", 0),
        (START + 3_700, "ann", "priority", "first", 50),
        (START + 7_200, "ann", "status", "first", "resolved"),
        (START + 100, "bo", "create", "not wanted", "General"),
        (START + 110, "ann", "status", "not wanted", "rejected"),
        (START + 200, "bo", "create", "of the board", "Board"),
        (END - 1, "bo", "create", "last", "General"),
        (END, "bo", "create", "of November", "General"),
        (END + 60, "ann", "status", "last", "open"),
    ]
    step = (END - START) // MANY
    done += [
        (START + 300 + number * step, "bo", "create", f"many {number}", "General") for number in range(MANY)
    ]
    return sorted(done, key=lambda one: one[0])


@pytest.fixture(scope="module")
def tracker():
    """A Request Tracker whose users live in Berlin, with the tickets of the steps."""
    if not (LIBRARY / "libexec" / "rt-server").is_file() or not shutil.which("rt-setup-database-5"):
        pytest.skip("Request Tracker is not installed")
    with postgresql() as (database, _), tempfile.TemporaryDirectory(prefix="msp-rt-", dir="/tmp") as name:
        folder, port = Path(name), free_port()
        for part in ("mason", "session", "none"):
            (folder / part).mkdir()
        (folder / "site.pm").write_text(_site(folder, database, port), "utf-8")
        environment = {
            **os.environ,
            "RT_SITE_CONFIG": str(folder / "site.pm"),
            "RT_SITE_CONFIG_DIR": str(folder / "none"),
            "TMPDIR": name,
        }
        made = ["rt-setup-database-5", "--action", "init", "--dba", "owner", "--dba-password", "x"]
        subprocess.run(made, env=environment, check=True, capture_output=True)
        (folder / "fill.pl").write_text(FILL, "utf-8")
        told = subprocess.run(
            ["perl", folder / "fill.pl"],
            env=environment,
            input=json.dumps(steps()).encode(),
            check=True,
            capture_output=True,
        ).stdout
        one = SimpleNamespace(address=f"http://127.0.0.1:{port}", **json.loads(told))
        started = []

        def serve():
            command = [LIBRARY / "libexec" / "rt-server", "--port", str(port), "--host", "127.0.0.1"]
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            started.append(subprocess.Popen(command, env=environment, **quiet))
            ready(f"{one.address}/")
            return started[-1]

        one.serve, one.process = serve, serve()
        try:
            yield one
        finally:
            for process in started:
                process.terminate()
                process.wait()


def _site(folder, database, port):
    said = {
        "rtname": "desk.example",
        "Organization": "desk.example",
        "WebDomain": "127.0.0.1",
        "WebPort": port,
        "WebPath": "",
        "Timezone": "Europe/Berlin",
        "DatabaseType": "Pg",
        "DatabaseHost": "127.0.0.1",
        "DatabaseRTHost": "127.0.0.1",
        "DatabasePort": database,
        "DatabaseUser": "rt_user",
        "DatabasePassword": "x",
        "DatabaseName": "rt5",
        "DatabaseAdmin": "owner",
        "LogToSyslog": "",
        "LogToSTDERR": "error",
        "MailCommand": "testfile",
        "WebSessionClass": "Apache::Session::File",
        "MasonDataDir": folder / "mason",
        "MasonSessionDir": folder / "session",
        "VarDir": folder,
    }
    return "".join(f"Set(${name}, '{value}');\n" for name, value in said.items()) + "1;\n"


@pytest.fixture
def source(tracker, monkeypatch):
    monkeypatch.setattr(live, "present", lambda: NOW)
    monkeypatch.setenv("RT_TOKEN", tracker.token)
    return {"request_tracker": tracker.address, "token": "${RT_TOKEN}", "query": "Queue = 'General'"}


def read(folder, table, source):
    model = Sources.model_validate({"tables": {table: source}})
    manifest = ingest.read_month(model, folder / "{month}", OCTOBER, ZONE, folder / "into")
    return manifest, pd.read_parquet(folder / "into" / "tables" / f"{table}.parquet")


def instant(seconds):
    return pd.Timestamp(seconds, unit="s", tz="UTC")


def test_the_tickets_are_those_that_were_put_in(tracker, source, tmp_path):
    manifest, rows = read(tmp_path, "tickets", source)
    expected = {
        (key, instant(at))
        for at, _, what, key, *more in steps()
        if what == "create" and at < END and more == ["General"] and key != "long solved"
    }
    assert set(zip(rows["title"], rows["opened_at"], strict=True)) == expected
    assert len(rows) == len(expected) == MANY + 5
    by = rows.set_index("title")
    first = by.loc["first"]
    assert (first["status"], first["resolved_at"]) == ("resolved", instant(START + 7_200))
    assert (first["first_response_at"], first["assignee"], first["hours"]) == (
        instant(START + 120),
        "ann",
        1.5,
    )
    assert (first["requester"], first["priority"]) == ("bo@acme.example", "50")
    assert by.loc["not wanted", "status"] == "cancelled" and by.loc["still open", "status"] == "new"
    assert by.loc["solved in the month", "resolved_at"] == instant(START + 90_000)
    (account,) = manifest.files
    assert account.read == account.accepted == len(rows) and account.reach == NOW.isoformat()
    assert not manifest.unread and not manifest.warnings


def test_they_are_those_of_the_spreadsheet(tracker, source, tmp_path):
    """Which its user exports, whose zone is another than the client's, and in which priorities are words."""
    _, rows = read(tmp_path, "tickets", source)
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    login = urlencode({"user": "ben", "pass": "Xy7kkPq2z"}).encode()
    with browser.open(
        Request(f"{tracker.address}/NoAuth/Login.html", login, {"Referer": f"{tracker.address}/"})
    ):
        pass
    names = [
        "id",
        "Subject",
        "Status",
        "QueueName",
        "Created",
        "Started",
        "Resolved",
        "OwnerName",
        "Priority",
    ]
    names += ["Requestors", "TimeWorked"]
    said = {"Query": "Queue = 'General'", "OrderBy": "id", "Order": "ASC"}
    said["Format"] = ",".join(f"'__{name}__'" for name in names)
    page = Request(f"{tracker.address}/Search/Results.tsv?{urlencode(said)}")
    page.add_header("Referer", f"{tracker.address}/Search/Results.html")
    with browser.open(page) as answer:
        text = answer.read()
    folder = tmp_path / "by-hand"
    (folder / "2026-10").mkdir(parents=True)
    (folder / "2026-10" / "tickets.tsv").write_bytes(text)
    file = {"file": "tickets.tsv", "profile": "requesttracker", "timezone": "Europe/Berlin"}
    manifest, other = read(folder, "tickets", file)
    assert manifest.files[0].profile == "requesttracker" and not manifest.files[0].rejected
    # the spreadsheet has no bounds
    other = other[other["title"] != "long solved"]
    other = other[other["opened_at"] < instant(END)]
    # nor does it tell the hour that came twice, when the clocks went back
    twice = rows["opened_at"].between(pd.Timestamp("2026-10-25T00:00Z"), pd.Timestamp("2026-10-25T02:00Z"))
    strange = set(rows.loc[twice, "ticket_id"])
    left, right = (
        frame[~frame["ticket_id"].isin(strange)]
        .drop(columns="priority")
        .sort_values("ticket_id", ignore_index=True)
        for frame in (rows, other)
    )
    pd.testing.assert_frame_equal(left, right)
    assert 0 < len(strange) < 3 and set(other["ticket_id"]) == set(rows["ticket_id"])


def test_they_are_those_of_the_answers_saved_by_hand(tracker, source, tmp_path):
    _, rows = read(tmp_path, "tickets", source)
    fields = {
        "fields": "Subject,Status,Queue,Created,Started,Resolved,Priority,Owner,Creator,Requestor,TimeWorked",
        "fields[Queue]": "Name",
        "fields[Owner]": "Name",
        "fields[Creator]": "Name",
        "fields[Requestor]": "Name,EmailAddress",
        "orderby": "id",
        "per_page": "100",
        "query": "Queue = 'General'",
    }
    folder = tmp_path / "by-hand"
    (folder / "2026-10").mkdir(parents=True)
    for page in (1, 2, 3):
        request = Request(f"{tracker.address}/REST/2.0/tickets?{urlencode({**fields, 'page': page})}")
        request.add_header("Authorization", f"token {tracker.token}")
        with urlopen(request, timeout=60) as answer:
            (folder / "2026-10" / f"page-{page}.json").write_bytes(answer.read())
    _, other = read(folder, "tickets", {"file": "page-*.json", "profile": "requesttracker"})
    other = other[(other["title"] != "long solved") & (other["opened_at"] < instant(END))]
    left, right = (frame.sort_values("ticket_id", ignore_index=True) for frame in (rows, other))
    pd.testing.assert_frame_equal(left, right)


def test_the_history_is_what_was_done(tracker, source, tmp_path):
    manifest, rows = read(tmp_path, "ticket_events", {**source, "query": "TicketQueue = 'General'"})
    assert set(rows["at"] < instant(END)) == {True} and set(rows["at"] >= instant(START)) == {True}
    mine = rows[rows["ticket_id"] == str(tracker.tickets["first"])].sort_values("at")
    mine = mine.astype(object).where(mine.notna(), None)
    known = [
        (int(row.at.timestamp()) - START, row.field, row[4], row.to, row.actor) for row in mine.itertuples()
    ]
    assert known == [
        (60, "assignee", None, "ann", "ann"),
        (120, "status", "new", "open", "ann"),
        (180, "comment", None, None, "ann"),
        (240, "status", "open", "waiting", "ann"),
        (3_600, "comment", None, None, "bo"),
        *([(3_600, "status", "waiting", "open", "RT_System")] if len(known) == 8 else []),
        (3_700, "priority", "0", "50", "ann"),
        (7_200, "status", known[-1][2], "resolved", "ann"),
    ]
    side = dict(zip(mine["actor"], mine["actor_kind"], strict=True))
    assert side["ann"] == "provider" and side["bo"] == "client" and not manifest.warnings


def test_a_queue_that_its_user_may_not_see_is_told(tracker, source, tmp_path):
    manifest, rows = read(tmp_path, "tickets", {**source, "query": "Queue = 'Board'"})
    assert len(rows) == 0
    assert [text for text in manifest.warnings if "the server has no record of the month" in text]


def test_what_the_server_refuses_is_told_in_its_words(tracker, source, tmp_path, monkeypatch):
    with pytest.raises(ingest.DataRefused, match=r"it answers 400 .*: Unknown field: Nonsense"):
        read(tmp_path, "tickets", {**source, "query": "Nonsense = 1"})
    monkeypatch.setenv("RT_TOKEN", "1-14-00000000000000000000000000000000")
    with pytest.raises(ingest.DataRefused, match="it answers 401 Unauthorized"):
        read(tmp_path, "tickets", source)


def counted(monkeypatch):
    """The pages that are asked for from now on."""
    asked, get = [], web.get

    def counting(address, said, token="", scheme="Bearer"):
        asked.append(said["query"].rpartition(" ")[2])
        return get(address, said, token, scheme)

    monkeypatch.setattr(web, "get", counting)
    return asked


def test_a_server_that_goes_away_is_told_and_the_next_run_goes_on(tracker, source, tmp_path, monkeypatch):
    _, whole = read(tmp_path / "whole", "tickets", source)
    monkeypatch.setattr(web, "WAITS", (0.1,))
    keep = kept.Parts.keep

    def stopping(parts, name, at, answer):
        keep(parts, name, at, answer)
        tracker.process.terminate()
        tracker.process.wait()

    with monkeypatch.context() as patch:
        patch.setattr(kept.Parts, "keep", stopping)
        with pytest.raises(ingest.DataRefused, match=r"it cannot be reached .*; 1 part has come and is kept"):
            read(tmp_path, "tickets", source)
    tracker.process = tracker.serve()
    asked = counted(monkeypatch)
    _, rows = read(tmp_path, "tickets", source)
    pd.testing.assert_frame_equal(rows, whole)
    assert len(asked) == 2 and asked[0] != "0"


def test_killed_in_the_middle_it_goes_on_from_what_it_has(tracker, source, tmp_path, monkeypatch):
    code = (
        "import json, os, signal, sys; from pathlib import Path; import pandas as pd\n"
        "from msp_report import live; from msp_report.intake import ingest; from msp_report.live import kept\n"
        "from msp_report.model.period import Month; from msp_report.params import Sources\n"
        f"live.present = lambda: pd.Timestamp('{NOW.isoformat()}')\n"
        "keep = kept.Parts.keep\n"
        "kept.Parts.keep = lambda *given: keep(*given) or os.kill(os.getpid(), signal.SIGKILL)\n"
        "folder = Path(sys.argv[2])\n"
        "ingest.read_month(Sources.model_validate(json.loads(sys.argv[1])), folder / '{month}', Month(2026, 10),"
        f" '{ZONE}', folder / 'into')"
    )
    given = json.dumps({"tables": {"tickets": source}})
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", code, given, str(tmp_path)]
    ended = subprocess.run(command, env=environment, cwd=Path(__file__).parents[2], check=False)
    assert ended.returncode == -signal.SIGKILL and not list((tmp_path / "2026-10").glob("tickets*"))
    asked = counted(monkeypatch)
    _, rows = read(tmp_path, "tickets", source)
    assert len(asked) == 2 and len(rows) == MANY + 5
