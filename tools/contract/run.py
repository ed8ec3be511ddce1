"""One run of schemathesis, in a process of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.checkout import CHECKOUT
from tools.contract.callers import PEERS, Caller
from tools.contract.report import Report, read_report

PHASES = ("examples", "coverage", "fuzzing", "stateful")

# No call may take longer, in seconds: the machine of continuous integration is shared.
ANSWER_SECONDS = 20

# What a wrong call is answered with. What is too large is refused before anybody looks at it.
REFUSALS = (400, 401, 403, 404, 405, 406, 409, 413, 414, 415, 422, 428, 429, 431)

_CONFIG = """\
[generation]
max-examples = {cases}
no-shrink = true
database = "none"

[reports]
json.path = "{report}"

[output.sanitization]
enabled = false

[output.truncation]
enabled = false

[cache]
enabled = false

[checks]
negative_data_rejection.expected-statuses = {refusals}

[[operations]]
include-path-regex = "/events$"
max-stream-events = 1
request-timeout = 1
"""
_SHORT = """
[[operations]]
include-path-regex = "/(addJob|addJobs|batches|batches/.id./jobs|chains|schedules|schedules/.id.)$"
phases.coverage.enabled = false
"""
_AUTH = """
[auth.wfc]
path = "{path}"
{peers}
"""


@dataclass(frozen=True)
class Amount:
    """How much is tried: cases for each operation, in each of PHASES. The seed decides which.

    `seconds`: after which it is given up. `is_short`: calls whose bodies hold jobs are not tried
    with each value that a schema distinguishes, of which there are thousands.
    """

    cases: int
    seed: int = 1
    seconds: float = 3_600.0
    is_short: bool = False


def run(
    name: str, address: str, callers: Sequence[Caller], spare: Caller, amount: Amount, place: Path
) -> Report:
    """Calls the API as these callers: each operation as the first one who may. None: as nobody.

    `spare`: whose token may be lost. `place`: a directory for what is written.
    """
    place.mkdir(parents=True, exist_ok=True)
    report, config = place / "report.json", place / "schemathesis.toml"
    config.write_text(_config(callers, amount, place, report))
    begun = time.monotonic()
    done = subprocess.run(  # noqa: S603
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run"),
            *(f"{address}/openapi.json", "--url", address, "--checks", "all"),
            *("--max-response-time", str(ANSWER_SECONDS), "--seed", str(amount.seed)),
            *("--phases", ",".join(PHASES), "--suppress-health-check", "all"),
            *("--warnings", "off", "--no-color"),
        ],
        cwd=place,
        env={
            **os.environ,
            "PYTHONPATH": str(CHECKOUT),
            "SCHEMATHESIS_HOOKS": "tools.contract.hooks",
            "CONTRACT_SPARE": spare.authorization,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=amount.seconds,
    )
    return read_report(name, done.returncode, time.monotonic() - begun, report, done.stdout)


def _config(callers: Sequence[Caller], amount: Amount, place: Path, report: Path) -> str:
    refusals = [*map(str, REFUSALS), "5xx"]  # 5xx is a failure of another check
    text = _CONFIG.format(cases=amount.cases, report=report, refusals=json.dumps(refusals))
    if amount.is_short:
        text += _SHORT
    if not callers:
        return text
    path = place / "callers.json"
    path.write_text(json.dumps({"auth": [_entry(one) for one in callers]}))
    names = [one.name for one in callers]
    peers = f"peers = {json.dumps(PEERS)}" if set(PEERS) <= set(names) else ""
    return text + _AUTH.format(path=path, peers=peers)


def _entry(caller: Caller) -> dict[str, object]:
    header = {"name": "Authorization", "value": caller.authorization}
    return {"name": caller.name, "fixedHeaders": [header]}
