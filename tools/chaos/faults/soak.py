"""Hours of mixed work with a fault a minute: nothing lost, and nothing that grows."""

from tools.chaos.census import Census, broken_by, lines_about
from tools.chaos.companions.redrives import Redrives
from tools.chaos.fault import ONE_POSTGRESQL, ONE_REDIS, Fault
from tools.chaos.faults.mixed import Mix
from tools.chaos.run import Run

JOBS_PER_SECOND = 10.0
BETWEEN_SECONDS = (50.0, 70.0)


def _soak(run: Run) -> None:
    mix = Mix(run, BETWEEN_SECONDS)
    census = Census(run.world)
    census.start()
    try:
        mix.go_on_for(run.options.minutes * 60)
    finally:
        census.stop()
    run.load.stop()
    run.note_dropped_mails()
    run.wanted = len(run.load.planned)
    run.fault_is_over()
    run.notes[:] = [mix.summary(), *lines_about(census.memory, census.connections)]
    run.broken += broken_by(census.memory, census.connections)


SOAK = Fault(
    "soak",
    "mixed work, a fault a minute",
    _soak,
    per_second=JOBS_PER_SECOND,
    redis=ONE_REDIS,
    postgresql=ONE_POSTGRESQL,
    companions=(Redrives,),
)
