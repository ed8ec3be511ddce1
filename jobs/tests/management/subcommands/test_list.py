"""`manage.py jobs list`."""

import pytest

from jobs.models import Job
from jobs.models.job_queryset import JobQuerySet
from jobs.tests.factories import make_job
from jobs.tests.management.conftest import Run
from jobs.tests.steps import succeed

pytestmark = pytest.mark.django_db(transaction=True)


def test_jobs_are_listed_newest_first(run: Run) -> None:
    first, second = make_job(), make_job()
    printed = run("list")
    heading, *rows = printed.out.splitlines()
    assert printed.status == 0
    assert heading.split()[:5] == ["ID", "TYPE", "QUEUE", "PRIORITY", "STATE"]
    assert [row.split()[0] for row in rows] == [str(second.id), str(first.id)]


def test_filters_and_the_limit(run: Run) -> None:
    jobs = [make_job(queue="bulk"), make_job(), make_job(), make_job()]
    succeed(jobs[1])
    queued = run("list", "--state", "queued", "--queue", "default", "--limit", "1", "--json")
    assert [one["id"] for one in queued.document] == [str(jobs[3].id)]
    assert run("list", "--type", "other", "--json").document == []


def test_json_is_what_the_api_says_without_links(run: Run) -> None:
    job = make_job(payload={"text": "a", "secret": "hush"})
    [one] = run("list", "--json").document
    assert one["id"] == str(job.id)
    assert one["payload"]["secret"] == "********"
    assert "links" not in one


def test_a_list_that_takes_too_long_is_given_up(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked_for(options: object) -> JobQuerySet:
        return Job.objects.extra(where=["pg_sleep(1) IS NOT NULL"])

    monkeypatch.setattr("jobs.management.subcommands.list.LIMIT_SECONDS", 0.001)
    monkeypatch.setattr("jobs.management.subcommands.list._asked_for", asked_for)
    make_job()
    printed = run("list")
    assert printed.status == 1
    assert "give fewer filters" in printed.err
