"""What is refused at registration, and how it is told what a handler is."""

from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.exceptions import ImproperlyConfigured
from pytest_django.fixtures import Settings
from rest_framework.serializers import Serializer

from jobs.core.retry import RetryPolicy
from jobs.core.states import Effect
from jobs.handlers.context import JobContext, Payload
from jobs.handlers.registration import TIMEOUT_MAX_SECONDS, TYPE_NAME_LENGTH
from jobs.handlers.registry import JobType, JobTypes, job_type, job_types
from jobs.models import Job


class EmptyPayload(Serializer[Payload]):
    """Nothing."""


def plain(payload: Payload, context: JobContext) -> None:
    """Does nothing."""


async def coroutine(payload: Payload, context: JobContext) -> None:
    """Does nothing, on the loop."""


def generator(payload: Payload, context: JobContext) -> Iterator[None]:
    yield


async def async_generator(payload: Payload, context: JobContext) -> AsyncIterator[None]:
    yield


class Plain:
    """A handler that keeps something between jobs."""

    def __call__(self, payload: Payload, context: JobContext) -> None:
        """Does nothing."""

    async def method(self, payload: Payload, context: JobContext) -> None:
        """Does nothing, on the loop."""


class Coroutine:
    """The same for the event loop."""

    async def __call__(self, payload: Payload, context: JobContext) -> None:
        """Does nothing."""


class Generating:
    """An object whose call runs nothing."""

    def __call__(self, payload: Payload, context: JobContext) -> Iterator[None]:
        yield


def with_prefix(prefix: str, payload: Payload, context: JobContext) -> None:
    """Needs a third argument."""


def add(handler: Any = plain, name: Any = "tests.made", **arguments: Any) -> JobType:
    """Registers a type among no others."""
    both: dict[str, Any] = {"payload": EmptyPayload, "effect": Effect.IDEMPOTENT}
    types = JobTypes()
    types.add(JobType(name, handler, **both | arguments))
    return types.get(name)


@pytest.mark.parametrize(
    "handler",
    [
        coroutine,
        Coroutine(),
        partial(coroutine),
        partial(Coroutine()),
        Plain().method,
        sync_to_async(plain),
    ],
)
def test_what_returns_a_coroutine_is_for_the_event_loop(handler: Callable[..., Any]) -> None:
    assert add(handler).is_async
    with pytest.raises(ImproperlyConfigured, match="transactional handler must be a plain"):
        add(handler, effect=Effect.TRANSACTIONAL)


@pytest.mark.parametrize("handler", [plain, Plain(), partial(with_prefix, "a"), print])
def test_what_does_not_is_for_a_thread(handler: Callable[..., Any]) -> None:
    assert not add(handler).is_async


@pytest.mark.parametrize(
    ("handler", "sentence"),
    [
        (generator, "the handler is a generator"),
        (async_generator, "the handler is a generator"),
        (Generating(), "the handler is a generator"),
        (partial(generator), "the handler is a generator"),
        (Plain, "must be a function, or an object that can be called"),
        (None, "must be a function, or an object that can be called"),
        (with_prefix, "must take two arguments"),
        (lambda payload: None, "must take two arguments"),
    ],
)
def test_what_could_never_run_is_refused(handler: Any, sentence: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=sentence):
        add(handler)


@pytest.mark.parametrize("name", ["a", "tests.made", "send-invoice_2", "A" * TYPE_NAME_LENGTH])
def test_a_name_that_can_be_told_apart_is_accepted(name: str) -> None:
    assert add(name=name).name == name


@pytest.mark.parametrize(
    "name",
    ["", "a:b", "a b", "a/b", "a,b", "a\nb", "a\x00b", "\u00e4", ".a", "a\n", None, 7, "A" * 101],
)
def test_a_name_that_would_be_misread_is_refused(name: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="the name "):
        add(name=name)


def test_a_name_fits_its_column() -> None:
    assert Job._meta.get_field("type").max_length == TYPE_NAME_LENGTH


def test_a_queue_that_does_not_exist_is_refused(settings: Settings) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"its queue 'other' is not one of JOBS_QUEUES"):
        add(queue="other")
    settings.JOBS_QUEUES = ["other"]
    assert add(queue="other").queue == "other"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"max_retries": -1}, "max_retries must be 0 to 25"),
        ({"max_retries": 26}, "max_retries must be 0 to 25"),
        ({"max_retries": True}, "max_retries must be 0 to 25"),
        ({"max_retries": 1.5}, "max_retries must be 0 to 25"),
        ({"max_retries": 0, "retry": RetryPolicy()}, "retry policy would never be used"),
        ({"retry": 3}, "retry must be a RetryPolicy"),
        ({"retry": RetryPolicy(base_seconds=9, cap_seconds=3)}, "cap_seconds"),
        ({"retry": RetryPolicy(base_seconds=-1)}, "must not be negative"),
        ({"retry": RetryPolicy(factor=float("nan"))}, "must be numbers"),
        ({"timeout_seconds": 0}, "timeout_seconds must be"),
        ({"timeout_seconds": -1}, "timeout_seconds must be"),
        ({"timeout_seconds": 0.0001}, "timeout_seconds must be"),
        ({"timeout_seconds": float("inf")}, "timeout_seconds must be"),
        ({"timeout_seconds": TIMEOUT_MAX_SECONDS + 1}, "timeout_seconds must be"),
        ({"timeout_seconds": "30"}, "timeout_seconds must be"),
        ({"payload": EmptyPayload()}, "payload must be a serializer class"),
        ({"payload": dict}, "payload must be a serializer class"),
        ({"effect": "once"}, "effect must be a member of Effect"),
        ({"key": "text"}, "key must be a plain function"),
        ({"key": coroutine}, "key must be a plain function"),
        ({"sensitive": frozenset([1])}, "sensitive must name fields"),
        ({"example": [1]}, "example must be a mapping"),
        ({"example": {"at": object()}}, "example must be a mapping"),
    ],
)
def test_arguments_that_cannot_work_are_refused(arguments: Any, sentence: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=sentence) as refusal:
        add(**arguments)
    assert str(refusal.value).startswith("job type 'tests.made': ")


def test_a_single_sensitive_field_needs_no_tuple(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_types, "_types", dict(job_types.as_mapping()))
    decorate = job_type(
        "tests.made", payload=EmptyPayload, effect=Effect.IDEMPOTENT, sensitive="text"
    )
    decorate(plain)
    assert job_types.get("tests.made").sensitive == {"text"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"calls_effect_begins": True}, "calls_effect_begins is for Effect.ONCE alone"),
        (
            {"calls_effect_begins": True, "effect": Effect.TRANSACTIONAL, "timeout_seconds": 5},
            "calls_effect_begins is for Effect.ONCE alone",
        ),
        ({"calls_effect_begins": 1, "effect": Effect.ONCE}, "must be True or False"),
    ],
)
def test_where_an_effect_begins_is_said_for_once_alone(
    arguments: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=sentence):
        add(**arguments)
    assert add(effect=Effect.ONCE, calls_effect_begins=True).calls_effect_begins
