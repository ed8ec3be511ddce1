"""The sample jobs: welcome mails, the same ones again, and one mail that is always refused."""

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from tools.http_client import HttpClient
from tools.mail.record import Entry, MailRecord
from tools.mail.sink import REFUSED_PREFIX
from tools.terminal import heading, say, table

WELCOMES = 20
ATTEMPTS = 5
WAITS = (1, 2, 4, 8)  # seconds between the attempts

_FINAL = {"succeeded", "dead", "skipped", "cancelled"}
_FINISH_SECONDS = 120
_POLL_SECONDS = 0.5
_LATE_SECONDS = 5  # how much longer a wait may be on a busy machine


@dataclass
class Samples:
    """One run of the samples. Its number makes the addresses new to the service."""

    number: int
    client: HttpClient
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def addresses(self) -> list[str]:
        """Who is to be welcomed."""
        run = "" if self.number == 1 else f".run{self.number}"
        return [f"user{count}{run}@example.com" for count in range(1, WELCOMES + 1)]

    @property
    def refused_address(self) -> str:
        """Who is always turned away by the mail sink."""
        return f"{REFUSED_PREFIX}.run{self.number}@example.com"

    def submit(self, pause: Callable[[], None]) -> None:
        """Posts all jobs as a new user; calls `pause` between them."""
        heading("Submitting sample jobs through the API")
        self.client.sign_up(f"sample{self.number}", secrets.token_urlsafe(16))
        for address in [*self.addresses, *self.addresses]:
            self._add("send_welcome_email", {"email": address, "name": address.split("@")[0]})
            pause()
        failing = {"to": [self.refused_address], "subject": "Refused", "text": "Never delivered."}
        self._add("send_email", failing)
        say(f"{WELCOMES} welcome mails, the same {WELCOMES} again, and one that will be refused.")

    def watch(self, pause: Callable[[float], None]) -> None:
        """Returns when every job is final, or after two minutes; shows what changes."""
        deadline = time.monotonic() + _FINISH_SECONDS
        shown = ""
        while True:
            self._refresh()
            if (summary := self._summary()) != shown:
                shown = summary
                say(f"  jobs: {summary}")
            if self.unfinished() == 0 or time.monotonic() > deadline:
                return
            pause(_POLL_SECONDS)

    def show(self) -> None:
        """The table of the jobs."""
        heading("Results")
        rows = [
            (job["id"], job["type"], job.get("worker") or "-", job["state"], job.get("attempt", 0))
            for job in self.jobs.values()
        ]
        table(("job", "type", "worker", "result", "attempts"), rows)

    def unfinished(self) -> int:
        """How many jobs are not final yet."""
        return sum(job["state"] not in _FINAL for job in self.jobs.values())

    def findings(self, mail: Path) -> Iterator[tuple[bool, str]]:
        """What was promised, and whether it came true: by the API and by the sink's record."""
        record = MailRecord(mail)
        *welcomes, failing = self.jobs.values()
        firsts, repeats = welcomes[:WELCOMES], welcomes[WELCOMES:]
        yield _all_are("succeeded", firsts), f"{WELCOMES} welcome jobs succeeded"
        yield _all_are("skipped", repeats), f"the same {WELCOMES} again were skipped"
        mails = Counter(
            recipient for entry in record.about(self.addresses) for recipient in entry.recipients
        )
        yield (
            mails == Counter(self.addresses),
            f"{mails.total()} welcome mails arrived for {len(mails)} addresses, each once",
        )
        yield (
            failing["state"] == "dead" and failing["attempt"] == ATTEMPTS,
            f"the refused mail is a dead letter after {failing['attempt']} attempts",
        )
        yield _at_the_right_times(record.about([self.refused_address]))

    def _add(self, job_type: str, payload: dict[str, Any]) -> None:
        body = {"type": job_type, "payload": payload}
        job = self.client.expect({200, 202}, "POST", "/addJob", body)
        self.jobs[job["id"]] = job

    def _refresh(self) -> None:
        for job in self.client.expect({200}, "GET", "/jobs?limit=200")["results"]:
            if job["id"] in self.jobs:
                self.jobs[job["id"]] = job

    def _summary(self) -> str:
        counts = Counter(_stage(job) for job in self.jobs.values())
        return ", ".join(f"{count} {stage}" for stage, count in sorted(counts.items()))


def _stage(job: dict[str, Any]) -> str:
    """The state, with a queued job that has failed before told apart."""
    attempt = job.get("attempt", 0)
    if job["state"] == "queued" and job.get("error"):
        return f"waiting for attempt {attempt + 1}"
    return str(job["state"])


def _all_are(state: str, jobs: list[dict[str, Any]]) -> bool:
    return all(job["state"] == state for job in jobs)


def _at_the_right_times(refusals: list[Entry]) -> tuple[bool, str]:
    """Whether the waits between the attempts were those of the backoff."""
    times = [entry.at for entry in refusals]
    waits = [later - earlier for earlier, later in pairwise(times)]
    kept = len(waits) == len(WAITS) and all(
        wanted <= wait < wanted + _LATE_SECONDS for wanted, wait in zip(WAITS, waits, strict=False)
    )
    seconds = ", ".join(f"{time - times[0]:.1f}" for time in times)
    return kept, f"its attempts were made at {seconds} s"
