"""What happens to workers."""

import time

from tools.chaos.fault import Fault
from tools.chaos.options import Options
from tools.chaos.pause import pause
from tools.chaos.run import POLL_SECONDS, Missed, Run
from tools.chaos.times import RECOVERY_SECONDS

KILLS = 5
_TRIES = 3

# Delayed jobs are due between these, spread evenly.
_DELAY_FROM, _DELAY_TO = 5.0, 20.0
_SHORT_DELAY_TO = 10.0
_STEPS = 50


def kill_one(run: Run) -> None:
    """Kills a worker in the middle of its jobs; raises `Missed` if it never held any."""
    for _ in range(_TRIES):
        if held := run.kill(run.busiest_worker()):
            run.notes.append(f"killed a worker that held {held} jobs")
            return
    raise Missed("the killed workers held no job")


def _kill(run: Run) -> None:
    for number in range(KILLS):
        run.wait_until_done(0.1 + 0.15 * number)
        kill_one(run)
    run.fault_is_over()


def _terminate(run: Run) -> None:
    for number, _ in enumerate(list(run.world.crew.workers)):
        run.wait_until_done(0.1 + 0.6 * number / run.options.workers)
        terminate_one(run)
    run.fault_is_over()


def terminate_one(run: Run) -> None:
    """SIGTERM for a worker in the middle of its jobs, and another one in its place."""
    run.world.crew.wait_until_ready()
    victim = run.busiest_worker()
    status = victim.stop()
    if status != 0:
        run.broken.append(f"{victim.name} ended with {status} after SIGTERM; see {victim.log}")
    run.world.crew.replace(victim)


def _freeze(run: Run) -> None:
    run.wait_until_done(0.3)
    freeze_one(run)
    run.fault_is_over()


def freeze_one(run: Run) -> None:
    """Stops a worker with SIGSTOP, and thaws it once its jobs have been rescued."""
    victim = run.busiest_worker()
    victim.freeze()
    frozen_at = time.monotonic()
    held = len(run.world.job_rows.held_by([victim.pid], run.client_id))
    while run.world.job_rows.held_by([victim.pid], run.client_id):
        if time.monotonic() - frozen_at > RECOVERY_SECONDS:
            run.broken.append(f"the jobs of a frozen worker were not rescued; see {victim.log}")
            break
        pause(POLL_SECONDS)
    rescued_after = time.monotonic() - frozen_at
    pause(0.5)  # the frozen worker comes back while others run what was rescued
    victim.thaw()
    if not held:
        raise Missed("the frozen worker held no job")
    run.notes.append(f"froze a worker that held {held} jobs; rescued after {rescued_after:.1f} s")


def _kill_while_delayed(run: Run) -> None:
    for number in range(KILLS):
        run.wait_until_done(0.1 + 0.15 * number)
        kill_one(run)
    last_due = max(row.run_at.timestamp() for row in run.jobs())
    run.fault_is_over(max(time.time(), last_due))


def _delay(options: Options, number: int) -> float:
    to = _SHORT_DELAY_TO if options.short else _DELAY_TO
    return _DELAY_FROM + (to - _DELAY_FROM) * (number * 7 % _STEPS) / _STEPS


WORKERS_KILLED = Fault("kill", f"workers killed with SIGKILL {KILLS} times", _kill)
WORKERS_TERMINATED = Fault("term", "rolling restart with SIGTERM", _terminate, work_seconds=1.5)
WORKER_FROZEN = Fault("freeze", "a worker frozen past its limit, then thawed", _freeze)
DELAYED_KILLED = Fault(
    "delayed",
    "delayed jobs (5 to 20 s), workers killed",
    _kill_while_delayed,
    backlog=1,
    delay_seconds=_delay,
)
