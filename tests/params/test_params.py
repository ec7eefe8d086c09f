"""params/<client>: typed, frozen, and plain about what is wrong."""

import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from msp_report.params import (
    ParamsError,
    as_contract,
    as_strategy,
    load_contract,
    load_findings,
    load_sources,
    load_strategy,
    schemas,
)

LEAST = "client: {name: A, timezone: Europe/London}\n"


def contract(folder: Path, text: str):
    (folder / "contract.yaml").write_text(text, encoding="utf-8")
    return load_contract(folder)


def test_a_name_and_a_zone_are_enough(tmp_path):
    least = contract(tmp_path, LEAST)
    assert least.client.timezone == "Europe/London"
    assert least.tickets.repeat_days == 30
    assert load_strategy(tmp_path).scorecard == ()
    assert load_sources(tmp_path).exports == "exports/{client}/{month}"


@pytest.mark.parametrize(
    ("yaml", "told"),
    [
        (LEAST + "servces: []", "line 2: 'servces' is not a known key: did you mean 'services'?"),
        (LEAST + "services:\n- name: x\n  availability_rato: 1", "line 4: 'services.0.availability_rato'"),
        (
            LEAST + "services: [{name: x, availability_ratio: 99.9}]",
            "from 0 to 1: 0.999 for 99.9 % (found '99.9')",
        ),
        (LEAST + "services: [{name: x, calendar: offce}]\ncalendars: {office: {}}", "did you mean 'office'?"),
        (LEAST + "services: [{name: x}, {name: x}]", "'x' is listed twice"),
        (LEAST + "client: 3", "line 2: 'client' stands twice"),
        (
            LEAST + "services: {{name}}",
            "line 2: a key is one word, not a list or keys of its own: put text with",
        ),
        (LEAST + "[a, b]: 1", "line 2: a key is one word"),
        (LEAST + "? {a: b}\n: 1", "line 2: a key is one word"),
        ("client: {name: A}", "'client.timezone' is missing"),
        ("client: {name: A, timezone: Europe/Londn}", "'Europe/Londn' is not a time zone"),
        ("client: {name: A, timezone: UTC, locale: xx-QQ}", "is not a locale"),
        (LEAST + "calendars: {o: {hours: {mon: ['9-18']}}}", "'9-18'"),
        (LEAST + "calendars: {o: {hours: {mon: ['18:00-09:00']}}}", "calendars.o"),
        (LEAST + "calendars: {o: {hours: {monday: ['9:00-18:00']}}}", "line 2: calendars.o.hours.monday"),
        (LEAST + "calendars: {o: {holidays: {country: XX}}}", "XX"),
        (LEAST + "amendments: [{effective_on: 2026-07-01, set: {services.emal.users: 3}}]", "amendments"),
        (LEAST + "term: {monthly_fee: -1}", "it must be at least 0"),
        (LEAST + "term: {monthly_fee: .nan}", "monthly_fee"),
        ("client: [\n", "line 2: not readable as YAML"),
        ("- a", "expected keys and values"),
        ("", "'client' is missing"),
        ("a: &a [x]\nb: !!python/object/apply:os.system [ls]", "not readable as YAML"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path, yaml, told):
    with pytest.raises(ParamsError) as caught:
        contract(tmp_path, yaml)
    assert told in str(caught.value)
    assert "contract.yaml" in str(caught.value)


def test_missing_contract_says_what_to_write(tmp_path):
    with pytest.raises(ParamsError, match=r"contract\.yaml is missing: write at least client"):
        load_contract(tmp_path)


def test_aliases_cannot_grow_without_end(tmp_path):
    levels = ["l0: &l0 [a, a, a, a, a, a, a, a, a, a]"]
    levels += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(ParamsError, match="too many entries"):
        contract(tmp_path, "\n".join(levels))


def test_yaml_traps_are_closed(tmp_path):
    read = contract(
        tmp_path,
        LEAST
        + """
calendars:
  office: {hours: {mon: [9:00-17:30]}, holidays: {country: NO}, closed: [2026-01-31]}
services: [{name: 0123, clause: 1.10, calendar: office}]
tickets: {priorities: {1: {response_min: 15}, on: {}}}
term: {monthly_fee: 18000.10}
licences: {Office: user}
""",
    )
    assert read.calendars["office"].holidays.country == "NO"
    assert read.calendars["office"].closed == (date(2026, 1, 31),)
    assert (read.services[0].name, read.services[0].clause) == ("0123", "1.10")
    assert list(read.tickets.priorities) == ["1", "on"]
    assert read.term.monthly_fee == Decimal("18000.10")
    assert read.accounting.maintenance_cap_min is None


def test_amendments_change_the_contract_from_their_day(tmp_path):
    read = contract(
        tmp_path,
        LEAST
        + """
services: [{name: web.shop, availability_ratio: 0.99}, {name: email, availability_ratio: 0.999}]
capacity: [{resource: wan, metric: utilisation, limit_ratio: 0.8}]
amendments:
- {effective_on: 2026-07-01, set: {services.web.shop.availability_ratio: 0.995, accounting.notice_hours: 24}}
- {effective_on: 2026-05-01, set: {"capacity.wan:utilisation.limit_ratio": 0.9}}
""",
    )
    assert read.on(date(2026, 4, 30)).capacity[0].limit_ratio == 0.8
    assert read.on(date(2026, 5, 1)).capacity[0].limit_ratio == 0.9
    before, after = read.on(date(2026, 6, 30)), read.on(date(2026, 7, 1))
    assert [service.availability_ratio for service in before.services] == [0.99, 0.999]
    assert [service.availability_ratio for service in after.services] == [0.995, 0.999]
    assert (after.accounting.notice_hours, after.capacity[0].limit_ratio) == (24, 0.9)
    assert [str(day) for day, _ in read.versions] == ["0001-01-01", "2026-05-01", "2026-07-01"]


def test_params_cannot_be_changed():
    frozen = as_contract({"services": [{"name": "a"}]})
    with pytest.raises(ValueError, match="frozen"):
        frozen.services = ()


def test_plain_dicts_will_do():
    assert as_contract({"services": [{"name": "email"}]}).client.timezone == "UTC"
    assert as_strategy(None).objectives == ()
    with pytest.raises(ParamsError, match="did you mean 'services'"):
        as_contract({"servics": []})


@pytest.mark.parametrize(
    ("yaml", "told"),
    [
        ("exports: exports/{clent}/{month}", "{clent} stands for nothing"),
        ("tables: {tickets: {fil: a.csv}}", "did you mean 'file'?"),
    ],
)
def test_a_slip_in_sources_is_refused(tmp_path, yaml, told):
    (tmp_path / "sources.yaml").write_text(yaml)
    with pytest.raises(ParamsError) as refused:
        load_sources(tmp_path)
    assert told in str(refused.value)


def test_sources_name_known_tables_and_one_origin(tmp_path):
    (tmp_path / "sources.yaml").write_text("tables: {tickts: {file: a.csv}}")
    with pytest.raises(ParamsError, match="did you mean 'tickets'"):
        load_sources(tmp_path)
    (tmp_path / "sources.yaml").write_text("tables: {tickets: {profile: servicenow}}")
    with pytest.raises(ParamsError, match="exactly one of file, prometheus, sql, zabbix or request_tracker"):
        load_sources(tmp_path)
    (tmp_path / "sources.yaml").write_text(
        "tables: {tickets: {file: a.csv}, samples: [{file: b}, {file: c}]}"
    )
    tables = load_sources(tmp_path).tables
    assert [source.file for source in (*tables["tickets"], *tables["samples"])] == ["a.csv", "b", "c"]


def test_editors_get_a_schema_of_every_file():
    assert set(schemas()) == {"contract", "strategy", "findings", "sources"}
    assert "services" in schemas()["contract"]["properties"]


def test_an_editor_takes_one_text_where_a_list_may_stand():
    source = schemas()["sources"]["$defs"]["Source"]["properties"]
    for key in ("columns", "beside"):
        assert {"type": "string"} in source[key]["additionalProperties"]["anyOf"], key


GRADE = "findings: [{period: 2026, question: a, finding: seen, severity: %s, graded_by: X, graded_on: 2027-01-10%s}]"


def test_findings_are_one_a_question_and_period(tmp_path):
    path = tmp_path / "findings.yaml"
    assert load_findings(tmp_path).findings == ()
    path.write_text(GRADE % ("low", "") + "\n")
    (one,) = load_findings(tmp_path).findings
    assert (one.period, one.severity, one.graded_on) == ("2026", "low", date(2027, 1, 10))
    with pytest.raises(ValueError, match="frozen"):
        one.severity = "none"
    lines = [
        f"  - {{period: {p}, question: a, finding: x, severity: low, graded_by: X, graded_on: 2027-01-10}}"
        for p in ("2026", "2026-01..2026-12")
    ]
    path.write_text("\n".join(["findings:", *lines]))
    with pytest.raises(ParamsError, match="'a' is graded twice for 2026: keep one"):
        load_findings(tmp_path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GRADE % ("low", ", recomendation: b"), "did you mean 'recommendation'?"),
        (GRADE % ("grave", ""), "findings.0.severity: write none, low"),
        (GRADE.replace("period: 2026", "period: 26") % ("low", ""), "'26' is not a month"),
        (GRADE.replace("graded_by: X, ", "") % ("low", ""), "'findings.0.graded_by' is missing: add it"),
    ],
)
def test_findings_that_cannot_be_used_are_named(tmp_path, text, told):
    (tmp_path / "findings.yaml").write_text(text)
    with pytest.raises(ParamsError) as raised:
        load_findings(tmp_path)
    assert "findings.yaml, line 1: " in str(raised.value) and told in str(raised.value)


def test_the_audit_has_a_precision_and_a_seed(tmp_path):
    assert as_strategy(None).audit.model_dump() == {
        "precision_ratio": 0.1,
        "confidence_ratio": 0.95,
        "seed": 1,
    }
    (tmp_path / "strategy.yaml").write_text("audit: {precision_ratio: 0.05, seed: 7}")
    audit = load_strategy(tmp_path).audit
    assert (audit.precision_ratio, audit.seed) == (0.05, 7)
    for wrong in ("precision_ratio: 0", "precision_ratio: 10", "confidence_ratio: 95", "sead: 1"):
        (tmp_path / "strategy.yaml").write_text(f"audit: {{{wrong}}}")
        with pytest.raises(ParamsError, match="audit"):
            load_strategy(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names there")
def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "contract.yaml")
    with pytest.raises(ParamsError, match="not a file: put the params there as a text file"):
        load_contract(tmp_path)


def test_what_no_person_wrote_is_not_read(tmp_path):
    with (tmp_path / "contract.yaml").open("wb") as file:
        file.truncate(6_000_000)
    with pytest.raises(ParamsError, match="larger than 5 MB: params are written by people"):
        load_contract(tmp_path)
