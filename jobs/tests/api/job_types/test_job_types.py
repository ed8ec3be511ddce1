"""The calls about job types: what a client learns of them."""

import json
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework import serializers
from rest_framework.test import APIClient

from accounts.tests.problem import problem
from jobs import Effect, job_type
from jobs.api.job_types.representations import job_type_representation
from jobs.handlers.registry import JobType, JobTypes, job_types
from jobs.services.enqueue.payload import clean_payload
from scheduler.openapi.document import openapi_document

pytestmark = pytest.mark.django_db


class Lines(serializers.Serializer[None]):
    text = serializers.CharField(max_length=3)
    kind = serializers.ChoiceField(["a", "b"], default="a")
    count = serializers.IntegerField(min_value=2, allow_null=True)


class OnlyEven(serializers.Serializer[None]):
    number = serializers.IntegerField()

    def validate_number(self, number: int) -> int:
        if number % 2:
            raise serializers.ValidationError("odd")
        return number


def test_every_type_is_shown_by_name(api: APIClient) -> None:
    response = api.get("/jobTypes")

    assert response.status_code == 200
    assert [one["name"] for one in response.json()["results"]] == job_types.names()


def test_one_type(api: APIClient) -> None:
    response = api.get("/jobTypes/send_welcome_email")

    assert response.status_code == 200
    assert response.json() == {
        "name": "send_welcome_email",
        "description": (
            "Sends the welcome. Subject and text are templates, which a project may override."
        ),
        "payload_schema": {
            "type": "object",
            "properties": {
                "email": {"type": "string", "format": "email", "minLength": 3, "maxLength": 254},
                "name": {"type": "string", "minLength": 1, "maxLength": 100},
            },
            "required": ["email"],
            "additionalProperties": False,
        },
        "example_payload": {"email": "ann@example.com", "name": "Ann"},
        "sensitive": [],
        "queue": "emails",
        "effect": "once",
        "has_effect_key": True,
        "max_retries": 4,
        "retry": {"base_seconds": 1.0, "factor": 2.0, "cap_seconds": 3600.0, "jitter": 0.0},
        "timeout_seconds": None,
        "limit": None,
        "links": {"self": "/jobTypes/send_welcome_email"},
    }


def test_a_slash_at_the_end(api: APIClient) -> None:
    assert api.get("/jobTypes/send_email/").json()["sensitive"] == ["html", "text"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("send_emial", "Unknown job type 'send_emial'; did you mean send_email or "),
        ("x" * 300, f"Unknown job type '{'x' * 100}…'; known are: "),
    ],
)
def test_an_unknown_type_is_told_those_that_come_close(
    api: APIClient, name: str, sentence: str
) -> None:
    body = problem(api.get(f"/jobTypes/{name}"), 404, "not_found")

    assert body["detail"].startswith(sentence)


@pytest.mark.parametrize("name", job_types.names())
def test_a_client_can_submit_the_example(api: APIClient, settings: Settings, name: str) -> None:
    settings.JOBS_HTTP_ALLOWED_HOSTS = ["service.example.com"]
    example = api.get(f"/jobTypes/{name}").json()["example_payload"]
    if example is None:
        pytest.skip("a type of the tests that no example can be made for")

    assert clean_payload(job_types.get(name), example)


def test_an_example_is_made_of_the_fields() -> None:
    shown = job_type_representation(_type(Lines, max_concurrency=3, rate="10/m"))

    assert shown["example_payload"] == {"text": "tex", "count": 2}
    assert shown["payload_schema"]["properties"] == {
        "text": {"type": "string", "minLength": 1, "maxLength": 3},
        "kind": {"type": "string", "enum": ["a", "b"], "default": "a"},
        "count": {"type": ["integer", "null"], "minimum": 2},
    }
    assert shown["limit"] == {"max_concurrency": 3, "rate": "10/m", "burst": 1, "per_key": False}


def test_no_example_is_better_than_one_that_is_refused() -> None:
    assert job_type_representation(_type(OnlyEven))["example_payload"] is None


def test_a_declared_example_wins() -> None:
    assert job_type_representation(_type(OnlyEven, example={"number": 4}))["example_payload"] == {
        "number": 4
    }


class OfNothing(serializers.Serializer[None]):
    """Its choices come from a table that is still empty."""

    kind = serializers.ChoiceField([])


class OfOddThings(serializers.Serializer[None]):
    kind = serializers.ChoiceField([(object(), "odd"), ("a", "plain")])


class OfNoEnd(serializers.Serializer[None]):
    size = serializers.FloatField(max_value=float("inf"))


class Careless(serializers.Serializer[None]):
    def get_fields(self) -> dict[str, Any]:
        raise KeyError("kind")


@pytest.mark.parametrize("payload", [OfNothing, OfOddThings, OfNoEnd, Careless])
def test_a_type_that_cannot_be_described_takes_no_other_away(
    api: APIClient, payload: type[serializers.Serializer[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(job_types._types, "lines", _type(payload))
    shown = {one["name"]: one for one in api.get("/jobTypes").json()["results"]}

    assert shown.keys() == set(job_types.names())
    assert shown["lines"]["payload_schema"]["type"] == "object"
    assert json.dumps(openapi_document({"lines": job_types.get("lines")}))


def _type(payload: type[serializers.Serializer[None]], **arguments: object) -> JobType:
    """A type that is not registered for good."""
    known = JobTypes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(job_types, "add", known.add)
        job_type("lines", payload=payload, effect=Effect.IDEMPOTENT, **arguments)(  # type: ignore[arg-type]
            lambda payload, context: None
        )
    return known.get("lines")
