"""A transactional handler that asks nothing of PostgreSQL for too long, and the error that says so.

PostgreSQL ends such a transaction, so that a frozen process cannot hold its locks for ever. For the
handler that is a lost connection, which says neither why nor what to do.
"""

from collections.abc import Iterator

from psycopg.errors import IdleInTransactionSessionTimeout

from jobs.core.conf import jobs_conf
from jobs.core.errors import TransactionSilent
from jobs.handlers.registry import JobType
from jobs.services.database_errors import DATABASE_ERRORS


def silence_limit_seconds(job_type: JobType) -> float:
    """How long a transactional handler may ask nothing of PostgreSQL."""
    return job_type.timeout_seconds or jobs_conf().worker_timeout_seconds


def named(exception: Exception, job_type: JobType, seconds: float, *, is_lost: bool) -> Exception:
    """TransactionSilent in place of an error of PostgreSQL's that silence has caused.

    `seconds`: how long the transaction lasted; `is_lost`: whether its connection is closed. What a
    handler made of such an error keeps its class, because that may say whether to try again, and
    gets a note. Any other exception is returned as it is.
    """
    limit_seconds = silence_limit_seconds(job_type)
    is_of_database = isinstance(exception, DATABASE_ERRORS)
    is_silence = any(isinstance(one, IdleInTransactionSessionTimeout) for one in _chain(exception))
    if not is_silence and is_of_database:
        # The handler caught the one error that names the reason; what came after it does not.
        is_silence = is_lost and seconds >= limit_seconds
    if not is_silence:
        return exception
    silent = TransactionSilent(job_type.name, limit_seconds)
    if is_of_database:
        return silent
    exception.add_note(str(silent))
    return exception


def _chain(exception: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while exception is not None and id(exception) not in seen:
        seen.add(id(exception))
        yield exception
        exception = exception.__cause__ or exception.__context__
