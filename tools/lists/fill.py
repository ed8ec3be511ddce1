"""Rows for the lists: jobs of a month, and the dead letters of those that are dead."""

from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import connection

PART = 250_000
SCHEDULE = UUID("01890000-0000-7000-8000-000000000000")

_LETTERS = """
INSERT INTO jobs_deadletter (
    id, job_id, type, queue, payload, submitted_by_id, reason, error, fingerprint, attempts,
    attempt, created_at, resolution, resolved_at
)
SELECT
    id, id, type, queue, payload, submitted_by_id, 'permanent', 'E: no',
    substr(md5(n::text), 1, 16), '[]', 1, finished_at, r, CASE WHEN r <> '' THEN finished_at END
FROM (
    SELECT job.*, row_number() OVER () % 50 AS n,
        CASE WHEN row_number() OVER () % 10 > 0 THEN 'discarded' ELSE '' END AS r
    FROM jobs_job AS job WHERE state = 'dead'
) AS dead
"""


def fill(jobs: int) -> dict[str, AbstractBaseUser]:
    """Makes so many jobs; returns clients by how many of the jobs they have."""
    manager: Any = get_user_model()._default_manager
    clients = {name: manager.create_user(username=name) for name in ("third", "most", "thirty")} | {
        "staff": manager.create_superuser(username="staff")
    }
    statement = (Path(__file__).parent / "fill_jobs.sql").read_text(encoding="utf-8")
    with connection.cursor() as cursor:
        for first in range(1, jobs + 1, PART):
            numbers = {"jobs": jobs, "first": first, "last": min(jobs, first + PART - 1)}
            ids = {
                "client": clients["third"].pk,
                "other_client": clients["most"].pk,
                "rare_client": clients["thirty"].pk,
                "schedule": SCHEDULE,
            }
            cursor.execute(statement, numbers | ids)
        cursor.execute(_LETTERS)
        cursor.execute("VACUUM (ANALYZE) jobs_job, jobs_deadletter")
    return clients
