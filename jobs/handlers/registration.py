"""What is refused when a job type is registered: what could never run, or not as it says.

Each fault is one plain sentence that says what to change.
"""

from collections.abc import Callable, Iterator
from functools import partial
from inspect import isasyncgenfunction, isclass, isgeneratorfunction, signature
from re import compile as compile_pattern
from typing import TYPE_CHECKING, Any

from asgiref.sync import iscoroutinefunction
from django.core.exceptions import ImproperlyConfigured
from rest_framework.serializers import BaseSerializer

from jobs.core.conf import MAX_RETRIES_LIMIT, jobs_conf
from jobs.core.json_text import json_text
from jobs.core.limit import LimitRule, checked_concurrency, parse_rate
from jobs.core.number import is_number
from jobs.core.retry import RetryPolicy
from jobs.core.states import Effect

if TYPE_CHECKING:
    from jobs.handlers.registry import JobType

# The length of the column `Job.type`. A colon or a space would be read as a separator: the effect
# key is made of the type and a key, a message in Redis of an id and an effect key.
TYPE_NAME_LENGTH = 100
TYPE_NAME = compile_pattern(r"[A-Za-z0-9][A-Za-z0-9_.-]*")

# In seconds. PostgreSQL takes a limit of at most 2^31 - 1 ms, and less than 1 ms switches it off.
TIMEOUT_MIN_SECONDS = 0.001
TIMEOUT_MAX_SECONDS = 2_000_000.0


def is_async(handler: Callable[..., Any]) -> bool:
    """Whether a call returns a coroutine: an `async def`, or an object whose `__call__` is one."""
    return any(iscoroutinefunction(one) for one in _called(handler))


def faults(job_type: "JobType") -> Iterator[str]:
    """Why the type must not be registered; nothing if it may."""
    named = f"job type {job_type.name!r}"
    yield from (f"{named}: {fault}" for fault in _name_faults(job_type.name))
    yield from (f"{named}: {fault}" for fault in _argument_faults(job_type))
    yield from (f"{named}: {fault}" for fault in _handler_faults(job_type))
    yield from (f"{named}: {fault}" for fault in _retry_faults(job_type))
    yield from (f"{named}: {fault}" for fault in _timeout_faults(job_type.timeout_seconds))
    yield from (f"{named}: {fault}" for fault in _queue_faults(job_type.queue))


def declared_limit(
    name: str, max_concurrency: int | None, rate: str | None, burst: int | None
) -> LimitRule | None:
    """The limit that a type declares; None if it declares none. Raises ImproperlyConfigured."""
    if max_concurrency is None and rate is None and burst is None:
        return None
    try:
        if rate is None and burst is not None:
            raise ValueError("burst needs a rate, for example rate='100/m'")
        return LimitRule(
            None if max_concurrency is None else checked_concurrency(max_concurrency),
            None if rate is None else parse_rate(rate, burst),
        )
    except ValueError as error:
        raise ImproperlyConfigured(f"job type {name!r}: {error}") from None


def _name_faults(name: object) -> Iterator[str]:
    if not isinstance(name, str) or not TYPE_NAME.fullmatch(name):
        yield (
            "the name is made of letters (a to z, in both cases), digits, '.', '_' and '-', and "
            "begins with a letter or digit"
        )
    elif len(name) > TYPE_NAME_LENGTH:
        yield f"the name has {len(name)} characters; {TYPE_NAME_LENGTH} at most"


# Nothing has checked the types of these arguments yet.
def _argument_faults(job_type: Any) -> Iterator[str]:
    if not isclass(job_type.payload) or not issubclass(job_type.payload, BaseSerializer):
        yield "payload must be a serializer class"
    if not isinstance(job_type.effect, Effect):
        yield "effect must be a member of Effect"
    if job_type.key is not None and (not callable(job_type.key) or is_async(job_type.key)):
        yield "key must be a plain function of the payload"
    recipients = job_type.recipients
    if recipients is not None and (not callable(recipients) or is_async(recipients)):
        yield "recipients must be a plain function of the payload"
    for name in ("concurrency_key", "fairness_key"):
        function = getattr(job_type, name)
        if function is not None and (not callable(function) or is_async(function)):
            yield f"{name} must be a plain function of the payload"
    if job_type.evidence is not None and (
        not callable(job_type.evidence) or is_async(job_type.evidence)
    ):
        yield "evidence must be a plain function of the payload, the job's id and its effect key"
    if job_type.concurrency_key is not None and job_type.limit is None:
        yield "concurrency_key needs max_concurrency or rate"
    if job_type.example is not None and not _is_json_object(job_type.example):
        yield "example must be a mapping that is JSON"
    if not all(isinstance(name, str) for name in job_type.sensitive):
        yield "sensitive must name fields of the payload"
    if not isinstance(job_type.calls_effect_begins, bool):
        yield "calls_effect_begins must be True or False"
    elif job_type.calls_effect_begins and job_type.effect is not Effect.ONCE:
        yield (
            "calls_effect_begins is for Effect.ONCE alone: what has another effect is repeated "
            "wherever it was cut off"
        )


def _is_json_object(example: Any) -> bool:
    try:
        json_text(dict(example))
    except (TypeError, ValueError):
        return False
    return True


def _handler_faults(job_type: Any) -> Iterator[str]:
    handler = job_type.handler
    if not callable(handler) or isclass(handler):
        yield "the handler must be a function, or an object that can be called"
        return
    called = list(_called(handler))
    if any(isgeneratorfunction(one) or isasyncgenfunction(one) for one in called):
        yield "the handler is a generator (it has a 'yield'), which a call does not run"
    if not _takes_payload_and_context(handler):
        yield "the handler must take two arguments, the payload and the context"
    if job_type.effect is Effect.TRANSACTIONAL and is_async(handler):
        yield (
            "a transactional handler must be a plain function, because Django's transactions are "
            "bound to a thread"
        )


def _retry_faults(job_type: Any) -> Iterator[str]:
    retries, policy = job_type.max_retries, job_type.retry
    if retries is not None and (
        not isinstance(retries, int)
        or isinstance(retries, bool)
        or not 0 <= retries <= MAX_RETRIES_LIMIT
    ):
        yield f"max_retries must be 0 to {MAX_RETRIES_LIMIT}"
    if policy is None:
        return
    if not isinstance(policy, RetryPolicy):
        yield "retry must be a RetryPolicy"
        return
    if retries == 0:
        yield "max_retries is 0, so its retry policy would never be used; leave one of them out"
    waits = (policy.base_seconds, policy.factor, policy.cap_seconds, policy.jitter)
    if not all(is_number(value, int, float) for value in waits):
        yield "the values of its retry policy must be numbers"
    elif policy.base_seconds < 0 or policy.jitter < 0 or policy.factor < 1:
        yield "base_seconds and jitter of its retry policy must not be negative, nor factor below 1"
    elif policy.cap_seconds < policy.base_seconds:
        yield "cap_seconds of its retry policy must not be less than base_seconds"


def _timeout_faults(timeout_seconds: object) -> Iterator[str]:
    if timeout_seconds is None:
        return
    if not is_number(timeout_seconds, int, float) or not (
        TIMEOUT_MIN_SECONDS <= timeout_seconds <= TIMEOUT_MAX_SECONDS  # type: ignore[operator]
    ):
        yield (
            f"timeout_seconds must be {TIMEOUT_MIN_SECONDS:g} to {TIMEOUT_MAX_SECONDS:.0f}; "
            "leave it out for no limit"
        )


def _queue_faults(queue: object) -> Iterator[str]:
    queues = jobs_conf().queues
    # What is wrong with JOBS_QUEUES itself, the system check says.
    if isinstance(queues, list) and queues and queue not in queues:
        yield f"its queue {queue!r} is not one of JOBS_QUEUES ({', '.join(map(str, queues))})"


def _called(handler: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """What a call of the handler runs: itself, without `partial`, and `__call__` of its class."""
    while isinstance(handler, partial):
        handler = handler.func
    yield handler
    if not isclass(handler):
        yield type(handler).__call__


def _takes_payload_and_context(handler: Callable[..., Any]) -> bool:
    try:
        its_signature = signature(handler)
    except (TypeError, ValueError):
        return True  # written in C: only a call can tell
    try:
        its_signature.bind(None, None)
    except TypeError:
        return False
    return True
