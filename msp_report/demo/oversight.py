"""What the board itself keeps: surveys, vendors, third-party opinions, credits, claims, actions and replies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from msp_report.demo.company import MONTHLY_FEE, PROVIDER
from msp_report.demo.estate import unproved
from msp_report.demo.files import local
from msp_report.demo.truth import Truth
from msp_report.demo.working_time import NEVER, Span, dates

GOLDEN = "2026-10"
DAY_S = 86400

# ---------------------------------------------------------------- satisfaction

#: Month: (asked, answers 5 4 3 2 1 on responsiveness, on capability, promoters passives detractors).
USUAL_ANSWERS = (60, (9, 10, 2, 1, 0), (8, 10, 3, 1, 0), (12, 6, 4))
ANSWERS = {
    # Too few to say anything.
    "2025-12": (40, (1, 2, 1, 0, 0), (1, 2, 1, 0, 0), (2, 1, 1)),
    # 18 of 30; 13 of 15 (rule 20's own example); 20, 5 and 5 (the other one).
    GOLDEN: (60, (8, 10, 4, 5, 3), (7, 6, 1, 1, 0), (20, 5, 5)),
}
#: Whose tickets most of the unhappy answers speak of, and how many of them.
UNHAPPY = ("tech-rowan", 8)
#: The month in which one person answers one question three times, twice in anger first.
ANSWERED_OFTEN, TIMES = "2026-09", 3


def _surveys(month: Span, solved: pd.DataFrame, seed: int, truth: Truth) -> pd.DataFrame:
    """Questions sent with solved tickets; who does not answer leaves the rest empty."""
    rng = np.random.default_rng([seed, 9, int(month.label[:4]), int(month.label[5:])])
    asked, responsiveness, capability, recommend = ANSWERS.get(month.label, USUAL_ANSWERS)
    answered = sum(responsiveness)
    scores = np.repeat([5, 4, 3, 2, 1], responsiveness)  # from happy to unhappy
    last = solved[solved["at"] < month.end - 2 * DAY_S]
    theirs = last.index[last["assignee"] == UNHAPPY[0]][: UNHAPPY[1]] if month.label == GOLDEN else []
    others = last.index[last["assignee"] != UNHAPPY[0]] if month.label == GOLDEN else last.index
    chosen = [*rng.choice(others, size=asked - len(theirs), replace=False)]
    tickets = chosen[: answered - len(theirs)] + list(theirs) + chosen[answered - len(theirs) :]
    rows = last.loc[tickets]
    replied = np.arange(asked) < answered
    capable = np.repeat([5, 4, 3, 2, 1], capability)
    likely = np.repeat([10, 8, 3], recommend)
    frame = pd.DataFrame(
        {
            "ticket_id": rows["ticket_id"].to_numpy(),
            "invited": rows["at"].to_numpy() + 3600,
            "answered": np.where(
                replied, rows["at"].to_numpy() + rng.integers(7200, 40 * 3600, size=asked), NEVER
            ),
            "responsiveness": _column(scores, asked),
            "capability": _column(capable, asked),
            "recommend": _column(likely[:answered], asked),
            "comment": "",
        }
    )
    frame.loc[0, "comment"] = "Quick and friendly <b>help</b>"
    frame.loc[1, "comment"] = "=1+1 is what I asked, and got an answer"
    _expect_surveys(month, asked, responsiveness, capability, recommend, truth)
    if month.label == ANSWERED_OFTEN:
        angry = {"responsiveness": 1, "capability": 1, "recommend": 0, "comment": ""}
        before = [
            frame.iloc[[0]].assign(answered=frame["invited"].iloc[0] + 1800 * n, **angry) for n in (1, 2)
        ]
        truth.plant(
            month.label, "satisfaction", "answered_often", ticket_id=frame["ticket_id"].iloc[0], times=TIMES
        )
        frame = pd.concat([*before, frame], ignore_index=True)
    frame = frame.sort_values(["invited", "ticket_id"], kind="stable")
    frame.insert(0, "survey_id", [f"SV-{month.label}-{number:03d}" for number in range(1, len(frame) + 1)])
    frame.insert(2, "invited_at", local(frame.pop("invited"), offset=False))
    frame.insert(3, "answered_at", local(frame.pop("answered"), offset=False))
    return frame


def _column(values: np.ndarray, size: int) -> np.ndarray:
    """Some answers, then empty cells."""
    return np.array([*values.tolist(), *[""] * (size - len(values))], dtype=object)


def _expect_surveys(
    month: Span, asked: int, responsiveness: tuple, capability: tuple, recommend: tuple, truth: Truth
) -> None:
    answered = sum(responsiveness)
    for question, counts in (("responsiveness", responsiveness), ("capability", capability)):
        happy, told = sum(counts[:2]), sum(counts)
        figures: dict[str, Any] = {"invited": asked, "answered": told, "happy": happy}
        if told >= 5:
            figures |= {"score": happy / told, "worst": happy / asked, "best": (happy + asked - told) / asked}
        truth.plant(
            month.label,
            "satisfaction",
            "none" if told >= 5 else "too_few_answers",
            subject=question,
            **figures,
        )
    promoters, _, detractors = recommend
    figures = {"score": (promoters - detractors) / answered} if answered >= 5 else {}
    truth.plant(
        month.label,
        "satisfaction",
        "none" if answered >= 5 else "too_few_answers",
        subject="recommend",
        invited=asked,
        answered=answered,
        **figures,
    )
    truth.plant(
        month.label, "satisfaction", "none", subject="response_ratio", response_ratio=answered / asked
    )
    if month.label == GOLDEN:
        truth.plant(GOLDEN, "satisfaction", "target_missed", subject="responsiveness", score=0.6, target=0.8)
        truth.plant(
            GOLDEN, "satisfaction", "unhappy_with", subject=UNHAPPY[0], answers=UNHAPPY[1], of_unhappy=12
        )


# ---------------------------------------------------------------- vendors

#: (vendor, introduced by, relationship, commission, disclosed on); the provider itself comes first.
VENDORS = (
    (PROVIDER, "", "none", "", ""),
    ("Snark Supplies", "", "none", "", ""),
    ("Jabberwock Cabling", PROVIDER, "referral", "", "2026-02-03"),
    ("Bandersnatch Hardware", "", "none", "", ""),
    ("Jubjub Software", "", "none", "", ""),
    ("Tove Imaging", "", "none", "", ""),
    ("Borogove Print", "", "none", "", ""),
    ("Wabe Telecom", PROVIDER, "commission", 0.05, "2025-08-12"),
    ("Vorpal Security", "", "none", "", ""),
    ("Manxome Storage", PROVIDER, "commission", 0.1, ""),
    ("Frumious Labs", PROVIDER, "owner", "", ""),
    ("Mimsy Licences", "", "none", "", ""),
    ("Tulgey Furniture", "", "none", "", ""),
)
RECOMMENDATIONS = (
    ("RC-01", "2026-05-18", "Wabe Telecom", "telephony", "", 900),
    ("RC-02", "2026-05-26", "Frumious Labs", "data science", "PRJ-03", 18000),
    ("RC-03", "2026-08-24", "Jabberwock Cabling", "infrastructure", "PRJ-04", 11000),
    ("RC-04", "2026-10-01", "Manxome Storage", "infrastructure", "PRJ-11", 6100),
    ("RC-05", "2026-10-02", "Frumious Labs", "data science", "PRJ-03", 1800),
)


def _vendors(month: Span) -> pd.DataFrame:
    """The register as it stood: what was disclosed later is still empty."""
    frame = pd.DataFrame(
        VENDORS, columns=["vendor", "introduced_by", "relationship", "commission_ratio", "disclosed_on"]
    )
    frame.loc[frame["disclosed_on"] > _last(month), "disclosed_on"] = ""
    return frame


def _recommendations(month: Span) -> pd.DataFrame:
    rows = [(i, on, PROVIDER, *rest) for i, on, *rest in RECOMMENDATIONS if on.startswith(month.label)]
    columns = ["recommendation_id", "made_on", "made_by", "vendor", "subject", "project_id", "amount"]
    return pd.DataFrame(rows, columns=columns)


def _expect_vendors(
    months: list[Span], month: Span, invoiced: dict[str, dict[str, float]], truth: Truth
) -> None:
    until = [m.label for m in months if m.label <= month.label]
    for vendor, _, relationship, _, disclosed in VENDORS:
        recommended = [row for row in RECOMMENDATIONS if row[2] == vendor and row[1][:7] in until]
        hidden = relationship != "none" and not (disclosed and disclosed <= _last(month))
        truth.plant(
            month.label,
            "vendors",
            "undisclosed" if hidden else "none",
            subject=vendor,
            relationship=relationship,
            recommended_in_month=sum(row[5] for row in recommended if row[1].startswith(month.label)),
            recommended_to_date=sum(row[5] for row in recommended),
            invoiced_in_month=invoiced[month.label].get(vendor, 0.0),
            invoiced_to_date=round(sum(invoiced[label].get(vendor, 0.0) for label in until), 2),
        )


# ---------------------------------------------------------------- contract

#: Month: (measure, subject, owed). Of a fee of 18,000 five or fifteen per cent, doubled after a miss.
OWED = {
    "2025-12": (("availability.ratio", "email", 900.0),),
    "2026-06": (("availability.ratio", "webshop", 2700.0), ("availability.ratio", "telephony", 2700.0)),
    "2026-09": (("availability.ratio", "webshop", 900.0),),
    GOLDEN: (
        ("availability.ratio", "webshop", 1800.0),
        ("availability.ratio", "vpn", 900.0),
        ("tickets.resolution_attainment", "P1", 540.0),
    ),
}
CAP = 0.2 * MONTHLY_FEE
#: (month missed, measure, subject, claimed on, credited on, amount).
CREDITS = (
    ("2026-06", "availability.ratio", "webshop", "2026-07-10", "2026-08-05", 1800),
    ("2026-06", "availability.ratio", "telephony", "2026-07-10", "2026-08-05", 1800),
)


def _credits(month: Span) -> pd.DataFrame:
    """The register of claims as it stood."""
    last = _last(month)
    rows = []
    for missed, measure, subject, claimed, credited, amount in CREDITS:
        if claimed <= last:
            granted = (credited, amount) if credited <= last else ("", "")
            rows.append((missed, measure, subject, claimed, *granted))
    return pd.DataFrame(rows, columns=["month", "measure", "subject", "claimed_on", "credited_on", "amount"])


def _expect_contract(month: Span, truth: Truth) -> None:
    page = "contract"
    owed = OWED.get(month.label, ())
    for measure, subject, amount in owed:
        claimed = [row for row in CREDITS if row[0] == month.label and row[2] == subject]
        truth.plant(
            month.label,
            page,
            "credit_owed",
            measure=measure,
            subject=subject,
            owed=amount,
            claimed=bool(claimed),
        )
    total = min(sum(amount for *_, amount in owed), CAP)
    capped = sum(amount for *_, amount in owed) > CAP
    truth.plant(month.label, page, "capped" if capped else "none", subject="credits", owed=total, cap=CAP)
    if month.label == GOLDEN:
        truth.plant(
            GOLDEN,
            page,
            "credit_unclaimed",
            missed_in="2026-09",
            measure="availability.ratio",
            subject="webshop",
            owed=900.0,
        )
        truth.plant(
            GOLDEN,
            page,
            "credit_expired",
            missed_in="2025-12",
            measure="availability.ratio",
            subject="email",
            owed=900.0,
        )
        # 54,000 + 18,000 × 12 / 365 × 90 days of notice.
        truth.plant(GOLDEN, page, "none", subject="exit", exit_cost=54000 + 18000 * 12 / 365 * 90)
        for item in ("firewall administration", "backup encryption key"):
            truth.plant(GOLDEN, page, "access_not_proved", subject=item, held_by="provider")
        for kind, assets in unproved(month).items():
            truth.plant(GOLDEN, page, f"{kind}_of_assets_not_proved", subject="", ids=assets)


# ---------------------------------------------------------------- competence, claims, the board's loop

#: (subject, day, assessor, independent, engaged by, result, expires).
ASSESSMENTS = (
    ("competence", "2025-09-15", "Owlbear Advisers", "true", "client", "fit, with remarks", "2026-09-14"),
    ("backups", "2026-02-11", PROVIDER, "false", "provider", "all in order", "2027-02-10"),
    ("security", "2026-05-20", "Lindworm Audit", "true", "client", "two findings", "2027-05-19"),
)
#: The measure that a decision of the board is about.
UNCLAIMED = "contract.credit_unclaimed"
#: (number, decided on, text, owner, due on, done on, what it is about).
ACTIONS = (
    (
        "AC-01",
        "2026-03-12",
        "Ask for the list of all backups each morning",
        "Operations",
        "2026-04-15",
        "2026-04-10",
        "",
    ),
    (
        "AC-02",
        "2026-07-09",
        "Move the domain registrar into our own account",
        "Finance",
        "2026-09-30",
        "",
        "",
    ),
    ("AC-03", "2026-09-10", "Decide on the customer portal", "Sales", "2026-12-15", "", ""),
    ("AC-04", "2026-10-08", "Claim the credit for September", "Finance", "2026-11-20", "", UNCLAIMED),
)
REPLIES = (
    (
        "availability.ratio",
        "vpn",
        "2026-10-30",
        "The maintenance was announced by <i>telephone</i> in good time.",
    ),
    (
        "tickets.resolution_attainment",
        "P1",
        "2026-10-30",
        "The third ticket was no longer of the first priority.",
    ),
)
#: October 2026: what the provider states where it differs from what is found: (value, decimals, cause, money).
DISPUTED: dict[tuple[str, str], tuple[float, int, str, float | None]] = {
    ("availability.ratio", "webshop"): (0.9973, 4, "error", 1800.0),
    ("availability.ratio", "vpn"): (1.0, 4, "error", 900.0),
    ("availability.ratio", "erp"): (0.99773, 5, "rule", 0.0),
    ("availability.ratio", "email"): (0.997, 4, "data", 0.0),
    ("tickets.resolution_attainment", "P1"): (0.8, 2, "error", 540.0),
    ("tickets.resolution_attainment", "P2"): (1.0, 4, "rule", 0.0),
}


def _claims(month: Span, truth: Truth) -> pd.DataFrame:
    """The provider's report: what was found, rounded, but for what it disputes in the golden month."""
    rows = []
    for (measure, subject), found in _found(month, truth).items():
        value, decimals = round(found, 4), 4
        if month.label == GOLDEN and (measure, subject) in DISPUTED:
            value, decimals, cause, money = DISPUTED[measure, subject]
            truth.plant(
                GOLDEN, "evidence", "claims_gap", measure=measure, subject=subject, claimed=value, recomputed=found,
                cause=cause, money=money,
            )  # fmt: skip
        rows.append((measure, subject, month.label, value, "ratio", decimals, "monthly report, page 2"))
    return pd.DataFrame(
        rows, columns=["measure", "subject", "month", "value", "unit", "decimals", "stated_in"]
    )


def _found(month: Span, truth: Truth) -> dict[tuple[str, str], float]:
    """What the simulation knows of the figures that the provider states."""
    pages = truth.found[month.label]
    known = {}
    for entry in pages["availability"]:
        if entry.get("target_ratio"):
            known["availability.ratio", entry["subject"]] = entry["availability_ratio"]
    for entry in pages["tickets"]:
        if entry["fault"] == "none" and entry["subject"] in ("P1", "P2", "P3", "P4"):
            met, breached = entry["resolution_met"], entry["resolution_breached"]
            known["tickets.resolution_attainment", entry["subject"]] = met / (met + breached)
    return known


def _expect_board(month: Span, truth: Truth) -> None:
    last = _last(month)
    for subject, on, assessor, independent, _, _, expires in ASSESSMENTS:
        if on <= last and expires <= last:
            truth.plant(month.label, "competence", "expired", subject=subject, expires_on=expires)
        if on <= last and independent == "false":
            truth.plant(month.label, "competence", "not_independent", subject=subject, assessor=assessor)
    for action, decided, _, _, due, done, _ in ACTIONS:
        if decided <= last and not (done and done <= last):
            fault = "action_overdue" if due < last else "action_open"
            truth.plant(month.label, "scorecard", fault, ids=[action], due_on=due)


def _last(month: Span) -> str:
    return str(dates(month)[-1].date())


def _until(rows: tuple, columns: list[str], day: str, done: str = "") -> Callable[[Span], pd.DataFrame]:
    """A register's rows up to a month's end; what was done later is still empty."""

    def register(month: Span) -> pd.DataFrame:
        frame = pd.DataFrame(rows, columns=columns)
        frame = frame[frame[day] <= _last(month)].copy()
        if done:
            frame.loc[frame[done] > _last(month), done] = ""
        return frame

    return register


_assessments = _until(
    ASSESSMENTS,
    ["subject", "assessed_on", "assessor", "independent", "engaged_by", "result", "expires_on"],
    "assessed_on",
)
_actions = _until(
    ACTIONS,
    ["action_id", "decided_on", "text", "owner", "due_on", "done_on", "about"],
    "decided_on",
    "done_on",
)


def _replies(month: Span) -> pd.DataFrame:
    rows = [
        (measure, subject, on, PROVIDER, text)
        for measure, subject, on, text in REPLIES
        if on[:7] == month.label
    ]
    return pd.DataFrame(rows, columns=["measure", "subject", "said_on", "by", "text"])


def simulate(
    months: list[Span],
    tickets: pd.DataFrame,
    invoiced: dict[str, dict[str, float]],
    seed: int,
    truth: Truth,
) -> dict[str, dict[str, pd.DataFrame]]:
    """The board's own tables by month; the claims come last because they repeat what the others know."""
    names = "surveys vendors recommendations assessments credits claims actions replies"
    tables: dict[str, dict[str, pd.DataFrame]] = {name: {} for name in names.split()}
    solved = tickets[(tickets["tag"] == "") & ~tickets["quiet"] & (tickets["solved"] < NEVER)]
    solved = solved.assign(at=solved["solved"]).sort_values("at", kind="stable")
    for month in months:
        mine = solved[solved["at"].between(month.start, month.end - 1)]
        label = month.label
        tables["surveys"][label] = _surveys(month, mine, seed, truth)
        tables["vendors"][label] = _vendors(month)
        tables["recommendations"][label] = _recommendations(month)
        tables["assessments"][label] = _assessments(month)
        tables["credits"][label] = _credits(month)
        tables["claims"][label] = _claims(month, truth)
        tables["actions"][label] = _actions(month)
        tables["replies"][label] = _replies(month)
        _expect_vendors(months, month, invoiced, truth)
        _expect_contract(month, truth)
        _expect_board(month, truth)
    return tables
