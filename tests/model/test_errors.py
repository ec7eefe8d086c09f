"""Every error that a person can mend says itself what a verb then ends with."""

from msp_report import cli
from msp_report.intake.ingest import DataRefused
from msp_report.model.errors import Failed, Refused, WrongUse
from msp_report.params import ParamsError


def test_a_verb_ends_with_the_errors_own_code():
    assert cli._explain(WrongUse("no such month")) == (2, "no such month")
    assert cli._explain(Failed("a cell failed")) == (1, "a cell failed")
    assert cli._explain(Refused("no rows")) == (3, "no rows")
    assert cli._explain(DataRefused(["a.csv: empty", "b.csv: empty"])) == (3, "a.csv: empty\nb.csv: empty")
    assert cli._explain(ParamsError("contract.yaml, line 3")) == (2, "contract.yaml, line 3")


def test_an_error_of_the_program_names_its_kind():
    code, told = cli._explain(KeyError("nothing"))
    assert code == 1 and told.startswith("KeyError: 'nothing' (set MSP_REPORT_DEBUG=1")
