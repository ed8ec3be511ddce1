"""Ids that lie in Redis, and are not those of queued jobs."""

from dataclasses import dataclass

from jobs.sql.statements import fetch_rows

_STRAYS = """
    SELECT count(DISTINCT known.id), count(DISTINCT known.id) FILTER (WHERE job.id IS NULL)
    FROM verify_known AS known
    LEFT JOIN jobs_job AS job ON job.id = known.id
    WHERE job.state IS DISTINCT FROM 'queued'
"""


@dataclass(frozen=True, slots=True)
class Strays:
    """Ids in Redis that are not queued, and how many of them are of no job at all.

    The first are left over where a job was claimed, or ended, in another way than through Redis.
    The others were committed once: PostgreSQL has lost them, in a failover to a replica that did
    not have them yet, or when it was restored to an earlier moment.
    """

    not_queued: int
    without_row: int

    @property
    def note(self) -> str:
        """What to say of them; empty if there are none."""
        if not self.not_queued:
            return ""
        note = f"{self.not_queued} ids in Redis that are not queued (harmless)"
        if not self.without_row:
            return note
        return (
            f"{note}, {self.without_row} of them without a row: PostgreSQL has lost these jobs, "
            "in a failover without synchronous replication or by a restore"
        )


def strays_among_known() -> Strays:
    """Those in the temporary table `verify_known`, which `verification/redis.py` fills."""
    [(not_queued, without_row)] = fetch_rows(_STRAYS)
    return Strays(not_queued, without_row)
