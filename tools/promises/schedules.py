"""Schedules whose type is gone do not stop the others."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone

from jobs.core.schedule_spec import ScheduleSpec
from jobs.models import Job, Schedule
from tools.benchmark.job_names import EMPTY
from tools.benchmark.processes import workers
from tools.promises.finding import Finding
from tools.promises.options import Options
from tools.waiting import wait_until

FIRES = 5


def schedules(options: Options) -> list[Finding]:
    """A thousand that fire every five seconds, one in twenty of a type that nobody has."""
    count = options.of(1_000, 20)
    broken = count // 20
    every = 5.0 if options.scale == 1 else 1.0
    with workers():
        moment = (timezone.now() + timedelta(seconds=6)).replace(microsecond=0)
        Schedule.objects.bulk_create(
            _schedule(number, number < broken, every, moment) for number in range(count)
        )
        ill = Schedule.objects.filter(type="gone.type")
        try:
            failing = ill.filter(failures__lt=FIRES)
            wait_until(lambda: not failing.exists(), 120, "failures were not counted", 0.2)
            until = moment + timedelta(seconds=every * (FIRES - 1))
            made = Job.objects.filter(schedule__isnull=False, run_at__lte=until)
            wait_until(
                lambda: made.count() >= (count - broken) * FIRES, 60, "schedules did not fire", 0.2
            )
            late = max(
                (job.created_at - job.run_at).total_seconds() * 1_000 for job in made.iterator()
            )
            found = made.count()
        finally:
            Schedule.objects.all().delete()
    wanted = (count - broken) * FIRES
    return [
        Finding(
            f"{broken} of {count:,} schedules are broken: jobs of the others",
            found,
            "jobs",
            at_most=wanted,
            at_least=wanted,
        ),
        Finding("... the latest of them is inserted", late, "ms", 1_500),
    ]


def _schedule(number: int, is_broken: bool, every: float, moment: datetime) -> Schedule:
    spec = ScheduleSpec(
        f"promise {number}",
        "gone.type" if is_broken else EMPTY,
        {"number": number},
        every_seconds=every,
        starts_at=moment.astimezone(UTC),
    )
    return Schedule(**spec.columns, next_fire_at=moment, due_at=moment)
