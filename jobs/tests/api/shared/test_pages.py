"""Pages by cursor: complete, in order, and undisturbed by rows that come or go."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from jobs.models import Job
from jobs.tests.factories import make_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def jobs(user: User) -> list[str]:
    """The ids of seven jobs, newest first."""
    return [str(make_job(submitted_by_id=user.pk).pk) for _ in range(7)][::-1]


def page(api: APIClient, path: str) -> tuple[list[str], Any, Any]:
    body = api.get(path).json()
    return [row["id"] for row in body["results"]], body["next"], body["prev"]


def test_forward_to_the_end_and_back_again(api: APIClient, jobs: list[str]) -> None:
    first, to_second, before_first = page(api, "/jobs?limit=3")
    second, to_third, _ = page(api, to_second)
    third, after_third, to_second_again = page(api, to_third)

    assert [first, second, third] == [jobs[:3], jobs[3:6], jobs[6:]]
    assert before_first is None
    assert after_third is None
    second_again, _, to_first_again = page(api, to_second_again)
    first_again, next_again, nothing = page(api, to_first_again)
    assert [second_again, first_again] == [second, first]
    assert nothing is None
    assert page(api, next_again)[0] == second


def test_a_list_that_fits_has_no_neighbours(api: APIClient, jobs: list[str]) -> None:
    assert page(api, "/jobs?limit=7") == (jobs, None, None)


def test_an_empty_list(api: APIClient) -> None:
    assert page(api, "/jobs") == ([], None, None)


def test_links_keep_filters_and_limit(api: APIClient, jobs: list[str]) -> None:
    _, to_second, _ = page(api, "/jobs?limit=2&state=queued&type=tests.note")

    assert to_second.startswith("/jobs?")
    for part in ("limit=2", "state=queued", "type=tests.note"):
        assert part in to_second
    assert page(api, to_second)[0] == jobs[2:4]


def test_new_rows_do_not_shift_the_pages(api: APIClient, user: User, jobs: list[str]) -> None:
    _, to_second, _ = page(api, "/jobs?limit=3")
    new = make_job(submitted_by_id=user.pk)

    second, _, to_first = page(api, to_second)

    assert second == jobs[3:6]
    first_again, _, to_newest = page(api, to_first)
    assert first_again == jobs[:3]
    assert page(api, to_newest)[0] == [str(new.pk)]


def test_the_row_at_the_cursor_may_go(api: APIClient, jobs: list[str]) -> None:
    _, to_second, _ = page(api, "/jobs?limit=3")
    Job.objects.filter(pk=jobs[2]).delete()

    assert page(api, to_second)[0] == jobs[3:6]


@pytest.mark.usefixtures("jobs")
def test_the_table_is_not_counted(api: APIClient) -> None:
    with CaptureQueriesContext(connection) as queries:
        page(api, "/jobs?limit=3")

    statements = [query["sql"] for query in queries.captured_queries]
    assert not any("COUNT(" in statement for statement in statements)
    assert any("LIMIT 4" in statement for statement in statements)
