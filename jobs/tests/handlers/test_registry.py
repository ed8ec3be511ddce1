"""Job types by name."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from rest_framework.serializers import Serializer

from jobs.core.errors import UnknownJobType
from jobs.core.retry import RetryPolicy
from jobs.core.states import Effect
from jobs.handlers.context import JobContext, Payload
from jobs.handlers.registry import JobType, JobTypes, job_type, job_types


class EmptyPayload(Serializer[Payload]):
    """Nothing."""


def handler(payload: Payload, context: JobContext) -> None:
    """Does nothing."""


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is forgotten after it."""
    monkeypatch.setattr(job_types, "_types", dict(job_types.as_mapping()))


@pytest.mark.usefixtures("registered")
def test_the_decorator_registers_and_hands_the_function_back() -> None:
    policy = RetryPolicy(base_seconds=3)
    decorate = job_type(
        "tests.made_here",
        payload=EmptyPayload,
        effect=Effect.ONCE,
        queue="bulk",
        max_retries=2,
        retry=policy,
        timeout_seconds=5,
        sensitive=("text",),
    )
    assert decorate(handler) is handler
    made = job_types.get("tests.made_here")
    assert made is job_types.find("tests.made_here")
    assert made.handler is handler
    assert (made.effect, made.queue, made.max_retries, made.retry, made.timeout_seconds) == (
        Effect.ONCE,
        "bulk",
        2,
        policy,
        5,
    )
    assert made.sensitive == {"text"}


@pytest.mark.usefixtures("registered")
def test_the_effect_has_no_default() -> None:
    with pytest.raises(TypeError, match="effect"):
        job_type("tests.careless", payload=EmptyPayload)  # type: ignore[call-arg]


def test_the_same_name_twice_is_refused() -> None:
    types = JobTypes()
    one = JobType("tests.one", handler, EmptyPayload, Effect.IDEMPOTENT)
    types.add(one)
    with pytest.raises(ImproperlyConfigured, match=r"'tests\.one' is registered twice"):
        types.add(JobType("tests.one", handler, EmptyPayload, Effect.ONCE))
    assert types.get("tests.one") is one


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    types = JobTypes()
    for name in ("b", "a"):
        types.add(JobType(name, handler, EmptyPayload, Effect.IDEMPOTENT))
    with pytest.raises(UnknownJobType, match="unknown job type 'c'; known types: a, b") as refusal:
        types.get("c")
    assert refusal.value.job_type == "c"
    assert refusal.value.known == ["a", "b"]
    assert types.find("c") is None


def test_the_mapping_is_a_copy() -> None:
    types = JobTypes()
    types.add(JobType("a", handler, EmptyPayload, Effect.IDEMPOTENT))
    dict.clear(types.as_mapping())  # type: ignore[arg-type]
    assert types.names() == ["a"]


def test_types_of_installed_apps_were_found_at_the_start() -> None:
    names = job_types.names()
    assert {"send_email", "send_welcome_email", "tests.note"} <= set(names)
    assert names == sorted(names)
