"""Collects what is known about a job that broke a promise."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tools.chaos.effects import Effect
from tools.chaos.job_rows import JobRow

JOBS_SHOWN = 5
_LINES_SHOWN = 20


def timelines(
    job_ids: Sequence[str], rows: Sequence[JobRow], effects: Sequence[Effect], log_dir: Path
) -> list[str]:
    """Returns lines about the first few of these jobs."""
    by_id = {row.id: row for row in rows}
    lines: list[str] = []
    for job_id in job_ids[:JOBS_SHOWN]:
        lines += _about(job_id, by_id.get(job_id))
        lines += [f"  {_time(e.at)} effect: {e.how}" for e in effects if e.job_id == job_id]
        lines += [f"  {line}" for line in _logged(job_id, log_dir)]
    if len(job_ids) > JOBS_SHOWN:
        lines.append(f"... and {len(job_ids) - JOBS_SHOWN} more")
    return lines


def _about(job_id: str, row: JobRow | None) -> Iterator[str]:
    if row is None:
        yield f"job {job_id}: not in the database"
        return
    yield (
        f"job {row.id} ({row.type}, key {row.key}): {row.state} {row.reason}, attempt "
        f"{row.attempt}, failures {row.failures}, worker {row.worker}"
    )
    moments = {
        "created": row.created_at,
        "due": row.run_at,
        "claimed": row.claimed_at,
        "started": row.started_at,
        "finished": row.finished_at,
    }
    for name, moment in moments.items():
        if moment is not None:
            yield f"  {_time(moment.timestamp())} {name}"
    for error in row.errors:
        yield (
            f"  attempt {error.get('attempt')} by {error.get('worker')} at {error.get('at')}: "
            f"{error.get('error')}: {error.get('message')}"
        )


def _logged(job_id: str, log_dir: Path) -> list[str]:
    """What the processes said about the job, in order of time."""
    found = [
        (line, log.stem)
        for log in sorted(log_dir.glob("*.log"))
        for line in log.read_text(errors="replace").splitlines()
        if job_id in line
    ]
    return [f"{stem}: {line}" for line, stem in sorted(found)[:_LINES_SHOWN]]


def _time(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%H:%M:%S.%f}"[:-3]
