"""Job types: the name a client sends and the code that runs. Found like the admin's modules.

Every installed app may have a module `job_types` that uses `@job_type`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from inspect import iscoroutinefunction
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import autodiscover_modules
from rest_framework.serializers import Serializer

from jobs.core.errors import UnknownJobType
from jobs.core.retry import RetryPolicy
from jobs.core.states import Effect
from jobs.handlers.context import JobContext, Payload

Handler = Callable[[Payload, JobContext], Awaitable[None] | None]
KeyFunction = Callable[[Payload], str]


@dataclass(frozen=True)
class JobType:
    """One job type. What is None is left to the settings."""

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

    @cached_property
    def is_async(self) -> bool:
        """Whether the handler is `async def`, and runs on the worker's event loop."""
        return iscoroutinefunction(self.handler)


class JobTypes:
    """The types this process knows, by name."""

    def __init__(self) -> None:
        self._types: dict[str, JobType] = {}

    def add(self, job_type: JobType) -> None:
        """Adds a type; raises `ImproperlyConfigured` if the name is taken."""
        if job_type.name in self._types:
            raise ImproperlyConfigured(f"job type {job_type.name!r} is registered twice")
        if job_type.is_async and job_type.effect is Effect.TRANSACTIONAL:
            raise ImproperlyConfigured(
                f"job type {job_type.name!r}: a transactional handler must be a plain function, "
                "because Django's transactions are bound to a thread"
            )
        self._types[job_type.name] = job_type

    def get(self, name: str) -> JobType:
        """The type of that name; raises `UnknownJobType`."""
        try:
            return self._types[name]
        except KeyError:
            raise UnknownJobType(name, self.names()) from None

    def find(self, name: str) -> JobType | None:
        """The type of that name, or None."""
        return self._types.get(name)

    def names(self) -> list[str]:
        """Every known name, sorted."""
        return sorted(self._types)

    def as_mapping(self) -> Mapping[str, JobType]:
        """Every known type by name."""
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
    sensitive: tuple[str, ...] = (),
) -> Callable[[Handler], Handler]:
    """Registers the decorated function as the handler of job type `name`.

    payload: serializer class; what clients send is validated by it, and handlers get JSON
        that has passed it.
    effect: what being cut off means (`Effect`); declared, never guessed.
    queue: where jobs go unless the client says otherwise.
    key: derives the effect key from the payload (the type's name is put before it), so that
        jobs for the same effect exclude one another.
    sensitive: names of payload fields that are masked wherever people look.
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
                sensitive=frozenset(sensitive),
            )
        )
        return handler

    return register


def discover_job_types() -> None:
    """Imports `job_types` of every installed app."""
    autodiscover_modules("job_types")
