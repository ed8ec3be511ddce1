"""Exceptions of jobs, each with its facts. Those of other subjects are in files `*_errors.py`."""

from typing import Any
from uuid import UUID

# Errors that one refusal names. It counts the others: an answer must not grow with the mistakes.
ERRORS_MAX = 20


class JobsError(Exception):
    """Base of every error of this app."""


# Raised by handlers to say what happened to an attempt.


class PermanentError(JobsError):
    """The job can never succeed: it goes to the dead letters at once."""


class RetryAfter(JobsError):
    """The attempt failed; the next one starts no sooner than `seconds` from now.

    Counts as a failure, so it ends like any other once the retries are used up. A year at most.
    """

    def __init__(self, seconds: float, message: str = "") -> None:
        super().__init__(message or f"retry after {seconds:g} s")
        self.seconds = seconds


class OutcomeUnknown(JobsError):
    """The effect may or may not have happened: the attempt is treated as cut off.

    A job of `Effect.ONCE` goes to the dead letters as `interrupted`; others are retried.
    """


class JobCancelled(JobsError):
    """The handler has stopped because the job was cancelled; the job ends `cancelled`."""


class JobTimeout(BaseException):
    """The attempt has run for longer than its type allows.

    Not an Exception, so that a handler's `except Exception` does not catch it.
    """


# Refusals of a request.


class UnknownJobType(JobsError):
    """No installed app registers this job type."""

    def __init__(self, job_type: str, known: list[str]) -> None:
        super().__init__(f"unknown job type {job_type!r}; known types: {', '.join(known)}")
        self.job_type = job_type
        self.known = known


class PayloadInvalid(JobsError):
    """The payload does not fit its type. `errors` has the shape of DRF's `serializer.errors`."""

    def __init__(self, errors: Any) -> None:
        super().__init__("the payload does not fit its job type")
        self.errors = errors


class PayloadTooLarge(JobsError):
    """The payload, as JSON, has more bytes than `JOBS_PAYLOAD_MAX_BYTES`."""

    def __init__(self, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(f"the payload has {size_bytes} bytes; at most {limit_bytes} are accepted")
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes


class UnknownQueue(JobsError):
    """The queue is not one of `JOBS_QUEUES`."""

    def __init__(self, queue: str, known: list[str]) -> None:
        super().__init__(f"unknown queue {queue!r}; known queues: {', '.join(known)}")
        self.queue = queue
        self.known = known


class RecipientsLimitReached(JobsError):
    """The client's mails have had as many recipients as it may have mailed in a day.

    `wait_seconds`: after how long these will be within the limit.
    """

    def __init__(self, limit: int, wait_seconds: float) -> None:
        super().__init__(
            f"your mails may have {limit} recipients a day, and have had them; wait, or ask the "
            "server's operator for more (JOBS_EMAIL_RECIPIENTS_PER_DAY)"
        )
        self.limit = limit
        self.wait_seconds = wait_seconds


class IdempotencyKeyReused(JobsError):
    """The client has used the idempotency key before, and has asked for something else.

    `fields`: the payload's fields that differ; `callback_differs`: another `callback_url`, or none;
    `job_id`: the job that has the key.
    """

    def __init__(
        self, idempotency_key: str, fields: list[str], job_id: UUID, callback_differs: bool = False
    ) -> None:
        what = "payload" if fields else "callback_url"
        names = [*map(repr, fields), *["callback_url"] * callback_differs]
        super().__init__(
            f"idempotency key {idempotency_key!r} was used before with another {what}; "
            f"what differs: {', '.join(names)}"
        )
        self.idempotency_key = idempotency_key
        self.fields = fields
        self.callback_differs = callback_differs
        self.job_id = job_id


class DeadLetterResolved(JobsError):
    """The dead letter was already replayed, discarded, or settled by a late success."""

    def __init__(self, resolution: str) -> None:
        super().__init__(f"this dead letter is already {resolution}")
        self.resolution = resolution


class JobNotDead(JobsError):
    """A dead letter waits, but its job is not dead: `manage.py verify_jobs` says more.

    Nothing in this app makes such a row. It was changed by hand, or restored in part.
    """

    def __init__(self, job_id: UUID, state: str) -> None:
        super().__init__(f"job {job_id} has a waiting dead letter, but it is {state}, not dead")
        self.job_id = job_id
        self.state = state


class JobAlreadyFinal(JobsError):
    """A job in a final state cannot be cancelled."""

    def __init__(self, state: str) -> None:
        super().__init__(f"this job is already {state}")
        self.state = state


class JobHasStarted(JobsError):
    """An attempt at the job has begun, or it has ended: it can no longer be edited."""


# Refusals of what is asked of a schedule.


class ScheduleInvalid(JobsError):
    """The schedule makes no sense. `errors`: sentences, each with an example, by field."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__(" ".join(text for texts in errors.values() for text in texts))
        self.errors = errors


class ScheduleNameTaken(JobsError):
    """Another schedule has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is a schedule named {name!r} already; choose another name")
        self.name = name


class ScheduleDeclared(JobsError):
    """Code declares the schedule, and code wins: only pause and resume are left to people."""

    def __init__(self, name: str, declared_in: str) -> None:
        super().__init__(
            f"schedule {name!r} is declared in {declared_in}, and code wins: change it there; "
            "it can be paused, resumed and run here"
        )
        self.declared_in = declared_in


class ScheduleBroken(JobsError):
    """The schedule cannot make a job: its type, queue or payload does not fit any more."""


# A race or a connection was lost.


class LeaseLost(JobsError):
    """The attempt was taken away from this worker: its outcome may no longer be written."""


class StartNotWritten(JobsError):
    """PostgreSQL did not take the start of an effect, so the effect must not begin.

    Uncaught, the attempt goes back at no cost, and the job runs again in a second.
    """


class BrokerUnavailable(JobsError):
    """Redis did not answer, or refused a write. What it misses is dispatched again later."""


class BrokerUnsuitable(BrokerUnavailable):
    """The server at this address answers, and cannot serve. Only another address helps."""


class TransactionSilent(JobsError):
    """PostgreSQL ended a handler's transaction, in which nothing was asked for `limit_seconds`."""

    def __init__(self, job_type: str, limit_seconds: float) -> None:
        super().__init__(
            f"PostgreSQL ended the transaction of job type {job_type!r}, because the handler asked "
            f"nothing of it for {limit_seconds:g} s; the limit is the type's timeout_seconds, or "
            "else JOBS_WORKER_TIMEOUT_SECONDS: give the type a timeout_seconds that suffices"
        )
        self.job_type = job_type
        self.limit_seconds = limit_seconds
