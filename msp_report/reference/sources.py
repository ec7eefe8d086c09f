"""docs/sources.md: the profiles that are shipped, and every word of the mapping language with an example."""

from __future__ import annotations

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
    return head + _profiles() + _language()


def _profiles() -> str:
    rows = "".join(
        f"| `{name}` | {', '.join(f'`{table}`' for table in sorted(profile.load(name)))} | {_about(name)} |\n"
        for name in profile.names()
    )
    return (
        "\n## Profiles\n\n"
        "Name one at a table of sources.yaml: `tickets: {file: incident.csv, profile: servicenow}`. Keys beside it are "
        "laid over it. A path such as `./mine.yaml` names a profile of your own, beside the client's params.\n\n"
        f"| profile | tables | what it reads |\n|---|---|---|\n{rows}"
    )


def _about(name: str) -> str:
    return " ".join(profile.about(name).about.split())


def _language() -> str:
    said = meanings(Layout)
    words = "".join(
        f"\n### {word}\n\n{said[word]}\n\n```yaml\n{EXAMPLES[word]}\n```\n" for word in Layout.model_fields
    )
    return (
        "\n## The mapping language\n\n"
        f"Every word may stand under a table of sources.yaml or of a profile.\n{words}"
    )
