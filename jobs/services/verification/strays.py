"""Ids that lie in Redis, and are not those of queued jobs."""

from jobs.sql.statements import fetch_rows

_STRAYS = """
    SELECT count(DISTINCT known.id)
    FROM verify_known AS known
    LEFT JOIN jobs_job AS job ON job.id = known.id
    WHERE job.state IS DISTINCT FROM 'queued'
"""


def strays_note() -> str:
    """What to say of those in the temporary table `verify_known`; empty if there are none.

    They are left over where a job was claimed, or ended, in another way than through Redis. What
    PostgreSQL has lost is among them, and has a check of its own (`unknown.py`).
    """
    [(count,)] = fetch_rows(_STRAYS)
    return f"{count} ids in Redis that are not queued (harmless)" if count else ""
