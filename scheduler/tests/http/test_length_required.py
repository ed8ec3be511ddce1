"""A body has to say how long it is."""

import pytest
from rest_framework.test import APIClient

from accounts.tests.problem import problem
from jobs.tests.api.raw_bodies import note

pytestmark = pytest.mark.django_db


def test_a_body_in_chunks_is_refused_by_name(api: APIClient) -> None:
    response = api.post(
        "/addJob",
        note('"a"'),
        content_type="application/json",
        CONTENT_LENGTH="",
        HTTP_TRANSFER_ENCODING="chunked",
    )

    problem(response, 411, "length_required")
