"""Proves that running containers do their work, from outside, through the published ports.

    docker-compose up --build --detach --scale worker=5
    bin/check-containers

Signs up and logs in; submits 200 jobs, among them the same welcome mail under another spelling
of the address, and 40 requests a second time with their idempotency key; waits until every job
is final; asks the mail catcher what arrived. Prints a table; exit 0 if all of it is right, else 1.

API_URL and MAIL_URL name the two ports (default: http://127.0.0.1:8000 and :8025). Where sign-up
is off, API_USERNAME and API_PASSWORD name an account. Needs Python 3.11 or newer and nothing else.
"""

import argparse
import os
import secrets
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from tools.errors import ToolError
from tools.http_client import Answer, HttpClient

API_URL = os.environ.get("API_URL", "http://127.0.0.1:8000").rstrip("/")
MAIL_URL = os.environ.get("MAIL_URL", "http://127.0.0.1:8025").rstrip("/")

WELCOMES = 100
WELCOMES_AGAIN = 60
MAILS = 40
FINAL = {"succeeded", "skipped", "dead", "cancelled"}
CALLS_AT_ONCE = 8
POLL_SECONDS = 0.5
WORKERS_MAX = 1_000
TIMEOUT_MAX = 86_400

Json = dict[str, Any]


class CheckFailed(ToolError):
    """Something without which the rest cannot be checked."""


@dataclass
class Line:
    """One line of the table."""

    what: str
    expected: object
    seen: object

    @property
    def right(self) -> bool:
        return self.expected == self.seen


def logged_in(run: str) -> HttpClient:
    """A client with the account in the environment, or with a new one."""
    client = HttpClient(API_URL)
    name, password = os.environ.get("API_USERNAME"), os.environ.get("API_PASSWORD")
    if name and password:
        client.log_in(name, password)
    else:
        client.sign_up(f"check-{run}", secrets.token_urlsafe(16))
    return client


def jobs_to_submit(run: str) -> list[Json]:
    """200 jobs for 140 addresses."""
    addresses = [f"user{number}.{run}@example.com" for number in range(WELCOMES)]
    again = [address.replace("user", "User") for address in addresses[:WELCOMES_AGAIN]]
    welcomes = [
        {"type": "send_welcome_email", "payload": {"email": address}}
        for address in addresses + again
    ]
    mails = [
        {
            "type": "send_email",
            "payload": {
                "to": f"reader{number}.{run}@example.com",
                "subject": f"Check {run}",
                "text": "Sent to see that the containers work.",
            },
            "idempotency_key": f"{run}-{number}",
        }
        for number in range(MAILS)
    ]
    return welcomes + mails


def submit_all(api: HttpClient, jobs: list[Json]) -> list[Answer]:
    """Receipts in the order of the jobs, which are submitted several at once."""
    with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
        return list(pool.map(lambda job: api.call("POST", "/addJob", job), jobs))


def wait_until_final(api: HttpClient, ids: list[str], timeout_seconds: float) -> list[Json]:
    """The jobs as they ended; those that did not end in time as they are."""
    deadline = time.monotonic() + timeout_seconds
    jobs: dict[str, Json] = {}
    waiting = list(ids)

    def job(job_id: str) -> Json:
        return dict(api.expect({200}, "GET", f"/jobs/{job_id}"))

    with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
        while waiting:
            jobs.update(zip(waiting, pool.map(job, waiting), strict=True))
            waiting = [job_id for job_id in waiting if jobs[job_id]["state"] not in FINAL]
            if time.monotonic() > deadline:
                break
            if waiting:
                time.sleep(POLL_SECONDS)
    return [jobs[job_id] for job_id in ids]


def mails_by_address(run: str) -> Counter[str]:
    """How many mails of this run the catcher has for each address, in lower case."""
    mails: dict[str, Json] = {}
    catcher = HttpClient(MAIL_URL)
    start, total = 0, 1
    while start < total:
        page = catcher.expect({200}, "GET", f"/api/v1/messages?start={start}&limit=200")
        mails.update((mail["ID"], mail) for mail in page["messages"])
        start, total = start + max(1, len(page["messages"])), page["total"]
    addresses = (to["Address"].lower() for mail in mails.values() for to in mail["To"])
    return Counter(address for address in addresses if f".{run}@" in address)


def check(workers: int, timeout_seconds: float) -> list[Line]:
    """The whole run; raises `ToolError` where it cannot go on."""
    run = secrets.token_hex(4)
    api = logged_in(run)
    jobs = jobs_to_submit(run)
    receipts = submit_all(api, jobs)
    refused = [receipt for receipt in receipts if receipt.status != 202]
    if refused:
        raise CheckFailed(f"{len(refused)} of {len(jobs)} jobs not accepted; first: {refused[0]}")
    ids = [receipt.body["id"] for receipt in receipts]
    repeated = submit_all(api, jobs[-MAILS:])
    ended = wait_until_final(api, ids, timeout_seconds)
    lines = [
        Line("jobs accepted, each with its own id", len(jobs), len(set(ids))),
        Line(
            "requests repeated, each answered with the first job",
            True,
            [receipt.body["id"] for receipt in repeated if receipt.status == 200] == ids[-MAILS:],
        ),
    ]
    lines += judge_jobs(ended, workers)
    lines += judge_mails(mails_by_address(run))
    lines.append(Line("health", "ok", api.call("GET", "/health/ready").body.get("status")))
    return lines


def judge_jobs(ended: list[Json], workers: int) -> list[Line]:
    states = Counter(job["state"] for job in ended)
    others = len(ended) - states["succeeded"] - states["skipped"]
    took_part = {job["worker"] for job in ended if job["state"] == "succeeded"}
    return [
        Line("jobs succeeded", WELCOMES + MAILS, states["succeeded"]),
        Line("jobs skipped, their address had its welcome", WELCOMES_AGAIN, states["skipped"]),
        Line("jobs not final, dead or cancelled", 0, others),
        Line("workers that took part", workers, len(took_part)),
    ]


def judge_mails(mails: Counter[str]) -> list[Line]:
    return [
        Line("addresses that got a mail", WELCOMES + MAILS, len(mails)),
        Line("addresses that got more than one", 0, sum(count > 1 for count in mails.values())),
    ]


def print_table(lines: list[Line]) -> None:
    width = max(len(line.what) for line in lines)
    print(f"{'':4} {'':{width}}  {'expected':>8}  {'seen':>8}")
    for line in lines:
        mark = "ok" if line.right else "FAIL"
        print(f"{mark:4} {line.what:{width}}  {line.expected!s:>8}  {line.seen!s:>8}")


def main() -> int:
    about = (__doc__ or "").partition("\n")[0]
    parser = argparse.ArgumentParser(prog="bin/check-containers", description=about)
    parser.add_argument("--workers", type=int, default=5, help="how many run (default: 5)")
    parser.add_argument(
        "--timeout", type=float, default=120, help="seconds for the jobs (default: 120)"
    )
    options = parser.parse_args()
    if not 1 <= options.workers <= WORKERS_MAX or not 0 < options.timeout <= TIMEOUT_MAX:
        parser.error(
            f"--workers must be 1 to {WORKERS_MAX}, --timeout more than 0 and at most {TIMEOUT_MAX}"
        )
    try:
        lines = check(options.workers, options.timeout)
    except ToolError as error:
        print(f"FAIL {error}", file=sys.stderr)
        return 1
    print_table(lines)
    return 0 if all(line.right for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
