"""A body in another coding than plain UTF-8 is refused by name."""

import gzip

import pytest
from rest_framework.test import APIClient

from accounts.tests.problem import problem
from jobs.tests.api.raw_bodies import note

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "zstd", "identity, gzip", "GZIP"])
@pytest.mark.parametrize("path", ["/addJob", "/addJobs", "/login", "/nowhere"])
def test_a_compressed_body(api: APIClient, path: str, encoding: str) -> None:
    body = gzip.compress(note('"a"').encode())

    response = api.post(path, body, content_type="application/json", HTTP_CONTENT_ENCODING=encoding)

    problem(response, 415, "unsupported_content_encoding")
    assert response["Accept-Encoding"] == "identity"


def test_a_plain_body_that_is_said_to_be_compressed(api: APIClient) -> None:
    response = api.post(
        "/addJob", note('"a"'), content_type="application/json", HTTP_CONTENT_ENCODING="gzip"
    )

    problem(response, 415, "unsupported_content_encoding")


@pytest.mark.parametrize("charset", ["latin-1", "utf-16", "iso-8859-1"])
def test_another_charset(api: APIClient, charset: str) -> None:
    response = api.post("/addJob", note('"a"'), content_type=f"application/json; charset={charset}")

    problem(response, 415, "unsupported_charset")


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=UTF-8"])
@pytest.mark.parametrize("encoding", ["", "identity", "Identity"])
def test_what_is_plain(api: APIClient, content_type: str, encoding: str) -> None:
    response = api.post(
        "/addJob", note('"a"'), content_type=content_type, HTTP_CONTENT_ENCODING=encoding
    )

    assert response.status_code == 202
