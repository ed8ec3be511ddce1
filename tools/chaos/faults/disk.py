"""PostgreSQL on a disk that gets full: first tables cannot grow, then the server ends itself."""

import time

from tools.chaos.fault import ONE_POSTGRESQL, Fault
from tools.chaos.options import DISK_FULL
from tools.chaos.pause import pause
from tools.chaos.run import Run
from tools.chaos.times import RECOVERY_SECONDS, WORKER_TIMEOUT_SECONDS

# Longer than the worker timeout: no worker may count as dead because heartbeats cannot be written.
_GROWING_SECONDS = WORKER_TIMEOUT_SECONDS + 3.0
_LOGGING_SECONDS = 4.0
_EVERY_SECONDS = 0.5


def _strike(run: Run) -> None:
    world = run.world
    run.wait_until_done(0.1)
    world.one_postgres.move_to(world.disk)
    run.wait_until_done(0.3)
    now = run.expect_in_flight("the disk was full")
    begun_at = time.monotonic()
    try:
        _stay_full(run, begun_at + _GROWING_SECONDS, is_logging=False)
        _stay_full(run, time.monotonic() + _LOGGING_SECONDS, is_logging=True)
    finally:
        world.disk.make_room()
    full_seconds = time.monotonic() - begun_at
    how = "had ended and was started" if world.one_postgres.serve_again() else "recovered by itself"
    run.fault_is_over()
    _expect_progress(run)
    # That is another outage, and the clock of the recovery runs from its end.
    world.one_postgres.move_home()
    run.fault_is_over()
    run.notes.append(
        f"the disk was full for {full_seconds:.1f} s, with {now.running} jobs "
        f"running and {now.queued} queued; PostgreSQL {how}"
    )


def _expect_progress(run: Run) -> None:
    """Work goes on by itself: a tenth of the jobs is done soon after there is room."""
    begun_at, share = time.monotonic(), run.progress().final / run.wanted
    run.wait_until_done(min(1.0, share + 0.1))
    took = time.monotonic() - begun_at
    run.notes.append(f"{took:.1f} s after there was room, a tenth of the jobs was done")
    if took > RECOVERY_SECONDS:
        run.broken.append(f"with room again, a tenth of the jobs took {took:.1f} s")


def _stay_full(run: Run, until: float, *, is_logging: bool) -> None:
    """`is_logging`: the log goes on in another segment, for which there is no room either."""
    while time.monotonic() < until:
        run.world.disk.fill()
        if is_logging:
            run.world.one_postgres.write_a_segment()
        pause(_EVERY_SECONDS)


DISK_IS_FULL = Fault(
    DISK_FULL,
    "the disk of PostgreSQL full until it ends, and a person makes room",
    _strike,
    work_seconds=0.4,
    postgresql=ONE_POSTGRESQL,
)
