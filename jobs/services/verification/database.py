"""The checks that need PostgreSQL alone."""

from django.db import connection, transaction

from jobs.core.clock import DAY_SECONDS
from jobs.core.conf import jobs_conf
from jobs.models.schedule_queryset import DECLARED_FOR_SECONDS
from jobs.services.verification.check import Check, check_by_statement, timed
from jobs.sql.statements import execute

# A rescue may take this long beyond the worker timeout: promise I6 in docs/guarantees.md.
TOLERANCE_SECONDS = 10.0

DATABASE_CHECKS = {
    "job_states": "every job is in a legal state, with columns that fit",
    "key_owners": "one owner for each effect key",
    "running": "no running job without a live worker",
    "succeeded": "every success has its processed key, if jobs can share it, and no other outcome",
    "processed_keys": "no processed key without a success",
    "skipped": "what was skipped had been done by another job",
    "dead": "every dead job has its dead letter",
    "slots": "every admitted job has its slots, and no other job has any",
    "limits": "no limit admits more than it allows",
    "dead_letters": "every dead letter fits its job and is complete",
    "replays": "every replayed job names the dead letter that it comes from",
    "redrives": "every redrive counts what it has replayed, each once",
    "dead_letter_groups": "every group counts its dead letters",
    "batches": "every batch counts the jobs that have ended, and has its callbacks in the end",
    "schedules": "every schedule fires in time, and each fire time has one job",
}
"""Names of checks, and the promise of each; the statement is `jobs/sql/verify_<name>.sql`."""


def database_checks() -> list[Check]:
    """Runs all checks of PostgreSQL on one snapshot, so that they see the same moment."""
    with transaction.atomic():
        if len(connection.savepoint_ids) == 0:  # a transaction of the caller has begun otherwise
            execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return [_database_check(name, promise) for name, promise in DATABASE_CHECKS.items()]


def _database_check(name: str, promise: str) -> Check:
    conf = jobs_conf()
    parameters = {
        "rescue_seconds": conf.worker_timeout_seconds + TOLERANCE_SECONDS,
        "declared_seconds": DECLARED_FOR_SECONDS,
        "key_retention_seconds": conf.key_retention_days * DAY_SECONDS,
    }
    return timed(lambda: check_by_statement(name, promise, parameters))
