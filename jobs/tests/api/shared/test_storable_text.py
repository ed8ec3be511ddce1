"""Text that PostgreSQL cannot store is refused with its place in the body."""

import pytest
from rest_framework.test import APIClient

from accounts.tests.problem import pointers, problem
from jobs.models import Job
from jobs.tests.api.raw_bodies import note, send

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("raw", "pointer", "code"),
    [
        (note(r'"a\u0000b"'), "/payload/text", "null_character"),
        (note(r'{"a": [1, "\u0000"]}'), "/payload/text/a/1", "null_character"),
        (note(r'{"k\u0000": 1}'), "/payload/text", "null_character"),
        (note('"a"', r', "idempotency_key": "\u0000"'), "/idempotency_key", "null_character"),
        (note('"a"', r', "queue": "d\u0000"'), "/queue", "null_character"),
        (note(r'"\ud83d"'), "/payload/text", "lone_surrogate"),
        (note(r'"\uDE80\uD83D"'), "/payload/text", "lone_surrogate"),
        (r'"\u0000"', "", "null_character"),
    ],
)
def test_text_that_postgresql_cannot_store(
    api: APIClient, raw: str, pointer: str, code: str
) -> None:
    body = problem(send(api, raw), 400, "unstorable_text")

    assert pointers(body) == {pointer}
    assert body["errors"][0]["code"] == code
    assert not Job.objects.exists()


@pytest.mark.parametrize("raw", [note(r'"\\u0000"'), note(r'"\ud83d\ude80"')])
def test_text_that_only_looks_like_it(api: APIClient, raw: str) -> None:
    assert send(api, raw).status_code == 202
