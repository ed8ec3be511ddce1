"""Every page of the admin and every list of the API, as staff ask for them, at a hundredth of the
size: none reads a big table through, and none takes a statement a row.

`bin/python -m tools.at_size` asks for the same with five million jobs.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from jobs.core.states import JobState
from jobs.models import DeadLetter, Job
from jobs.services.demo import demo_make
from jobs.sql.statements import execute
from jobs.tests.admin.conftest import signed_in
from jobs.tests.api.conftest import client_of
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
            with self.reader.reads() as reads:
                response = client.get(address)
            self.reads[address] = reads
            if response.status_code not in (200, 302):
                self.refused[address] = response.status_code
            return "" if response.streaming else str(response.content, "utf-8", "replace")

        return read

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
    execute("SELECT brin_summarize_new_values('job_pages_by_request')")
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
    for name, found in {
        "refused": asked.refused,
        "sequential": asked.sequential(),
        "far": asked.far(),
        "many": asked.many(),
    }.items():
        with subtests.test(name):
            assert not found


def assert_is_seen(reader: Reader) -> None:
    """A query without an index, one that looks for what is rare, and one for each row."""
    with reader.reads() as reads:
        list(DeadLetter.objects.filter(error="no").order_by("attempt")[:50])
        list(Job.objects.filter(priority=3).order_by("-id")[:50])
        for job in Job.objects.order_by("-id")[:20]:
            assert job.submitted_by
    asked = Asked(reader, {"/": reads})
    assert len(asked.sequential()) == len(asked.far()) == len(asked.many()) == 1
