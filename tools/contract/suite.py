"""The runs of `tools.contract`, one for each kind of caller."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

from tools.contract.callers import (
    ADMINISTRATOR,
    NOBODY,
    PEERS,
    READER,
    SERVICE,
    SPARE,
    Caller,
    log_in,
)
from tools.contract.report import Report
from tools.contract.run import Amount, run


def suite(address: str, credentials: str, amount: Amount, place: Path) -> Iterator[Report]:
    """What each run has found, once it has ended. `credentials`: of `make_accounts`."""
    spare = log_in(address, SPARE)
    for name, callers in _kinds(address, credentials):
        yield run(name, address, callers, spare, amount, place / name)


def _kinds(address: str, credentials: str) -> Iterator[tuple[str, list[Caller]]]:
    root = log_in(address, ADMINISTRATOR)
    yield "clients", [*(log_in(address, name) for name in PEERS), root]
    yield ADMINISTRATOR, [root]
    yield "jobs:read", [log_in(address, READER, "jobs:read")]
    yield SERVICE, [_service(address, credentials)]
    yield NOBODY, []


def _service(address: str, credentials: str) -> Caller:
    """The service account with its token."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    request = Request(f"{address}/v1/token", credentials.encode(), form)  # noqa: S310
    with urlopen(request) as answer:  # noqa: S310 - our own address
        return Caller(SERVICE, f"Bearer {json.load(answer)['access_token']}")
