"""Exports of tools that no profile knows: headers as people write them, invented apart from recognise/words.yaml."""

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from msp_report.model.tables import TABLES

#: By table some exports, each {canonical column: header}, `|` between pairs.
HEADERS = {
    "tickets": [
        "ticket_id=Ticket No.|opened_at=Created On|title=Issue Summary|priority=Priority|status=Ticket Status"
        "|resolved_at=Resolution Date|requester=Requested By",
        "ticket_id=Case #|opened_at=Logged Date|title=Subject Line|priority=Severity|status=Stage"
        "|closed_at=Closure Date|requester=Caller Name",
        "ticket_id=Ref|opened_at=Date Raised|title=Description|priority=Prio|status=State|resolved_at=Fixed On",
        "ticket_id=Ticket-Nr.|opened_at=Erstelldatum|title=Betreffzeile|priority=Priorität|status=Status"
        "|closed_at=Geschlossen am|assignee=Bearbeiter",
        "ticket_id=Vorgangs-ID|opened_at=Eröffnungszeitpunkt|title=Kurztext|priority=Dringlichkeit"
        "|status=Ticketstatus|resolved_at=Lösung am",
        "ticket_id=N° ticket|opened_at=Date d'ouverture|title=Objet|priority=Priorité|status=Etat"
        "|resolved_at=Date de résolution|requester=Demandeur",
        "ticket_id=Référence|opened_at=Créé le|title=Libellé|priority=Urgence|status=Statut du ticket"
        "|closed_at=Date de clôture",
        "ticket_id=Nº incidencia|opened_at=Fecha apertura|title=Asunto|priority=Prioridad|status=Estado"
        "|closed_at=Fecha cierre",
        "ticket_id=Numero ticket|opened_at=Data apertura|title=Oggetto|priority=Priorità|status=Stato"
        "|closed_at=Data chiusura",
        "ticket_id=Meldingnummer|opened_at=Aanmelddatum|title=Korte omschrijving|priority=Prioriteit|status=Status"
        "|closed_at=Afgesloten op",
        "ticket_id=id_ticket|opened_at=opened_ts|title=summary_text|priority=prio_level|status=state_name"
        "|closed_at=closed_ts",
        "ticket_id=Chamado|opened_at=Abertura|title=Assunto|priority=Prioridade|status=Situação|closed_at=Encerramento",
    ],
    "backup_jobs": [
        "asset=Protected Server|job=Backup Job Name|started_at=Job Start Time|finished_at=Job End Time"
        "|result=Job Status",
        "asset=Client Name|job=Policy Name|started_at=Start Date/Time|finished_at=End Date/Time|result=Status",
        "asset=Rechnername|job=Sicherungsjob|started_at=Startzeitpunkt|finished_at=Endzeitpunkt|result=Ergebnis",
        "asset=Machine|job=Plan de sauvegarde|started_at=Heure de début|finished_at=Heure de fin|result=Statut",
        "asset=Equipo|job=Tarea|started_at=Hora inicio|finished_at=Hora fin|result=Resultado",
        "asset=host_name|job=job_name|started_at=started|finished_at=finished|result=outcome",
    ],
    "outages": [
        "service=Affected System|started_at=Outage Start|ended_at=Outage End|state=Outage Type|cause=Root Cause",
        "service=Dienst|started_at=Ausfall von|ended_at=Ausfall bis|state=Art",
        "service=Service impacté|started_at=Début|ended_at=Fin|state=Type",
        "service=Servicio|started_at=Inicio|ended_at=Fin|state=Estado",
    ],
    "checks": [
        "service=Monitor Name|at=Check Timestamp|state=Check Status",
        "service=Zielsystem|at=Prüfzeitpunkt|state=Ergebnis",
        "service=endpoint|at=ts|state=result",
    ],
    "purchases": [
        "document_id=Invoice #|line=Line No.|vendor=Supplier Name|item=Item Description|quantity=Qty"
        "|unit_price=Unit Price (net)|dated_on=Invoice Date",
        "document_id=Rechnungs-Nr.|line=Pos.|vendor=Lieferant|item=Bezeichnung|quantity=Menge"
        "|unit_price=Einzelpreis netto|dated_on=Rechnungsdatum",
        "document_id=N° facture|line=Ligne|vendor=Fournisseur|item=Désignation|quantity=Qté|unit_price=P.U. HT"
        "|dated_on=Date facture",
        "document_id=Factuurnr|line=Regel|vendor=Leverancier|item=Omschrijving|quantity=Aantal"
        "|unit_price=Prijs per stuk|dated_on=Factuurdatum",
    ],
    "entitlements": [
        "entitlement_id=Licence ID|product=Software Product|metric=Licence Metric|quantity=Seats Purchased"
        "|ends_on=Expiry Date",
        "entitlement_id=Vertragsnummer|product=Produktbezeichnung|metric=Lizenzart|quantity=Anzahl Lizenzen"
        "|ends_on=Gültig bis",
    ],
    "installs": [
        "product=Application Name|device=Device Name|user=Primary User|installed_on=Install Date",
        "product=Softwarename|device=Computername|user=Benutzer|installed_on=Installationsdatum",
    ],
    "time_entries": [
        "entry_id=Entry ID|worked_on=Work Date|hours=Hours Worked|ticket_id=Ticket Number|person=Technician",
        "entry_id=Buchungsnr|worked_on=Datum|hours=Stunden|ticket_id=Ticket|person=Mitarbeiter",
    ],
    "samples": [
        "resource=Hostname|metric=Counter Name|at=Sample Time|value=Average Value",
        "resource=Server|metric=Messgröße|at=Zeitstempel|value=Mittelwert",
    ],
    "duty_evidence": [
        "duty=Maintenance Task|done_at=Completed On|by=Performed By|evidence=Notes",
        "duty=Aufgabe|done_at=Durchgeführt am|by=Durchgeführt von|evidence=Nachweis",
    ],
}
VALUES = {
    "tickets": [
        "New|Open|On Hold|Closed|Resolved",
        "Neu|In Bearbeitung|Geschlossen|Gelöst",
        "Nouveau|En cours|Clos",
    ],
    "backup_jobs": [
        "Success|Warning|Failed",
        "Erfolgreich|Warnung|Fehlgeschlagen",
        "Réussi|Avertissement|Échec",
    ],
    "outages": [
        "Outage|Maintenance",
        "Ausfall|Wartung",
        "Panne|Maintenance planifiée",
        "Caída|Mantenimiento",
    ],
    "checks": ["UP|DOWN", "OK|Timeout"],
    "entitlements": ["User|Device"],
}
FORMATS = ("%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M %p", "%Y-%m-%dT%H:%M:%SZ", "%d/%m/%Y %H:%M")
_LATER = {"resolved_at": 4, "ended_at": 1, "finished_at": 1, "closed_at": 30, "ends_on": 8_760}


@dataclass(frozen=True)
class Export:
    """One invented file and what its headers mean."""

    path: Path
    table: str
    headers: dict[str, str]


def exports(folder: Path, seed: int, formats: int = 1) -> Iterator[Export]:
    """Every export of HEADERS with columns in some order, in so many formats of time."""
    chance = random.Random(seed)
    for table, listed in HEADERS.items():
        for number, text in enumerate(listed):
            headers = dict(pair.split("=") for pair in text.split("|"))
            for form in chance.sample(FORMATS, formats):
                path = folder / f"export-{table[:3]}{number}-{FORMATS.index(form)}.csv"
                _write(path, table, headers, form, chance)
                yield Export(path, table, headers)


def _write(path: Path, table: str, headers: dict[str, str], form: str, chance: random.Random) -> None:
    values = chance.choice(VALUES.get(table, ["x"])).split("|")
    names = list(headers)
    chance.shuffle(names)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=chance.choice(",;"))
        writer.writerow([*(headers[name] for name in names), "Notes2", "Group"])
        for row in range(40):
            at = datetime(2026, 10, 1) + timedelta(
                hours=17 * row + chance.randrange(10), minutes=chance.randrange(60)
            )
            cells = [_cell(table, name, row, at, form, values, chance) for name in names]
            writer.writerow([*cells, "n/a", "grp"])


def _cell(
    table: str, name: str, row: int, at: datetime, form: str, values: list[str], chance: random.Random
) -> str:
    column = TABLES[table].column(name)
    if column.type == "choice":
        return values[row % len(values)]
    if column.type in ("instant", "date"):
        if name in _LATER and name != "ends_on" and row % 9 == 0:
            return ""
        moved = at + timedelta(hours=_LATER.get(name, 0))
        return moved.strftime(form if column.type == "instant" else form.split(" ")[0].split("T")[0])
    if column.type in ("number", "decimal"):
        return (
            str(chance.randrange(1, 9))
            if name == "quantity"
            else f"{chance.randrange(99)}.{chance.randrange(10, 99)}"
        )
    if name == "document_id":
        return f"R{100 + row // 3}"
    if name.endswith("_id"):
        return f"T{1000 + (row if name in TABLES[table].key else row % 7)}"
    if name == "line":
        return str(1 + row % 3)
    return f"{name} {row % 7 if name in ('service', 'asset', 'job', 'vendor', 'metric', 'resource') else row}"
