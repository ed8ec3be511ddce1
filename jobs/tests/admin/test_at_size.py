"""Every page of the admin and every list of the API, a redrive and exports, as staff ask for them,
at a hundredth of the size: none reads a big table through, and none takes a statement a row.

`bin/python -m tools.at_size` asks for the same with five million jobs.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import User
from jobs.core.states import JobState, RedriveState
from jobs.models import DeadLetter, Job, Redrive
from jobs.services.dead_letter_groups import groups_now
from jobs.services.demo import demo_make
from jobs.services.demo.failures import RIGHT_MAILBOX
from jobs.services.exports import FORMS, PAGE
from jobs.services.redrives import redrive_pause, redrive_resume
from jobs.sql.statements import execute
from jobs.tests.admin.conftest import signed_in
from jobs.tests.api.conftest import client_of
from jobs.tests.services.redrives.redriving import go_on, now
from tools.at_size.crawl import Crawl
from tools.at_size.reading import Reader, Reads
from tools.at_size.rest import rest_addresses
from tools.at_size.samples import UNKNOWN, rest_values, search_terms

JOBS = 50_000
BIG = 1_000
# A list of what is common finds one of so many rows that it reads, and may stop soon. What is rarer
# needs an index, or a page without any of it reads the whole table.
ROWS_FOR_ONE, ROWS_READ = 50, 4_000
STATEMENTS, REPEATED = 40, 4

Get = Callable[[str], str]


@dataclass
class Asked:
    """What every page that was asked for did."""

    reader: Reader
    reads: dict[str, Reads] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)

    def get(self, client: Client | APIClient) -> Get:
        """A call that asks for a page and notes what it does."""

        def read(address: str) -> str:
            with self.noted(address):
                response = client.get(address)
            if response.status_code not in (200, 302):
                self.refused[address] = response.status_code
            return "" if response.streaming else str(response.content, "utf-8", "replace")

        return read

    @contextmanager
    def noted(self, name: str) -> Iterator[None]:
        """Notes what is done within, under that name."""
        with self.reader.reads() as reads:
            yield
        self.reads[name] = reads

    def sequential(self) -> list[str]:
        """Statements that read a big table from its beginning on."""
        return [
            f"{address}: {one.scans} {one.sql}"
            for address, reads in self.reads.items()
            for one in reads.made
            if one.is_sequential
        ]

    def far(self) -> list[str]:
        """Statements that read many more rows than a page shows."""
        return [
            f"{address}: {one.rows:,} rows by {one.scans} for {one.sql}"
            for address, reads in self.reads.items()
            for one in reads.made
            if one.rows > ROWS_READ + ROWS_FOR_ONE * one.found
        ]

    def many(self) -> list[str]:
        """Pages with many statements, or with one again and again."""
        return [
            f"{address}: {reads.statements} statements, {times} times {text}"
            for address, reads in self.reads.items()
            for text, times in [reads.most_repeated]
            if reads.statements > STATEMENTS or times > REPEATED
        ]


@pytest.fixture
def asked(chief: User) -> Asked:
    demo_make(jobs=JOBS)
    # A vacuum, which a test cannot have, would do it.
    execute("SELECT brin_summarize_new_values('job_pages_with_request')")
    return Asked(Reader(BIG))


@pytest.mark.timeout(600)  # hundreds of pages: ten seconds on a quiet machine
def test_no_page_reads_a_big_table_through(
    asked: Asked, chief: User, subtests: pytest.Subtests
) -> None:
    assert {"jobs_job", "jobs_deadletter", "jobs_processedkey"} <= asked.reader.big
    with subtests.test("states"):
        for states in (["queued"], ["running", "dead"], ["queued", "succeeded"], JobState.values):
            plain = Job.objects.filter(state__in=states).count()
            assert Job.objects.in_states(states).count() == plain > 0
    with subtests.test("what has no index would be seen"):
        assert_is_seen(asked.reader)
    terms = [*search_terms()[:2], UNKNOWN]
    pages = Crawl(asked.get(signed_in(chief)), filters=1, terms=terms).run()
    assert pages > 80
    api = asked.get(client_of(chief))
    for address in rest_addresses(rest_values()):
        api(address)
    with subtests.test("the kind that began last is redriven"):
        assert_is_redriven(asked, signed_in(chief))
    with subtests.test("a list is exported"):
        assert_is_exported(asked, signed_in(chief))
    for name, found in {
        "refused": asked.refused,
        "sequential": asked.sequential(),
        "far": asked.far(),
        "many": asked.many(),
    }.items():
        with subtests.test(name):
            assert not found


def assert_is_redriven(asked: Asked, client: Client) -> None:
    """With another payload, paused in the middle, as a person and a worker do it."""
    [group] = groups_now(order="first_seen", limit=1).groups
    start, changes = reverse("admin:jobs_redrive_start"), {"to": [RIGHT_MAILBOX]}
    said = {"rate": "500", "changes": json.dumps(changes), "typed": str(group.count)}
    with asked.noted("how to redrive"):
        page = client.get(f"{start}?fingerprint={group.fingerprint}")
    for name, more in (("what it would do", {}), ("it begins", {"confirmed": "yes"})):
        with asked.noted(name):
            given = {"selection": page.context["selection"], **said, **more}
            page = client.post(start, given, follow=True)
    redrive = Redrive.objects.latest("created_at")
    with asked.noted("a slice"):
        before = go_on(redrive).replayed
    redrive_pause(redrive_id=redrive.id)
    assert 0 < go_on(redrive).replayed == before < group.count
    redrive_resume(redrive_id=redrive.id)
    for number in range(group.count // before + 1):
        with asked.noted(f"slice {number}"):
            go_on(redrive)
    ended = now(redrive)
    assert (ended.state, ended.replayed) == (RedriveState.COMPLETED, group.count)
    letters = DeadLetter.objects.filter(redrive=redrive)
    assert set(map(str, letters.values_list("job__payload__to", flat=True))) == {
        str([RIGHT_MAILBOX])
    }


def assert_is_exported(asked: Asked, client: Client) -> None:
    """Page by page; the first ones stand for the others."""
    for form in FORMS:
        with asked.noted(form):
            page = f"{reverse('admin:jobs_job_export')}?q=demo-shop"
            answer: Any = client.post(page, {"form": form})
            parts = b"".join(islice(answer.streaming_content, 4))
        assert parts.count(b"\n") >= 3 * PAGE


def assert_is_seen(reader: Reader) -> None:
    """A query without an index, one that looks for what is rare, and one for each row."""
    with reader.reads() as reads:
        list(DeadLetter.objects.filter(error="no").order_by("attempt")[:50])
        list(Job.objects.filter(priority=3).order_by("-id")[:50])
        for job in Job.objects.order_by("-id")[:20]:
            assert job.submitted_by
    asked = Asked(reader, {"/": reads})
    assert len(asked.sequential()) == len(asked.far()) == len(asked.many()) == 1
