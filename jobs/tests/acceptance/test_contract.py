"""The running API does what its document says; `python -m tools.contract` tries far more."""

from pathlib import Path

import pytest

from jobs.tests.acceptance.processes import Service
from tools.contract.callers import ADMINISTRATOR, PEERS, SPARE, log_in, make_accounts
from tools.contract.run import Amount, run
from tools.contract.variables import VARIABLES

# What is tried is decided by the number of cases and the seed; this is for a machine that is busy.
PATIENCE = 240
SHORT = Amount(cases=1, seconds=PATIENCE, is_short=True)
# A run that skips most of them finds nothing.
CASES_MIN = 600


@pytest.mark.timeout(PATIENCE + 60)
def test_it_answers_as_it_says(service: Service, tmp_path: Path) -> None:
    make_accounts()
    address = service.api(**VARIABLES)
    callers = [log_in(address, name) for name in (*PEERS, ADMINISTRATOR)]
    spare = log_in(address, SPARE)

    report = run("clients", address, callers, spare, SHORT, tmp_path / "contract")

    assert report.is_good, report.text[-20_000:]
    assert report.cases >= CASES_MIN, report.text[-3_000:]
