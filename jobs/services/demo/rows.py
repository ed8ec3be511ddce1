"""Rows of the demonstration as COPY reads them: every value is text."""

from random import Random
from typing import NamedTuple

NULL = r"\N"


class JobRow(NamedTuple):
    """A job, in the order of `jobs/sql/demo_copy_jobs.sql`."""

    id: str
    type: str
    queue: str
    payload: str
    effect_key: str
    submitted_by_id: str
    state: str
    created_at: str
    run_at: str
    dispatched_at: str
    priority: str = "5"
    max_retries: str = "4"
    attempt: str = "0"
    failures: str = "0"
    crashes: str = "0"
    errors: str = "[]"
    worker_id: str = NULL
    claimed_at: str = NULL
    started_at: str = NULL
    finished_at: str = NULL
    idempotency_key: str = NULL
    done_by_id: str = NULL
    schedule_id: str = NULL
    batch_id: str = NULL
    expires_at: str = NULL
    cancel_requested_at: str = NULL
    cancelled_by: str = ""
    limits: str = NULL
    held_by: str = NULL
    request_id: str = NULL


class LetterRow(NamedTuple):
    """A dead letter, in the order of `jobs/sql/demo_copy_dead_letters.sql`."""

    id: str
    job_id: str
    type: str
    queue: str
    payload: str
    submitted_by_id: str
    reason: str
    error: str
    fingerprint: str
    attempts: str
    attempt: str
    created_at: str
    resolution: str = ""
    resolved_at: str = NULL
    resolved_by_id: str = NULL
    resolved_by_name: str = ""


class KeyRow(NamedTuple):
    """A processed key, in the order of `jobs/sql/demo_copy_processed_keys.sql`."""

    key: str
    job_id: str
    created_at: str
    processed_at: str


class ResultRow(NamedTuple):
    """What a handler returned, in the order of `jobs/sql/demo_copy_results.sql`."""

    job_id: str
    value: str
    created_at: str


class EventRow(NamedTuple):
    """What a person did, in the order of `jobs/sql/demo_copy_events.sql`."""

    id: str
    at: str
    actor_id: str
    actor_name: str
    action: str
    subject_type: str
    subject_id: str
    reason: str
    before: str
    after: str


def escaped(text: str) -> str:
    """Text as COPY reads it (PostgreSQL's manual, COPY, "File Formats")."""
    return text.replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n")


class Ids:
    """UUIDv7 of given moments, the same ones for the same moments and seed."""

    def __init__(self, random: Random) -> None:
        self._bits = random.getrandbits
        self._count = 0

    def __call__(self, ms: int) -> str:
        self._count += 1
        text = f"{self._bits(62) | 1 << 63:016x}"
        return f"{ms >> 16:08x}-{ms & 0xFFFF:04x}-7{self._count & 0xFFF:03x}-{text[:4]}-{text[4:]}"
