"""docs/sources.md: the profiles that are shipped, and every word of the mapping language with an example."""

from __future__ import annotations

import re

from msp_report.intake import profile
from msp_report.params.layout import Layout
from msp_report.reference.keys import meanings

#: An example of every word of the mapping language, as it stands under a table in sources.yaml or in a profile.
EXAMPLES: dict[str, str] = {
    "records": "records: data.result.values",
    "query": "query: select * from heartbeat where important = 1",
    "split": 'split: {Licenses: "+"}',
    "where": """where: lower("Type") = 'incident'""",
    "beside": "beside: {picklists: {file: entityInformation.json, records: fields.picklistValues}}",
    "shape": (
        "shape: |\n"
        "  select *, first_value(Vendor) over (partition by Bill order by _row) as Seller, _row as _rows\n"
        "  from rows"
    ),
    "default": "default: {priority: none}",
    "day_hours": "day_hours: 8",
    "first": "first: [opened_at]",
    "last": "last: [resolved_at]",
    "columns": "columns: {ticket_id: Number, opened_at: [Opened, Created]}",
    "values": "values: {status: {open: [In Progress, Active], closed: Closed}}",
    "constants": "constants: {kind: incident}",
    "dates": 'dates: ["%d/%m/%Y %H:%M", iso]',
    "timezone": "timezone: America/New_York",
    "durations": "durations: {hours: hms}",
    "factors": "factors: {forecast_cost: 1000000}",
    "nulls": "nulls: [n/a, none]",
    "decimal": 'decimal: ","',
    "encoding": "encoding: cp850",
    "delimiter": 'delimiter: ";"',
    "sheet": "sheet: Tickets",
    "skip_rows": "skip_rows: 4",
    "totals": "totals: {Number: ^Total}",
    "path": 'path: "{resource}.csv"',
    "record": "record: last",
    "unpivot": "unpivot: {cpu: CPU usage, memory: Memory usage}",
    "changes_only": "changes_only: true",
    "max_gap_s": "max_gap_s: 600",
    "exported_at": 'exported_at: "outages_%Y%m%dT%H%M.csv"',
}


def document() -> str:
    """The document."""
    head = (
        "# Sources\n\n"
        "How exports are read: the profiles that come with msp_report, and the words in which any other export is "
        "described. Made by `msp-report tables --docs docs`; do not edit: a profile is one YAML in "
        "`msp_report/intake/profiles/`, a word of the language is declared in `msp_report/params/layout.py`.\n\n"
        "A file with the names of a [canonical table](tables.md) needs none of this. As long as sources.yaml names no "
        "table, such a file is found by its name; once it names one, name every file there: "
        "`checks: {file: checks.csv}`.\n"
    )
    return head + _profiles() + _elsewhere() + _live() + _own() + _language()


def _profiles() -> str:
    return (
        "\n## Profiles\n\n"
        "Name one at a table of sources.yaml: `tickets: {file: incident.csv, profile: servicenow}`. Keys beside it are "
        "laid over it. A path such as `./mine.yaml` names a profile of your own, beside the client's params. Where a "
        "vendor gives a table in several ways, the route is told by the file; `profile: servicenow/api` forces it.\n\n"
        "| profile | table | route | files | asks | run against |\n|---|---|---|---|---|---|\n"
        + "".join(_rows(name) for name in profile.names())
        + "\nAsks: what the file does not say and only who exported it knows.\n"
        + "".join(_section(name) for name in profile.names())
    )


#: Sources that ask a server, as they stand in sources.yaml.
ASKED = """tables:
  samples:
    prometheus: https://metrics.example
    token: ${METRICS_TOKEN}
    query: 1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))
    resource: instance
    constants: {metric: cpu}
    step_s: 300
  purchases:
    sql: postgresql://reader:${BILLS_PASSWORD}@bills.example/bills
    query: |
      select 'invoice' as document, vendor, number as document_id, line, dated_on, item, quantity, unit_price
      from invoice_lines
      where dated_on >= :start and dated_on < :end
  outages:
    zabbix: https://zabbix.example
    token: ${ZABBIX_TOKEN}
    query: |
      groupids: [22]
      severities: [4, 5]
  tickets:
    request_tracker: https://rt.example
    token: ${RT_TOKEN}
    query: Queue = 'General'
  ticket_events:
    request_tracker: https://rt.example
    token: ${RT_TOKEN}
    query: TicketQueue = 'General'
"""


#: Exports that lie elsewhere, as they stand in sources.yaml.
ELSEWHERE = (
    "exports: s3://evidence/{client}/{month}\n",
    "exports: sftp://reader@files.example/exports/{month}\n",
)


def _elsewhere() -> str:
    blocks = "".join(f"```yaml\n{text}```\n\n" for text in ELSEWHERE)
    return (
        "\n## Exports that lie on S3 or an SFTP server\n\n"
        "`exports` may be an address in the place of a folder; so may `--exports`, which stands for its bucket or "
        "host. `{month}` may stand in it or in `file`, or nowhere, as with a folder:\n\n"
        f"{blocks}"
        "It needs the extra `live`: `python3 -m msp_report.environment --with live`. Every verb that reads exports "
        "does so from there. `msp-report init CLIENT s3://evidence/acme/2026-10` looks at a month there and writes "
        "`exports` with its address; the workbook of `register` you put there yourself.\n\n"
        "- **When.** A run lists once what lies there, in all months, and fetches what is new or has another size, "
        "ETag or time. All below the folder above `{month}` is fetched, but for names that begin with a dot: give "
        "exports a folder of their own. They come into `output/<client>/.exports/` and are read there like any others; "
        "manifest, rejects and messages name them as they are called there. What was taken away there is no more "
        "here either, as with a folder.\n"
        "- **Whole or not at all.** A file gets its name when all of it has come and it was not changed meanwhile. A "
        "listing that breaks off is none: no file is taken for missing. What fails is asked again four times after "
        "longer and longer waits, and a server that is silent is left. Then the month is refused (3) with what to do; "
        "what came is kept, also of a file, and the next run goes on.\n"
        "- **S3**: who asks stands in the environment, as for all tools: `AWS_ACCESS_KEY_ID` and "
        "`AWS_SECRET_ACCESS_KEY`, or `AWS_PROFILE`; `AWS_ENDPOINT_URL` for another server than Amazon's, "
        "`AWS_DEFAULT_REGION`. Ask for s3:ListBucket and s3:GetObject on the folder alone.\n"
        "- **SFTP**: the user stands in the address; the key is the agent's, one of ~/.ssh, or the file that "
        "`MSP_REPORT_SSH_KEY` names (its passphrase: `MSP_REPORT_SSH_PASSPHRASE`). Where there is a password only, "
        "write `sftp://reader:${SFTP_PASSWORD}@…` and set SFTP_PASSWORD in the environment. The server's key has to "
        "stand in ~/.ssh/known_hosts, /etc/ssh/ssh_known_hosts or the file that `MSP_REPORT_KNOWN_HOSTS` names; one "
        "that is not known, or is another one, is refused with its fingerprint, which you compare with what the "
        "server's owner says. What the address leaves open ~/.ssh/config says: HostName, User, Port and IdentityFile "
        "of the host's name there, so that `sftp://evidence/acme/{month}` is enough; what else stands there, such as "
        "ProxyJump, is not followed. `MSP_REPORT_SSH_CONFIG` names another such file, or `none`. `/~/` is the user's "
        "own folder. Ask for a user who may only read.\n"
        "- **Secrets** are taken from the environment alone; none is in a file, a page or an error.\n"
        "- Sources that [ask a server](#servers-that-are-asked) work beside it: their answers are kept in the copy of "
        "the month's folder. Back up `output/` then.\n"
    )


def _live() -> str:
    return (
        "\n## Servers that are asked\n\n"
        "A source may name a server in the place of a file:\n\n"
        f"```yaml\n{ASKED}```\n\n"
        "- **When.** It is asked when the month is read, once after the month is over, and at each run before that. "
        "Earlier months are asked for as they are read; a server that keeps its readings for 15 days knows nothing of "
        "them. Where every source is asked, the last month is there without a file.\n"
        "- **What is kept.** The answer is a file in the month's folder of exports, `samples-prometheus-….json` "
        "or `purchases-sql-….parquet`, read like any other by the profile of its kind, unless `profile` names "
        "yours; `<file>.reach.json` beside it says when it was asked, whom, what, and the hash of what came. It "
        "speaks up to that instant (rule 41). A file that was changed since is refused; remove both, and it is "
        "asked for again. Another query is another file.\n"
        "- **Secrets** stand as `${NAME}` in the address or in `token`, and are taken from the environment. One that "
        "is written down is refused, and none is in a file, a page or an error.\n"
        "- **Prometheus** is asked for a day at a time, at most 11,000 points of a series. What fails is asked again "
        "four times after longer and longer waits. Parts that came are kept: a run that ends, or is killed, says so, "
        "and the next one goes on from there. Servers that answer in part are asked not to, and what they warn of is "
        "told. Where `query` calculates, its answer has no name: give it one by `constants: {metric: …}`. A reading "
        "is repeated by the server for five minutes; `step_s` need not be shorter than the readings are apart. Ask for "
        "access to /api/v1/query_range alone.\n"
        "- **Databases** are PostgreSQL (`postgresql://`), MySQL and MariaDB (`mysql://`) and files of SQLite "
        "(`sqlite:///desk.db`, below the params). They need the extra `live`: "
        "`python3 -m msp_report.environment --with live`. One SELECT is run in a session that may only read and is "
        "undone; ask for a user who may only read all the same. `:start` and `:end` are the month's first instant and "
        "the next month's, in the zone of `timezone`, else the client's; without them the whole table is read. MySQL "
        "has times without a zone (DATETIME), which are taken for that zone's, and instants (TIMESTAMP), which it can "
        "tell only in a zone that it knows: where it has no time zone tables, set `timezone: UTC`. A transfer that "
        "breaks off starts over.\n"
        "- **Zabbix** is asked by the JSON-RPC of its API, at its address or that of its api_jsonrpc.php. "
        "`outages` are the problems that were on at any time of the month, with the events that ended them, asked "
        "for by day; `samples` are the hourly averages (trends) of items that are numbers, with their names, or "
        "each value by `readings: history` in the query; `claims` are the figures of one SLA that is cut by months: "
        "`query: {slaid: 1}`. "
        "`query` is YAML, and only chooses: hostids, groupids, severities, tags, search and so on, as the API's "
        "documents say; a word that does not is refused, because Zabbix 6.0 passes over it and answers for all "
        "hosts. Without it all is asked for that its user may read. The host's visible name is the service or "
        "resource; let `values: {service: {WEB01: webshop}}` say which of the contract's it is. Ask for a user of "
        "type User who may read the client's host group, and an API token of that user.\n"
        "- **Request Tracker** is asked by REST 2. `query` is TicketSQL for `tickets`: those are asked for that "
        "were made before the month's end and are open, or were changed since it began. For `ticket_events` it is "
        "TransactionSQL: changes of status, owner and priority, and answers that the requester sees, with their "
        "side: users who may be given rights (Privileged) are the provider's; where that is not so, say who is: "
        '`columns: {actor_kind: [Creator.Name]}, values: {actor_kind: {provider: [ann, ben], "*": client}}`. Ask '
        "for a user with SeeQueue and ShowTicket in the client's queue, and an authentication token of that user. "
        "A queue that is not there, or that its user may not see, gives nothing and no error: it is told.\n"
        "- **Pages** of both go by the number of the last record, so that what comes in meanwhile moves none. "
        "What fails is asked again as Prometheus is, and of a month that is over the parts that came are kept; "
        "the file speaks up to when the first of its parts was asked for.\n"
    )


def _rows(name: str) -> str:
    tried = profile.about(name).tried
    rows = []
    for table, routes in sorted(profile.load(name).items()):
        for route in routes:
            files = ", ".join(f"`.{suffix}`" for suffix in route.recognise.formats)
            asks = ", ".join(one.replace("_", " ") for one in route.asks)
            against = ", ".join(tried.get(route.route, tried.get("", ("samples only",))))
            rows.append(f"| `{name}` | `{table}` | {route.route} | {files} | {asks} | {against} |\n")
    return "".join(rows)


def _section(name: str) -> str:
    """How one profile's exports are made, which access to ask for, and what they cannot tell."""
    said = profile.about(name)
    also = [other for other, meant in profile.ALIASES.items() if meant == name]
    head = f"\n### {name}\n\n{' '.join(said.about.split())}"
    head += "".join(f" Its other name is `{other}`." for other in also) + "\n"
    made = [
        ("How the export is made" if not route else f"How the export is made, {_worded(route)}", steps)
        for route, steps in said.made.items()
    ]
    access = [
        ("Access to ask for" if not route else f"Access to ask for, {_worded(route)}", listed)
        for route, listed in said.access.items()
    ]
    lists = [*made, *access, ("What it cannot tell", said.cannot_tell)]
    return head + "".join(f"\n{title}:\n\n{_listed(title, texts)}" for title, texts in lists if texts)


def _listed(title: str, texts: tuple[str, ...]) -> str:
    if title.startswith("How"):
        return "".join(f"{number}. {_safe(text)}\n" for number, text in enumerate(texts, 1))
    return "".join(f"- {_safe(text)}\n" for text in texts)


def _worded(route: str) -> str:
    return route.replace("_", " ")


def _safe(text: str) -> str:
    """A step as Markdown shows it literally: what holds signs of programs or addresses as code."""
    return f"`{text}`" if re.search(r"[*<>|\[\]_{}=]", text) else text


def _own() -> str:
    """The keys that a profile has beside the words of the mapping language."""
    kinds = (
        ("Of the profile", profile.About, tuple(profile.About.model_fields)),
        ("Of a route, beside the words below", profile.Route, ("route", "recognise", "asks")),
        ("In `recognise`", profile.Recognise, tuple(profile.Recognise.model_fields)),
    )
    tables = "".join(
        f"\n{title}:\n\n| key | meaning |\n|---|---|\n"
        + "".join(f"| `{name}` | {meanings(model)[name]} |\n" for name in names)
        for title, model, names in kinds
    )
    return (
        "\n## A profile of one's own\n\n"
        "A profile is one YAML: what it says of itself, and under the name of each table its words, or a list of "
        "routes, each with its words. `<<` takes over another mapping's keys. All its values are text.\n"
        f"{tables}"
    )


def _language() -> str:
    said = meanings(Layout)
    words = "".join(
        f"\n### {word}\n\n{said[word]}\n\n```yaml\n{EXAMPLES[word]}\n```\n" for word in Layout.model_fields
    )
    return (
        "\n## The mapping language\n\n"
        f"Every word may stand under a table of sources.yaml or of a profile.\n{words}"
    )
