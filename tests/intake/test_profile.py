"""Profiles as data: found by name or path, laid under sources.yaml, both ways of writing a map understood."""

import pyarrow as pa
import pytest

from msp_report.intake.profile import ProfileError, about, load, names, resolve, routes_of
from msp_report.intake.values import mapped
from msp_report.model.tables import TABLES
from msp_report.params.layout import Layout, distinct, fold

TICKETS, EVENTS = TABLES["tickets"], TABLES["ticket_events"]


def test_folding():
    assert fold("*Ticket_ID ") == fold("ticket id") == fold("Ticket-Id") == "ticketid"
    assert fold("category#2") == "category#2" != fold("category")
    assert fold("Größe [KB]") == "grössekb"
    assert distinct(["a", "A ", None, "", "a"]) == ("a", "A#2", "", "#2", "a#3")


@pytest.mark.parametrize("name", names())
def test_every_shipped_profile_fits_its_tables(name):
    for table, routes in load(name).items():
        for section in routes:
            reading = resolve(Layout(), TABLES[table], name, route=section.route)
            assert set(reading.columns) == set(TABLES[table].names)
            given = {*section.columns, *section.constants, *section.default, *section.unpivot}
            needed = set(TABLES[table].required) - {"field", "to"}
            assert needed <= given | set(TABLES[table].names)


ROUTES = """
about: two ways
made: {api: [open it, save it], list: click}
tried: samples only
tickets:
- &api
  route: api
  recognise: {headers: [number, sys_id]}
  columns: {ticket_id: number}
  timezone: UTC
- <<: *api
  route: list
  recognise: {headers: [Number, Opened], without: sys_id}
  timezone: Europe/Paris
"""


def test_routes_of_one_table(tmp_path):
    (tmp_path / "mine.yaml").write_text(ROUTES)
    api, listed = load("./mine.yaml", tmp_path)["tickets"]
    assert (api.route, listed.route) == ("api", "list") and listed.recognise.headers == ("Number", "Opened")
    assert api.columns == listed.columns == {"ticket_id": ("number",)}
    one = resolve(Layout(), TICKETS, "./mine.yaml", tmp_path, route="api")
    assert one.timezone == "UTC"
    assert resolve(Layout(), TICKETS, "./mine.yaml/list", tmp_path).timezone == "Europe/Paris"
    assert about("./mine.yaml", tmp_path).made == {"api": ("open it", "save it"), "list": ("click",)}
    assert about("./mine.yaml", tmp_path).tried == {"": ("samples only",)}
    with pytest.raises(
        ProfileError, match=r"which one this is cannot be told.*mine.yaml/list has Number, Opened"
    ):
        resolve(Layout(), TICKETS, "./mine.yaml", tmp_path)
    with pytest.raises(ProfileError, match="has no route 'lists' of tickets: did you mean 'list'"):
        resolve(Layout(), TICKETS, "./mine.yaml/lists", tmp_path)


def test_routes_of_shipped_profiles_are_forced_behind_a_slash():
    assert routes_of("servicenow_audit", TICKETS)[0].record == "last"
    with pytest.raises(ProfileError, match="has no route 'api' of tickets"):
        routes_of("servicenow_audit/api", TICKETS)


@pytest.mark.parametrize("name", names())
def test_a_profile_says_what_only_the_exporter_knows_and_how_its_export_is_made(name):
    said = about(name)
    assert said.about and all(said.tried.values())
    for routes in load(name).values():
        for route in routes:
            listed = route.dates.values() if isinstance(route.dates, dict) else [route.dates]
            in_doubt = any({"dmy", "mdy"} <= set(forms) for forms in listed)
            assert in_doubt == ("date_order" in route.asks), route.route
            assert not ("timezone" in route.asks and route.timezone), "asked, and known"
    if name not in ("bitbrains", "servicenow_audit", "uptime_checks", "veeam_one"):
        named = {route.route for routes in load(name).values() for route in routes}
        assert {*said.made, *said.access, *said.tried} <= named | {""}
        assert said.made and said.access and said.cannot_tell and said.tried


def test_columns_in_both_directions():
    reading = resolve(Layout(columns={"ticket_id": ["Nr", "number"], "Subject": "title"}), TICKETS)
    assert reading.columns["ticket_id"] == ("Nr", "number")
    assert reading.columns["title"] == ("Subject",)
    assert reading.columns["status"] == ("status",)


@pytest.mark.parametrize(
    "written",
    [
        {"Neu": "new", "Offen": "open", "Wartet": "open"},
        {"new": "Neu", "open": ["Offen", "Wartet"]},
    ],
)
def test_values_in_both_directions(written):
    reading = resolve(Layout(values={"status": written}), TICKETS)
    assert reading.values["status"] == {"Neu": "new", "Offen": "open", "Wartet": "open"}


def test_a_vendor_may_use_our_words_for_other_things():
    # every right side is a status of ours: the documented direction, vendor's: ours
    reading = resolve(Layout(values={"status": {"resolved": "closed", "closed": "cancelled"}}), TICKETS)
    assert reading.values["status"] == {"resolved": "closed", "closed": "cancelled"}


def test_values_of_text_lead_from_the_vendors_unless_they_are_lists():
    assert resolve(Layout(values={"priority": {"1": "P1"}}), TICKETS).values["priority"] == {"1": "P1"}
    lists = resolve(Layout(values={"priority": {"P1": ["1", "2"]}}), TICKETS).values["priority"]
    assert lists == {"1": "P1", "2": "P1"}


def test_our_words_are_written_as_the_table_writes_them():
    reading = resolve(Layout(values={"status": {"Pending": "Waiting on customer"}}), TICKETS)
    assert reading.values["status"] == {"Pending": "waiting_on_customer"}


def test_a_list_of_one_is_a_list():
    lists = resolve(Layout(values={"priority": {"P1": ["1"], "P2": ["2"]}}), TICKETS).values["priority"]
    assert lists == {"1": "P1", "2": "P2"}


def test_profile_and_sources_may_write_their_maps_in_different_directions(tmp_path):
    (tmp_path / "mine.yaml").write_text("tickets: {values: {status: {new: [Neu], closed: [Zu, Weg]}}}")
    reading = resolve(Layout(values={"status": {"zu": "resolved"}}), TICKETS, "./mine.yaml", tmp_path)
    assert reading.values["status"] == {"Neu": "new", "Zu": "closed", "Weg": "closed", "zu": "resolved"}
    # case does not count and sources.yaml outranks the profile
    assert mapped(pa.array(["ZU"]), reading.values["status"], ()).values.to_pylist() == ["resolved"]


def test_fields_of_events_have_values_too():
    reading = resolve(
        Layout(values={"status": {"Neu": "new"}, "field": {"state": "status", "*": "*"}}), EVENTS
    )
    assert reading.values["field"] == {"state": "status", "*": "*"}
    with pytest.raises(ProfileError, match="values: 'statsu' is no column of ticket_events"):
        resolve(Layout(values={"statsu": {"Neu": "new"}}), EVENTS)


def test_inline_keys_lie_over_the_profile(tmp_path):
    (tmp_path / "mine.yaml").write_text(
        "about: ours\n"
        "tickets:\n"
        "  columns: {ticket_id: Nr, title: Subject}\n"
        "  values: {status: {Neu: new, Zu: closed}}\n"
        "  dates: '%d/%m/%Y'\n"
        "  nulls: [NO, 9:00]\n"  # text, not false and 540
        "  record: last\n"
    )
    inline = Layout(
        columns={"title": "Betreff"}, values={"status": {"Zu": "resolved"}}, timezone="Europe/Paris"
    )
    reading = resolve(inline, TICKETS, "./mine.yaml", tmp_path)
    assert reading.columns["ticket_id"] == ("Nr",) and reading.columns["title"] == ("Betreff",)
    assert reading.values["status"] == {"Neu": "new", "Zu": "resolved"}
    assert reading.formats("opened_at") == ("%d/%m/%Y",) and reading.nulls == ("NO", "9:00")
    assert reading.record == "last" and reading.timezone == "Europe/Paris"


def test_dates_by_column():
    reading = Layout(dates={"opened_at": "%d/%m/%Y", "*": "epoch"})
    assert reading.formats("opened_at") == ("%d/%m/%Y",)
    assert reading.formats("closed_at") == ("epoch",)
    assert Layout().formats("closed_at") == ("iso",)


@pytest.mark.parametrize(
    ("yaml", "sentence"),
    [
        ("tikets: {}", "mine.yaml: 'tikets' is not a table: did you mean 'tickets'?"),
        (
            "tickets: {colums: {a: b}}",
            "mine.yaml: tickets: 'colums' is not a known key: did you mean 'columns'?",
        ),
        ("tickets: {record: middle}", "mine.yaml: tickets: record: "),
        ("tickets: [{}, {route: a}]", "mine.yaml: tickets: of several routes each needs a name"),
        ("tickets: {recognise: {header: a}}", "mine.yaml: tickets: 'recognise.header' is not a known key"),
        ("made: [[a]]", "mine.yaml: made"),
        ("- a", "mine.yaml: expected a section for each table"),
        ("a: [", "mine.yaml: not readable as YAML"),
        ("checks: {}", "profile './mine.yaml' has no section 'tickets': it knows checks"),
    ],
)
def test_a_profile_that_cannot_be_used(tmp_path, yaml, sentence):
    (tmp_path / "mine.yaml").write_text(yaml)
    with pytest.raises(ProfileError) as error:
        resolve(Layout(), TICKETS, "./mine.yaml", tmp_path)
    assert str(error.value).startswith(sentence)


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        (
            {"constants": {"kin": "incident"}},
            "constants: 'kin' is no column of tickets: did you mean 'kind'?",
        ),
        ({"path": "{servce}.csv"}, "path: 'servce' is no column of tickets: did you mean 'service'?"),
        (
            {"dates": {"opend_at": "iso"}},
            "dates: 'opend_at' is no column of tickets: did you mean 'opened_at'?",
        ),
        ({"durations": {"reopens": "hours"}}, "durations: reopens is no duration: take it out"),
        (
            {"durations": {"resolved_at": "hours"}},
            "durations: resolved_at is no duration: take it out, or say after",
        ),
        ({"durations": {"hours": "days"}}, "durations: 'days' is not known"),
        ({"durations": {"hours": "hours after opened_at"}}, "durations: hours is no time"),
        (
            {"durations": {"resolved_at": "hours after opend_at"}},
            "durations: resolved_at: 'opend_at' is no time",
        ),
        (
            {"durations": {"resolved_at": "hours after closed_at", "closed_at": "hours after opened_at"}},
            "durations: resolved_at: closed_at is itself",
        ),
        (
            {"default": {"prioriti": "P3"}},
            "default: 'prioriti' is no column of tickets: did you mean 'priority'?",
        ),
        ({"nulls": {"closd_at": ["-"]}}, "nulls: 'closd_at' is no column of tickets"),
        ({"first": ["opend_at"]}, "first: 'opend_at' is no column of tickets"),
        ({"record": "first", "first": ["opened_at"]}, "record: with first or last"),
        ({"beside": {"other": "b.csv"}}, "beside: only shape reads what lies beside a file"),
        ({"dates": "day first"}, "dates: 'day first' is no format"),
        ({"factors": {"reopens": 1000}}, "factors: reopens is no amount that can be multiplied: take it out"),
        ({"factors": {"hour": 60}}, "factors: 'hour' is no column of tickets: did you mean 'hours'?"),
        ({"totals": {"Name": "("}}, "totals: Name: '(' is no pattern"),
        ({"dates": "%d/%m/%Y @ Mars"}, "'Mars' is not a time zone"),
        (
            {"values": {"status": {"Neu": "nwe"}}},
            "values: status: 'nwe' is no value of it: did you mean 'new'?",
        ),
    ],
)
def test_keys_that_cannot_be_used(keys, sentence):
    with pytest.raises(ProfileError) as error:
        resolve(Layout(**keys), TICKETS)
    assert str(error.value).startswith(sentence)


def test_the_last_row_of_a_key_needs_a_key():
    with pytest.raises(ProfileError, match="record: ticket_events has no key, so there is no last row"):
        resolve(Layout(record="last"), EVENTS)
    with pytest.raises(ProfileError, match="first, last: ticket_events has no key"):
        resolve(Layout(last=["actor"]), EVENTS)
