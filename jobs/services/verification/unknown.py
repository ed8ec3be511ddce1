"""Jobs that Redis names and PostgreSQL does not have."""

from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction

from jobs.core.clock import DAY_SECONDS
from jobs.core.conf import jobs_conf
from jobs.core.ids import uuid7_floor, uuid7_unix_seconds
from jobs.services.verification.check import EXAMPLES, Check
from jobs.services.verification.loaded import create_known, load_known, queues_in_use
from jobs.sql.statements import database_now, fetch_rows, statement

NAME = "unknown_jobs"
PROMISE = "Redis names no job that PostgreSQL does not have"


def unknown_check_of_known() -> Check:
    """Jobs that PostgreSQL has lost, among those in the temporary table `verify_known`."""
    [(known,)] = fetch_rows("SELECT count(DISTINCT id) FROM verify_known")
    unknown = _unknown_among_known()
    return Check(
        NAME,
        PROMISE,
        known,
        len(unknown),
        examples=[
            f"{one}: accepted at {accepted_at(one):%Y-%m-%d %H:%M:%S}, and not in PostgreSQL"
            for one in unknown[:EXAMPLES]
        ],
        notes="PostgreSQL is of an earlier moment than Redis" if unknown else "",
    )


def unknown_job_ids() -> list[UUID]:
    """The jobs that Redis names and PostgreSQL does not have, the oldest first.

    PostgreSQL has lost them: it was restored to an earlier moment, or a standby took over that had
    not got them yet. Raises BrokerUnavailable.
    """
    with transaction.atomic():
        create_known()
        load_known(queues_in_use())
        return _unknown_among_known()


def _unknown_among_known() -> list[UUID]:
    rows = fetch_rows(statement("verify_unknown"), {"oldest": oldest_kept()})
    return [job_id for (job_id,) in rows]


def oldest_kept() -> UUID:
    """The id of a job that was accepted so long ago that it is not pruned for certain."""
    kept_seconds = jobs_conf().retention_days * DAY_SECONDS
    return uuid7_floor(database_now().timestamp() - kept_seconds)


def accepted_at(job_id: UUID) -> datetime:
    """When a job was accepted, as its id tells; in UTC."""
    return datetime.fromtimestamp(uuid7_unix_seconds(job_id), UTC)
