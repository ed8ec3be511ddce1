"""Takes the demonstration away; what others have made stays."""

from collections.abc import Callable
from contextlib import suppress

from jobs.broker import get_broker
from jobs.core.errors import BrokerUnavailable
from jobs.core.histogram import BOUNDS
from jobs.models import Batch, Event, RollUp, Schedule, Worker
from jobs.services.dead_letter_groups.counting import groups_recount
from jobs.services.demo import schedules, workers
from jobs.services.demo.clients import OPERATOR, client_pks
from jobs.services.demo.open_jobs import LIMIT
from jobs.services.limits.change import limit_remove
from jobs.services.verification.loaded import queues_in_use
from jobs.services.verification.unknown import unknown_job_ids
from jobs.sql.statements import execute, run, statement

_LIMIT = 50_000


def demo_remove(*, say: Callable[[str], None] = lambda line: None) -> int:
    """Deletes every row of the demonstration; returns how many jobs.

    Its accounts stay, and its events, as all events do. Neither roll-ups nor the deaths of a group
    tell whose jobs they count, so they are counted anew from what remains.
    """
    clients = client_pks()
    removed = 0
    while taken := int(run("demo_remove_jobs", clients=clients, limit=_LIMIT)[0][0]):
        removed += taken
        say(f"{removed:,} jobs removed")
    Batch.objects.filter(submitted_by_id__in=clients).delete()
    Schedule.objects.filter(name__startswith=schedules.PREFIX).delete()
    Worker.objects.filter(name__startswith=workers.PREFIX).delete()
    last_set = Event.objects.about("limit", LIMIT).first()
    if last_set is not None and last_set.actor_name == OPERATOR:
        limit_remove(name=LIMIT)
    groups_recount(with_deaths=True)
    RollUp.objects.all().delete()
    bounds = f"{{{','.join(map(str, BOUNDS))}}}"
    execute(statement("demo_count"), {"clients": None, "bounds": bounds})
    with suppress(BrokerUnavailable):  # then workers drop what it has of them
        get_broker().remove_jobs(queues_in_use(), unknown_job_ids())
    return removed
