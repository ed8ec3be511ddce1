"""What happens to PostgreSQL and the connections to it."""

import time
from collections import Counter

from tools.chaos.fault import ONE_POSTGRESQL, Fault
from tools.chaos.pause import pause
from tools.chaos.run import Missed, Run
from tools.chaos.times import WORKER_TIMEOUT_SECONDS

# Longer than the worker timeout: no worker may count as dead because heartbeats cannot be written.
AWAY_SECONDS = WORKER_TIMEOUT_SECONDS + 3.0
CUTS_LEAST = 10
_CUTTING_SECONDS = 5.0
_BETWEEN_CUTS_SECONDS = 0.1


def _restart(run: Run) -> None:
    run.wait_until_done(0.4)
    restart(run, away_seconds=0.0)
    run.fault_is_over()


def _away(run: Run) -> None:
    run.wait_until_done(0.4)
    restart(run, away_seconds=AWAY_SECONDS)
    run.fault_is_over()


def restart(run: Run, *, away_seconds: float) -> None:
    """Stops PostgreSQL in immediate mode, which is like a crash: the next start replays the WAL."""
    now = run.expect_in_flight("PostgreSQL was stopped")
    stopped_at = time.monotonic()
    run.world.one_postgres.kill()
    pause(away_seconds)
    run.world.one_postgres.start()
    run.notes.append(
        f"PostgreSQL was away for {time.monotonic() - stopped_at:.1f} s, with {now.running} jobs "
        f"running and {now.queued} queued"
    )


def _cut(run: Run) -> None:
    run.wait_until_done(0.1)
    run.expect_in_flight("connections were cut")
    cut(run, _CUTTING_SECONDS)
    run.fault_is_over()


def cut(run: Run, seconds: float) -> None:
    """Cuts connections one by one, those in the middle of a statement or transaction first."""
    cuts: Counter[str] = Counter()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if state := run.world.job_rows.cut_one_connection():
            cuts[state] += 1
        pause(_BETWEEN_CUTS_SECONDS)
    busy = cuts.total() - cuts["idle"]
    if cuts.total() < CUTS_LEAST:
        raise Missed(f"only {cuts.total()} connections could be cut")
    run.notes.append(f"{cuts.total()} connections cut, {busy} in the middle of something")


POSTGRES_RESTARTED = Fault(
    "postgres", "PostgreSQL restarted in immediate mode", _restart, postgresql=ONE_POSTGRESQL
)
POSTGRES_AWAY = Fault(
    "postgres-away",
    f"PostgreSQL away for {AWAY_SECONDS:g} s",
    _away,
    postgresql=ONE_POSTGRESQL,
)
CONNECTIONS_CUT = Fault(
    "cut", "database connections cut one by one", _cut, work_seconds=0.4, backlog=0.4
)
