"""What a file of OpenSLO says becomes a promise, a question or a line of what is not taken over; nothing is dropped."""

from pathlib import Path

import pytest
import yaml
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from msp_report import params
from msp_report.model.errors import WrongUse
from msp_report.start import contract, init, openslo
from msp_report.start.ask import Answers
from msp_report.start.contract import Names
from msp_report.workspace import Workspace

SAMPLE = Path(__file__).parent / "slos" / "acme.yaml"


def written(slos, answers=None):
    """The contract, its text and its questions."""
    given_ = Answers.model_validate(answers or {"client": {"timezone": "Europe/London", "currency": "GBP"}})
    text, asked = contract.contract("acme", given_, Names(slos=slos))
    return params.as_contract(yaml.load(text, Loader=yaml.BaseLoader)), text, asked


def test_the_sample_is_taken_over():
    agreed, text, asked = written(openslo.read([SAMPLE], "Europe/London"))
    ratios = {service.name: service.availability_ratio for service in agreed.services}
    assert ratios == {"webshop": 0.9995, "email": 0.999, "vpn": None}
    assert agreed.services[0].title == "the web shop"
    assert [question.id for question in asked] == ["contract.services.email", "contract.services.vpn"]
    assert "its window rolls (4w), and here calendar months are judged" in asked[0].why
    assert "by occurrences" in asked[0].why and "99.9 % stands there until then" in asked[0].why
    assert "99.8 % (vpn-availability: internal), 99.5 % (vpn-availability: agreed)" in asked[1].why
    assert "not-to-be-shown" not in text and text.count("# QUESTION: ") == 2


def test_what_of_the_sample_is_not_taken_over_is_listed():
    listed = openslo.read([SAMPLE]).listed
    assert {one.split(": ")[1]: one.split(": ", 2)[2] for one in listed if "alert policies" not in one} == {
        "SLO of-another-version": "only openslo/v1 is read, it is of openslo/v2alpha",
        "Budget of-no-kind": "its kind is not known",
        "SLO webshop-latency": "its objective: a reading is held against a limit (lte 0.3): that is no availability",
        "DataSource metrics": "where its readings are asked for is said in sources.yaml",
        "AlertPolicy burn": "nothing is alerted here",
    }
    _, text, _ = written(openslo.read([SAMPLE]))
    assert all(f"# not taken over from {one}\n" in text for one in listed)


def test_an_answer_goes_before_what_openslo_says():
    answers = {
        "client": {"timezone": "Europe/London", "currency": "GBP"},
        "contract": {"services": {"email": "99.5 %", "vpn": "99.7 %"}},
    }
    agreed, text, asked = written(openslo.read([SAMPLE], "Europe/London"), answers)
    ratios = {service.name: service.availability_ratio for service in agreed.services}
    assert ratios == {"email": 0.995, "vpn": 0.997, "webshop": 0.9995}
    assert not asked and "OpenSLO says 99.9 % (email-availability)" in text


def slo(window, name="mail-up", service="mail", method="Timeslices", objectives=None, **more):
    spec = {
        "service": service,
        "indicator": {"metadata": {"name": "up"}, "spec": {"ratioMetric": {"rawType": "success", "raw": {}}}},
        "timeWindow": window,
        "budgetingMethod": method,
        "objectives": objectives if objectives is not None else [{"target": 0.99}],
        **more,
    }
    return {"apiVersion": "openslo/v1", "kind": "SLO", "metadata": {"name": name}, "spec": spec}


MONTH = [{"duration": "1M", "calendar": {"startTime": "2026-01-01 00:00:00", "timeZone": "UTC"}}]


def told(tmp_path, *objects, timezone="UTC"):
    path = tmp_path / "slo.yaml"
    path.write_text(yaml.safe_dump_all(objects, sort_keys=False), encoding="utf-8")
    return openslo.read([path], timezone)


@pytest.mark.parametrize(
    ("window", "doubt"),
    [
        (MONTH, None),
        ([{"duration": "28d", "isRolling": True}], "rolls (28d)"),
        ([{"duration": "30d"}], "rolls (30d)"),
        ([{**MONTH[0], "duration": "1Q"}], "its window is 1Q"),
        ([{**MONTH[0], "duration": "1m"}], "its window is 1m"),
        ([{"duration": "1M", "calendar": {"startTime": "2026-01-15 00:00:00"}}], "begin on day 15"),
        ([{"duration": "1M", "calendar": {"timeZone": "America/New_York"}}], "those of America/New_York"),
        ([], "names no window"),
        ("soon", "names no window"),
    ],
)
def test_a_window_that_is_no_month_of_the_client_is_a_question(tmp_path, window, doubt):
    slos = told(tmp_path, slo(window))
    promise = slos.promises["mail"]
    assert promise.ratio == 0.99
    assert any(doubt in one for one in promise.doubts) if doubt else not promise.doubts
    assert len(written(slos)[2]) == bool(doubt)


@pytest.mark.parametrize(
    ("objective", "why"),
    [
        ({"target": 99.9}, "not between 0 and 1: targetPercent is meant"),
        ({"targetPercent": 100}, "not between 0 and 100"),
        ({"target": "nan"}, "is no number"),
        ({"target": "most"}, "is no number"),
        ({"target": 0.9, "targetPercent": 90}, "both target and targetPercent"),
        ({}, "has no target"),
        ({"target": 0.9, "indicatorRef": "a"}, "composed of several"),
        ({"target": 0.9, "value": 3}, "held against a limit"),
        ("99 %", "is no object"),
    ],
)
def test_a_target_that_is_none_is_listed(tmp_path, objective, why):
    slos = told(tmp_path, slo(MONTH, objectives=[objective]))
    assert not slos.promises and why in slos.listed[0]


def test_another_measure_is_asked_and_not_taken(tmp_path):
    slos = told(tmp_path, slo(MONTH, name="fast-answers", service="shop"))
    assert slos.promises["shop"].ratio is None
    assert "by its words it is no availability" in slos.promises["shop"].doubts
    both = told(
        tmp_path,
        slo(MONTH, name="fast-answers"),
        slo(MONTH, name="availability", objectives=[{"target": 0.98}]),
    )
    assert both.promises["mail"].ratio == 0.98


def test_a_text_of_a_file_stays_in_its_comment(tmp_path):
    nasty = "x\ntickets: {hourly_rate: 1}\u2028y\x85z\x07"
    objects = [
        slo(MONTH, name=nasty),
        slo(MONTH, name=nasty, kind="x", service=""),
        {"kind": nasty, "apiVersion": "openslo/v1"},
    ]
    agreed, _, _ = written(told(tmp_path, *objects))
    assert agreed.tickets.hourly_rate is None


def test_init_takes_it_among_its_files_and_from_the_answers(tmp_path):
    sent = tmp_path / "sent"
    sent.mkdir()
    (sent / "tickets.csv").write_text(
        "ticket_id,opened_at,priority,status\n1,2026-10-02T10:00Z,P1,open\n", encoding="utf-8"
    )
    (sent / "slos.yml").write_text(SAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    place = Workspace.find(tmp_path / "one")
    done = init.init("acme", [sent], place)
    agreed = (place.params / "acme" / "contract.yaml").read_text(encoding="utf-8")
    assert "availability_ratio: 0.9995" in agreed
    assert "slos.yml" not in (place.params / "acme" / "sources.yaml").read_text(encoding="utf-8")
    said = init.told(done, "acme", place)
    assert said[0].startswith("slos.yml: OpenSLO: 3 services, 2 with their availability")
    assert [path.name for path in done.copied] == ["tickets.csv"]

    answers = tmp_path / "answers.yaml"
    answers.write_text("contract: {openslo: [sent/slos.yml]}\n", encoding="utf-8")
    place = Workspace.find(tmp_path / "two")
    init.init("acme", [sent / "tickets.csv"], place, answers=answers)
    assert (place.params / "acme" / "contract.yaml").read_text(encoding="utf-8") == agreed
    answers.write_text("contract: {openslo: [absent.yml]}\n", encoding="utf-8")
    with pytest.raises(WrongUse, match=r"absent.yml: there is no such file"):
        init.init("acme", [sent / "tickets.csv"], place, answers=answers)

    place = Workspace.find(tmp_path / "three")
    init.init("acme", [sent / "slos.yml"], place)
    assert "availability_ratio: 0.999" in (place.params / "acme" / "contract.yaml").read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("apiVersion: openslo/v1\nkind: SLO\n", True),
        ("- apiVersion: openslo/v1\n", True),
        ('{"apiVersion": "openslo/v1"}', True),
        ("apiVersion: openslo.com/v2alpha\n", True),
        ("apiVersion: v1\nkind: ConfigMap\n", False),
        ("client: {name: x}\n# apiVersion: openslo/v1\n", False),
    ],
)
def test_a_file_of_openslo_is_known_by_its_version(tmp_path, text, is_one):
    path = tmp_path / "x.yaml"
    path.write_text(text, encoding="utf-8")
    assert openslo.is_openslo(path) == is_one


WINDOWS = st.sampled_from(
    [
        MONTH,
        [{"duration": "28d", "isRolling": True}],
        [{"duration": "1w", "calendar": {}}],
        [{"duration": "2M", "isRolling": True}],
        None,
    ]
)
OBJECTIVES = st.lists(
    st.one_of(
        st.integers(1, 9999).map(lambda n: {"target": n / 10_000}),
        st.integers(1, 9999).map(lambda n: {"targetPercent": n / 100}),
        st.just({"op": "lte", "value": 1, "target": 0.9}),
        st.just({"target": 7}),
    ),
    max_size=3,
)
SLO = st.builds(
    slo,
    WINDOWS,
    st.sampled_from(["up", "availability", "latency"]),
    st.sampled_from(["mail", "shop", "vpn", ""]),
    st.sampled_from(["Timeslices", "Occurrences", "RatioTimeslices", "x"]),
    OBJECTIVES,
)
OTHER = st.builds(
    lambda kind, version, name: {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": {}},
    st.sampled_from(
        ["Service", "DataSource", "SLI", "AlertPolicy", "AlertCondition", "AlertNotificationTarget", "New"]
    ),
    st.sampled_from(["openslo/v1", "openslo/v1alpha"]),
    st.sampled_from(["mail", "a", "b"]),
)


@examples(150)
@given(st.lists(st.one_of(SLO, OTHER), max_size=6))
def test_nothing_is_dropped_in_silence(tmp_path_factory, objects):
    """Each target stands beside its service or in the list; what is taken is stated; what is no month is asked."""
    slos = told(tmp_path_factory.mktemp("slo"), *objects)
    stated, lines = [], sum(len(promise.targets) for promise in slos.promises.values())
    for one in objects:
        if one["kind"] == "SLO":
            has = one["spec"]["service"] and one["spec"]["objectives"]
            lines -= len(one["spec"]["objectives"]) if has else 1
            for objective in one["spec"]["objectives"] if has else ():
                share = objective.get("target") or round(objective.get("targetPercent", 0) / 100, 9)
                stated.append((one["spec"]["service"], share))
        elif one["kind"] == "Service" and one["apiVersion"] == "openslo/v1":
            assert one["metadata"]["name"] in slos.promises
        else:
            lines -= 1
    assert lines + len(slos.listed) == 0
    agreed, text, asked = written(slos)
    for service in agreed.services:
        if service.availability_ratio is not None:
            assert (service.name, service.availability_ratio) in stated
    for name, promise in slos.promises.items():
        windows = [
            one["spec"]["timeWindow"]
            for one in objects
            if one["kind"] == "SLO" and one["spec"]["service"] == name
        ]
        if promise.ratio is not None and MONTH not in windows:
            assert f"contract.services.{name}" in {question.id for question in asked}
    assert text.count("# not taken over from ") == len(slos.listed)
