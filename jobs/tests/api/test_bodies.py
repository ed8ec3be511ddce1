"""Bodies that are not what they should be: each is a clear refusal, none a failure."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.tests.problem import pointers, problem
from jobs.core.conf import jobs_conf
from jobs.models import Job

pytestmark = pytest.mark.django_db


def note(text_json: str, beside: str = "") -> str:
    """The raw body of a note whose text is this piece of JSON."""
    return f'{{"type": "tests.note", "payload": {{"text": {text_json}}}{beside}}}'


def send(api: APIClient, raw: Any, content_type: str = "application/json") -> Any:
    return api.post("/addJob", raw, content_type=content_type)


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


@pytest.mark.parametrize("raw", ["[]", "[1]", '"text"', "7", "null", "true"])
def test_a_body_that_is_no_object(api: APIClient, raw: str) -> None:
    assert pointers(problem(send(api, raw), 400, "invalid")) == {""}


@pytest.mark.parametrize("raw", ["", "{}"])
def test_a_body_without_anything(api: APIClient, raw: str) -> None:
    assert pointers(problem(send(api, raw), 400, "invalid")) == {"/type", "/payload"}


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


def test_many_brackets_side_by_side_are_not_deep(api: APIClient) -> None:
    raw = note('"' + "[{" * 500 + '"')

    assert send(api, raw).status_code == 202


def test_a_payload_over_the_limit(api: APIClient) -> None:
    limit = jobs_conf().payload_max_bytes

    body = problem(send(api, note(json.dumps("x" * limit))), 413, "payload_too_large")

    assert str(limit) in body["detail"]
    assert not Job.objects.exists()


def test_a_payload_just_below_the_limit(api: APIClient) -> None:
    room_for_the_other_fields = 200

    text = "x" * (jobs_conf().payload_max_bytes - room_for_the_other_fields)

    assert send(api, note(json.dumps(text))).status_code == 202


def test_a_payload_below_the_limit_may_be_written_at_length(api: APIClient) -> None:
    text = "é" * (jobs_conf().payload_max_bytes // 2 - 100)  # 2 bytes each, 6 as an escape

    assert send(api, note(json.dumps(text))).status_code == 202


def test_a_body_far_over_the_limit_is_not_even_parsed(api: APIClient) -> None:
    raw = "{" * (jobs_conf().payload_max_bytes * 6)  # parsed, it would be malformed

    problem(send(api, raw), 413, "body_too_large")


@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "text/plain"],
)
def test_a_body_of_another_type(api: APIClient, content_type: str) -> None:
    problem(send(api, note('"a"'), content_type), 415, "unsupported_media_type")


def test_json_with_a_charset_is_json(api: APIClient) -> None:
    assert send(api, note('"a"'), "application/json; charset=utf-8").status_code == 202


def test_a_body_in_chunks_is_refused_in_so_many_words(api: APIClient) -> None:
    response = api.post(
        "/addJob",
        note('"a"'),
        content_type="application/json",
        CONTENT_LENGTH="",
        HTTP_TRANSFER_ENCODING="chunked",
    )

    problem(response, 411, "length_required")
