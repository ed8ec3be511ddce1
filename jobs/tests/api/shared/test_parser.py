"""Bodies that are too large, of another type, or no object: each is a clear refusal."""

import json

import pytest
from rest_framework.test import APIClient

from accounts.tests.problem import pointers, problem
from jobs.core.conf import jobs_conf
from jobs.models import Job
from jobs.tests.api.raw_bodies import note, send

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("raw", ["[]", "[1]", '"text"', "7", "null", "true"])
def test_a_body_that_is_no_object(api: APIClient, raw: str) -> None:
    assert pointers(problem(send(api, raw), 400, "invalid")) == {""}


@pytest.mark.parametrize("raw", ["", "{}"])
def test_a_body_without_anything(api: APIClient, raw: str) -> None:
    assert pointers(problem(send(api, raw), 400, "invalid")) == {"/type", "/payload"}


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
