"""Job types: the name that a client sends, and the code that runs.

Each installed app may have a module `job_types` that uses `@job_type`; it is imported when Django
starts, as the admin's modules are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import autodiscover_modules
from rest_framework.serializers import Serializer

from jobs.core.errors import UnknownJobType
from jobs.core.limit import LimitRule
from jobs.core.retry import RetryPolicy
from jobs.core.states import Effect
from jobs.handlers.context import JobContext, Payload
from jobs.handlers.registration import declared_limit, faults, is_async

Handler = Callable[[Payload, JobContext], object]
"""A plain function, which runs on a thread, or an `async def`, which runs on the event loop."""

KeyFunction = Callable[[Payload], str]
"""Derives the effect key from a payload."""

EvidenceFunction = Callable[[Payload, UUID, str], Mapping[str, str]]
"""Says what to look for where an effect may have happened, from payload, job id and effect key."""

RecipientsFunction = Callable[[Payload], int]
"""Says how many people the mail of a payload goes to."""


@dataclass(frozen=True)
class JobType:
    """One job type; its fields are the arguments of `job_type`."""

    name: str
    handler: Handler
    payload: type[Serializer[Any]]
    effect: Effect
    queue: str = "default"
    max_retries: int | None = None
    retry: RetryPolicy | None = None
    timeout_seconds: float | None = None
    key: KeyFunction | None = None
    sensitive: frozenset[str] = field(default_factory=frozenset)
    calls_effect_begins: bool = False
    recipients: RecipientsFunction | None = None
    limit: LimitRule | None = None
    concurrency_key: KeyFunction | None = None
    fairness_key: KeyFunction | None = None
    example: Mapping[str, Any] | None = None
    evidence: EvidenceFunction | None = None

    @cached_property
    def is_async(self) -> bool:
        """Whether a call of the handler returns a coroutine, which runs on the worker's event loop.

        False for a plain decorator around an `async def`: what it returns is awaited on its thread.
        """
        return is_async(self.handler)

    @cached_property
    def derives_nothing(self) -> bool:
        """Whether it has no function of the payload and no limit."""
        derived = (self.key, self.recipients, self.limit, self.concurrency_key, self.fairness_key)
        return all(one is None for one in derived)


class JobTypes:
    """The job types that this process knows."""

    def __init__(self) -> None:
        self._types: dict[str, JobType] = {}

    def add(self, job_type: JobType) -> None:
        """Adds a type.

        Raises ImproperlyConfigured, with one sentence, if the name is taken, or if the type could
        never run as it says; see `jobs.handlers.registration`.
        """
        if job_type.name in self._types:
            raise ImproperlyConfigured(f"job type {job_type.name!r} is registered twice")
        if fault := next(faults(job_type), None):
            raise ImproperlyConfigured(fault)
        self._types[job_type.name] = job_type

    def get(self, name: str) -> JobType:
        """The type of that name; raises UnknownJobType."""
        try:
            return self._types[name]
        except KeyError:
            raise UnknownJobType(name, self.names()) from None

    def find(self, name: str) -> JobType | None:
        """The type of that name; None if no installed app registers it."""
        return self._types.get(name)

    def names(self) -> list[str]:
        """The names of all types, sorted."""
        return sorted(self._types)

    def as_mapping(self) -> Mapping[str, JobType]:
        """All types by name; a copy."""
        return dict(self._types)


job_types = JobTypes()


def job_type(
    name: str,
    *,
    payload: type[Serializer[Any]],
    effect: Effect,
    queue: str = "default",
    max_retries: int | None = None,
    retry: RetryPolicy | None = None,
    timeout_seconds: float | None = None,
    key: KeyFunction | None = None,
    sensitive: tuple[str, ...] | str = (),
    calls_effect_begins: bool = False,
    recipients: RecipientsFunction | None = None,
    max_concurrency: int | None = None,
    rate: str | None = None,
    burst: int | None = None,
    concurrency_key: KeyFunction | None = None,
    fairness_key: KeyFunction | None = None,
    example: Mapping[str, Any] | None = None,
    evidence: EvidenceFunction | None = None,
) -> Callable[[Handler], Handler]:
    """Registers the decorated function as the handler of jobs of type `name`.

    The handler gets the payload and a `JobContext`. It returns for a success; an exception means
    that the effect did not happen, and the job is retried. `PermanentError`, `RetryAfter` and
    `OutcomeUnknown` (from `jobs`) say something else.

    name: letters, digits, `.`, `_` and `-`; 100 at most.
    payload: a serializer class of Django REST framework. It validates what clients send, and the
        handler gets what it made of that, as JSON.
    effect: what it means that an attempt was cut off; see `Effect`.
    queue: the queue of jobs that name none.
    max_retries: after the first attempt, 0 to 25; None is `JOBS_MAX_RETRIES`.
    retry: how long to wait between attempts; None is the settings `JOBS_RETRY_*`.
    timeout_seconds: how long an attempt may run before it is cut off; None is no limit.
    key: derives the effect key from the payload; the type's name is put before it. Jobs with the
        same effect key exclude one another, whoever submitted them.
    sensitive: names of payload fields that are masked in the API, the admin and tracebacks.
    calls_effect_begins: for `Effect.ONCE`: the handler calls `context.effect_begins()` just before
        its effect. What is cut off before that point has not happened, and runs again. An effect
        that comes without the call may be repeated.
    recipients: for types that send mail: how many people the payload's mail goes to. What clients
        may have sent in a day is limited (`JOBS_EMAIL_RECIPIENTS_PER_DAY`).
    max_concurrency: how many jobs of the type are admitted at once, in all workers together.
    rate, burst: how many may begin in a time, such as `100/m`, and how many of them at once.
    concurrency_key: derives a key from the payload; the two limits above then hold for each key.
    fairness_key: derives whose turn a job takes in a fair queue; the client's by default.
    example: a payload to show to clients; None makes one from the fields of `payload`.
    evidence: says what a person looks for who has to find out whether the effect of a dead job
        happened, such as `{"Message-ID": ...}`: from the payload, the job's id and its effect key.

    Raises ImproperlyConfigured when it is applied; see `JobTypes.add`.
    """

    def register(handler: Handler) -> Handler:
        job_types.add(
            JobType(
                name=name,
                handler=handler,
                payload=payload,
                effect=effect,
                queue=queue,
                max_retries=max_retries,
                retry=retry,
                timeout_seconds=timeout_seconds,
                key=key,
                # Not the letters of a text: the comma of a tuple of one is easily forgotten.
                sensitive=frozenset([sensitive] if isinstance(sensitive, str) else sensitive),
                calls_effect_begins=calls_effect_begins,
                recipients=recipients,
                limit=declared_limit(name, max_concurrency, rate, burst),
                concurrency_key=concurrency_key,
                fairness_key=fairness_key,
                example=example,
                evidence=evidence,
            )
        )
        return handler

    return register


def discover_job_types() -> None:
    """Imports the module `job_types` of each installed app that has one."""
    autodiscover_modules("job_types")
