"""JSON that is malformed, deep or not finite: refused, never a failure of the server."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.tests.problem import problem
from jobs.models import Job
from jobs.tests.api.raw_bodies import note, send

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "raw",
    [
        "{",
        "nope",
        '{"type": "tests.note",}',
        note('"a\nb"'),
        b'{"type": "\xff\xfe"}',
        "\ufeff{}".encode("utf-16"),
        note("NaN"),
        note("Infinity"),
        note('"a"', ', "delay": -Infinity'),
        note('"a"', ', "delay": 1e999'),
        note("1" * 5_000),
        note("[" * 200 + "]" * 200),
        note("[" * 100_000 + "]" * 100_000),
        note('{"a":' * 150 + "1" + "}" * 150),
        "[" * 100_000,
    ],
    ids=[
        "cut off", "no JSON", "comma", "line break in a text", "not UTF-8", "UTF-16",
        "NaN", "Infinity", "-Infinity", "1e999", "many digits",
        "deep", "very deep", "deep objects", "very deep and cut off",
    ],
)  # fmt: skip
def test_malformed_json(api: APIClient, raw: Any) -> None:
    problem(send(api, raw), 400, "parse_error")

    assert not Job.objects.exists()


def test_many_brackets_side_by_side_are_not_deep(api: APIClient) -> None:
    raw = note('"' + "[{" * 500 + '"')

    assert send(api, raw).status_code == 202
