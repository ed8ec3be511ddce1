"""What is refused at the start: in one sentence that names the setting and says what to do."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import connections
from django.db.backends.sqlite3.base import DatabaseWrapper
from pytest_django.fixtures import Settings
from rest_framework.serializers import Serializer

from jobs.core.conf import RENAMED, JobsConf
from jobs.core.conf_rules import _RANGES
from jobs.core.states import Effect
from jobs.handlers.context import JobContext, Payload
from jobs.handlers.registry import JobType, job_types


def refusals() -> list[str]:
    return [error.msg for error in run_checks(tags=["jobs"])]


def test_the_defaults_are_accepted() -> None:
    assert refusals() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JOBS_QUEUES", "default"),
        ("JOBS_QUEUES", ("default", "emails", "bulk")),
        ("JOBS_QUEUES", [1]),
        ("JOBS_REDIS_URL", None),
        ("JOBS_MAX_RETRIES", "4"),
        ("JOBS_MAX_RETRIES", 4.0),
        ("JOBS_MAX_RETRIES", True),
        ("JOBS_RETRY_FACTOR", "2"),
        ("JOBS_QUEUES", []),
        ("JOBS_QUEUES", ["default", "emails", "bulk", "Capitals"]),
        ("JOBS_HEARTBEAT_SECONDS", 0),
        ("JOBS_HEARTBEAT_SECONDS", 20),
        ("JOBS_CONCURRENCY", 0),
        ("JOBS_MAX_RETRIES", 26),
        ("JOBS_RETRY_FACTOR", 0.5),
        ("JOBS_CRASH_LIMIT", 0),
        ("JOBS_QUEUES", ["default", "emails", "bulk", "bulk"]),
        ("JOBS_RETRY_CAP_SECONDS", 0.5),
        ("JOBS_RETRY_CAP_SECONDS", float("inf")),
        ("JOBS_HEARTBEAT_SECONDS", float("nan")),
        ("JOBS_GRACE_SECONDS", -1.0),
        ("JOBS_KEY_RETENTION_DAYS", -1.0),
        ("JOBS_REDIS_PREFIX", "jobs:"),
        ("JOBS_CACHE_MARK_SECONDS", 0),
        ("JOBS_WORKER_QUEUES", ["default:6", "bulk"]),
        ("JOBS_WORKER_QUEUES", ["nowhere"]),
        ("JOBS_WORKER_QUEUES", ["bulk:0"]),
        ("JOBS_WORKER_QUEUES", "default"),
        ("JOBS_QUEUE_ORDER", "random"),
        ("JOBS_LOW_PRIORITY_SHARE", 1.0),
        ("JOBS_LOW_PRIORITY_SHARE", -0.1),
        ("USE_TZ", False),
    ],
)
def test_a_value_that_cannot_work_is_named(name: str, value: Any, settings: Settings) -> None:
    setattr(settings, name, value)
    said = refusals()
    assert said
    assert name in said[0]
    assert said[0].endswith(".")


def test_every_number_has_a_lowest_and_a_highest_value() -> None:
    numbers = {one.name for one in fields(JobsConf) if one.type in (int, float)}
    assert numbers == _RANGES.keys()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JOBS_CONCURRENCY", 1_001),
        ("JOBS_PAYLOAD_MAX_BYTES", 10**12),
        ("JOBS_RETENTION_DAYS", 1e9),
        ("JOBS_GRACE_SECONDS", 1e12),
        ("JOBS_RETRY_FACTOR", 1e300),
        ("JOBS_EMAIL_RECIPIENTS_MAX", 101),
        ("JOBS_EMAIL_RECIPIENTS_PER_DAY", 49),
        ("JOBS_EMAIL_FROM", ["nobody"]),
        ("JOBS_EMAIL_FROM", ["a@b, c@d"]),
        ("JOBS_REDIS_PREFIX", "{jobs} :"),
        ("JOBS_CELL", "EU"),
        ("JOBS_CELL", "eu/1"),
        ("JOBS_CELL", "-eu"),
        ("JOBS_CELL", "e" * 33),
        ("JOBS_TRACE_URL", "https://traces.example.com/"),
        ("JOBS_TRACE_URL", "javascript:alert({trace_id})"),
        ("JOBS_TRACE_URL", "https://traces.example.com/{trace_id}/{other}"),
    ],
)
def test_what_is_too_large_or_of_another_form(name: str, value: Any, settings: Settings) -> None:
    setattr(settings, name, value)
    assert refusals()[0].startswith(f"{name} ")


def test_whole_numbers_will_do_for_seconds(settings: Settings) -> None:
    settings.JOBS_GRACE_SECONDS = 60
    assert refusals() == []


@pytest.mark.parametrize(("former", "name"), RENAMED.items())
def test_a_former_name_is_refused_with_the_new_one(
    former: str, name: str, settings: Settings
) -> None:
    setattr(settings, former, 3)
    assert refusals() == [f"{former} is called {name} now; rename it."]
    assert hasattr(JobsConf(), name.removeprefix("JOBS_").lower())


@pytest.fixture
def sqlite() -> Iterator[None]:
    former = connections["default"]
    connections["default"] = DatabaseWrapper({**former.settings_dict, "NAME": ":memory:"})
    yield
    connections["default"] = former


@pytest.mark.usefixtures("sqlite")
def test_another_database_is_refused() -> None:
    [sentence] = refusals()
    assert sentence.startswith("The default database is SQLite; jobs are kept in PostgreSQL")


class EmptyPayload(Serializer[Payload]):
    """Nothing."""


def handler(payload: Payload, context: JobContext) -> None:
    """Does nothing."""


@pytest.mark.parametrize(
    ("job_type", "sentence"),
    [
        (
            JobType("tests.odd", handler, EmptyPayload, Effect.IDEMPOTENT, queue="other"),
            (
                "Job type 'tests.odd' uses queue 'other', which JOBS_QUEUES "
                "(default, emails, bulk) does not name."
            ),
        ),
        (
            JobType("tests.odd", handler, EmptyPayload, Effect.IDEMPOTENT, max_retries=26),
            "Job type 'tests.odd': max_retries must be 0 to 25.",
        ),
    ],
)
def test_a_type_that_could_never_run_is_refused(
    job_type: JobType, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    types = {**job_types.as_mapping(), job_type.name: job_type}
    monkeypatch.setattr(job_types, "_types", types)
    assert refusals() == [sentence]


@pytest.mark.parametrize(
    ("effect", "timeout_seconds", "is_warned_of"),
    [
        (Effect.TRANSACTIONAL, None, True),
        (Effect.TRANSACTIONAL, 60, False),
        (Effect.IDEMPOTENT, None, False),
        (Effect.ONCE, None, False),
    ],
)
def test_a_transactional_type_without_a_limit_of_its_own_is_warned_of(
    effect: Effect,
    timeout_seconds: float | None,
    is_warned_of: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    odd = JobType("tests.odd", handler, EmptyPayload, effect, timeout_seconds=timeout_seconds)
    monkeypatch.setattr(job_types, "_types", {**job_types.as_mapping(), odd.name: odd})
    messages = run_checks(tags=["jobs"])
    assert [message.id for message in messages] == ["jobs.W001"] * is_warned_of
    for message in messages:
        assert not message.is_serious()
        assert message.msg.startswith("Job type 'tests.odd' is transactional and has no timeout")
        assert "(30 s)" in message.msg


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JOBS_HTTP_ALLOWED_HOSTS", ["https://api.example.com"]),
        ("JOBS_HTTP_ALLOWED_HOSTS", ["*"]),
        ("JOBS_HTTP_ALLOWED_PORTS", ["https"]),
        ("JOBS_HTTP_ALLOWED_PORTS", ["65536"]),
        ("JOBS_HTTP_PRIVATE_HOSTS", ["*.example.com"]),
        ("JOBS_HTTP_PRIVATE_HOSTS", ["api.example.com"]),  # not among the allowed ones
    ],
)
def test_hosts_of_http_calls_are_named_one_way(
    settings: Settings, name: str, value: list[str]
) -> None:
    setattr(settings, name, value)
    [refusal] = refusals()
    assert name in refusal


def test_hosts_with_private_addresses_are_warned_of_before_they_are_deployed(
    settings: Settings,
) -> None:
    def warnings() -> list[str | None]:
        found = run_checks(tags=["jobs"], include_deployment_checks=True)
        return [warning.id for warning in found]

    assert "jobs.W002" not in warnings()
    settings.JOBS_HTTP_ALLOWED_HOSTS = settings.JOBS_HTTP_PRIVATE_HOSTS = ["localhost"]
    assert "jobs.W002" in warnings()
