"""`manage.py jobs list`: the newest jobs."""

import argparse

from django.db import OperationalError, transaction
from psycopg.errors import QueryCanceled

from jobs.core.states import JobState
from jobs.management.option_types import whole_number
from jobs.management.output import Output
from jobs.management.subcommands.subcommand import (
    EXIT_DONE,
    EXIT_FAILED,
    Options,
    Subcommand,
)
from jobs.models import Job
from jobs.models.job_queryset import JobQuerySet
from jobs.services.job_facts import job_facts
from jobs.services.short_transaction import limit_transaction

LIMIT_MAX = 10_000
LIMIT_DEFAULT = 20
# A filter that few of millions of jobs fit has no index: a shell must not occupy PostgreSQL.
LIMIT_SECONDS = 10.0

HEADINGS = ("ID", "TYPE", "QUEUE", "PRIORITY", "STATE", "ATTEMPT", "CREATED (UTC)")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--state", choices=JobState.values)
    parser.add_argument("--type")
    parser.add_argument("--queue")
    parser.add_argument(
        "--limit",
        type=whole_number(1, LIMIT_MAX),
        default=LIMIT_DEFAULT,
        help="how many (default: %(default)s)",
    )


def _run(options: Options, output: Output) -> int:
    try:
        with transaction.atomic():
            limit_transaction("statement_timeout", LIMIT_SECONDS)
            jobs = list(_asked_for(options)[: options["limit"]])
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        output.error(f"That took longer than {LIMIT_SECONDS:g} s: give fewer filters.")
        return EXIT_FAILED
    if output.as_json:
        output.document([job_facts(job) for job in jobs])
    else:
        output.table(HEADINGS, [_row(job) for job in jobs])
    return EXIT_DONE


def _asked_for(options: Options) -> JobQuerySet:
    filters = {
        name: options[name] for name in ("state", "type", "queue") if options[name] is not None
    }
    return Job.objects.select_related("worker", "submitted_by").filter(**filters).order_by("-id")


def _row(job: Job) -> tuple[object, ...]:
    created = f"{job.created_at:%Y-%m-%d %H:%M:%S}"
    return job.id, job.type, job.queue, job.priority, job.state, job.attempt, created


LIST = Subcommand("list", "The newest jobs, filtered.", _add_arguments, _run)
