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
    "beside": "beside: {picklists: entityInformation.json}",
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
    return head + _profiles() + _own() + _language()


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
