"""Refusals at the start: settings with which jobs could not run, each in one plain sentence."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, connections
from django.db import Error as DatabaseError

from jobs.core.conf import MAX_RETRIES_LIMIT, JobsConf, jobs_conf, renamed_settings
from jobs.core.conf_rules import broken_rules
from jobs.core.errors import JobsError, PayloadInvalid
from jobs.core.states import Effect
from jobs.handlers.registry import job_types
from jobs.handlers.schedule import declared_schedules
from jobs.services.schedules.declare import spec_declared
from jobs.services.schedules.spec import check_request


@register("jobs")
def check_jobs(**kwargs: Any) -> list[CheckMessage]:
    """Returns one error for each reason not to start, and warnings; each says what to set."""
    conf = jobs_conf()
    broken = broken_rules(conf)
    sentences = broken or [*_job_types(conf), *_schedules()]
    warnings = [] if broken else _silent_transactions(conf)
    return [
        *(Error(sentence, id="jobs.E001") for sentence in [*_project(), *_renamed(), *sentences]),
        *(checks.Warning(sentence, id="jobs.W001") for sentence in warnings),
    ]


@register("jobs", deploy=True)
def check_private_hosts(**kwargs: Any) -> list[CheckMessage]:
    """Warns of hosts whose private addresses `http_request` may call."""
    hosts = jobs_conf().http_private_hosts
    if not hosts:
        return []
    return [
        checks.Warning(
            f"JOBS_HTTP_PRIVATE_HOSTS names {', '.join(map(str, hosts))}: whoever may submit jobs "
            "can call these hosts within your network; leave it empty in production.",
            id="jobs.W002",
        )
    ]


def _project() -> Iterator[str]:
    database = connections[DEFAULT_DB_ALIAS]
    if database.vendor != "postgresql":
        yield (
            f"The default database is {database.display_name}; jobs are kept in PostgreSQL: set "
            "DATABASES['default']['ENGINE'] to 'django.db.backends.postgresql'."
        )
    if not settings.USE_TZ:
        yield "USE_TZ is False; jobs run at moments that have a time zone: set it to True."


def _renamed() -> list[str]:
    return renamed_settings(lambda name: hasattr(settings, name))


def _job_types(conf: JobsConf) -> Iterator[str]:
    for job_type in job_types.as_mapping().values():
        if job_type.queue not in conf.queues:
            yield (
                f"Job type {job_type.name!r} uses queue {job_type.queue!r}, which JOBS_QUEUES "
                f"({', '.join(conf.queues)}) does not name."
            )
        if job_type.max_retries is not None and not 0 <= job_type.max_retries <= MAX_RETRIES_LIMIT:
            yield f"Job type {job_type.name!r}: max_retries must be 0 to {MAX_RETRIES_LIMIT}."


def _schedules() -> Iterator[str]:
    """Nothing of what only the database can say: a worker that starts asks it again.

    `migrate` makes these checks before there are tables, and a build before there is a server.
    """
    for declared in declared_schedules.all():
        try:
            check_request(spec_declared(declared))
        except DatabaseError:
            continue
        except (JobsError, ImproperlyConfigured) as error:
            if isinstance(error.__cause__, DatabaseError):  # in a serializer of the project
                continue
            more = f": {error.errors}" if isinstance(error, PayloadInvalid) else ""
            yield f"The schedule {declared.name!r} in {declared.place}: {error}{more}."


def _silent_transactions(conf: JobsConf) -> Iterator[str]:
    for job_type in job_types.as_mapping().values():
        if job_type.effect is Effect.TRANSACTIONAL and job_type.timeout_seconds is None:
            yield (
                f"Job type {job_type.name!r} is transactional and has no timeout_seconds: if its "
                "handler asks nothing of PostgreSQL for JOBS_WORKER_TIMEOUT_SECONDS "
                f"({conf.worker_timeout_seconds:g} s), it cannot succeed; give it a "
                "timeout_seconds, which is the limit then."
            )
