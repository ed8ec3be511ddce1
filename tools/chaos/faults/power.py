"""A power failure: everything dies at the same moment, and is started again."""

from tools.chaos.fault import ONE_POSTGRESQL, ONE_REDIS, Fault
from tools.chaos.processes import SLOTS
from tools.chaos.run import Run


def _cut_power(run: Run) -> None:
    run.wait_until_done(0.4)
    cut_power(run)
    run.fault_is_over()


def cut_power(run: Run) -> None:
    """Kills workers, API, Redis and PostgreSQL; what they had not written to disk is lost."""
    world = run.world
    now = run.expect_in_flight("the power failed")
    workers = list(world.crew.workers)
    for worker in workers:
        worker.freeze()  # all at one moment: workers killed later would see the first ones die
    world.one_postgres.kill()
    world.one_redis.kill()
    world.one_redis.forget()
    world.api.kill()
    for worker in workers:
        worker.kill_all()
    world.one_postgres.start()
    run.note_interrupted([worker.pid for worker in workers], SLOTS * len(workers))
    world.one_redis.start()
    world.api.start()
    world.crew.complete()
    run.notes.append(f"everything died with {now.running} jobs running and {now.queued} queued")


POWER_FAILED = Fault(
    "power",
    "everything killed at once, Redis empty",
    _cut_power,
    work_seconds=0.4,
    redis=ONE_REDIS,
    postgresql=ONE_POSTGRESQL,
)
