"""Schedules that code declares, beside the job type that they make jobs of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured

from jobs.core.fire_rule import Missed, Overlap
from jobs.core.schedule_rule import lasting_faults
from jobs.core.schedule_spec import ScheduleSpec
from jobs.handlers.registry import job_types

Handler = TypeVar("Handler", bound=Callable[..., Any])


@dataclass(frozen=True)
class DeclaredSchedule:
    """One declaration: `asked` is what the arguments of `schedule` say, without the job type."""

    asked: ScheduleSpec
    handler: Callable[..., Any]

    @property
    def name(self) -> str:
        return self.asked.name

    @property
    def spec(self) -> ScheduleSpec:
        """What is asked for, with the job type; raises ImproperlyConfigured as `type` does."""
        return self.asked._replace(type=self.type)

    @property
    def place(self) -> str:
        """Where it is declared, for people: the dotted name of the handler."""
        handler = self.handler
        return f"{handler.__module__}.{getattr(handler, '__qualname__', type(handler).__name__)}"

    @property
    def type(self) -> str:
        """The job type whose handler it stands at.

        Raises ImproperlyConfigured: decorators may be in any order, so that this is known only
        when all job types are.
        """
        names = [
            name for name, one in job_types.as_mapping().items() if one.handler is self.handler
        ]
        if len(names) != 1:
            what = f"of {len(names)} job types" if names else "of no job type"
            raise ImproperlyConfigured(
                f"schedule {self.name!r}: {self.place} is the handler {what}; put @schedule beside "
                "the @job_type of one"
            )
        return names[0]


class DeclaredSchedules:
    """The schedules that the code of this process declares."""

    def __init__(self) -> None:
        self._schedules: dict[str, DeclaredSchedule] = {}

    def add(self, declared: DeclaredSchedule) -> None:
        """Adds a declaration; raises ImproperlyConfigured for one that makes no sense."""
        named = f"schedule {declared.name!r}"
        if declared.name in self._schedules:
            raise ImproperlyConfigured(f"{named} is declared twice")
        for moment in (declared.asked.starts_at, declared.asked.ends_at):
            if moment is not None and moment.tzinfo is None:
                raise ImproperlyConfigured(f"{named}: starts_at and ends_at need a time zone")
        for _, sentence in lasting_faults(declared.asked.rule):
            raise ImproperlyConfigured(f"{named}: {sentence}")
        self._schedules[declared.name] = declared

    def all(self) -> list[DeclaredSchedule]:
        """All of them, sorted by name: two workers that write them must not deadlock."""
        return sorted(self._schedules.values(), key=lambda one: one.name)


declared_schedules = DeclaredSchedules()


def schedule(
    name: str,
    *,
    cron: str | None = None,
    every_seconds: float | None = None,
    timezone: str = "UTC",
    payload: Mapping[str, Any] | None = None,
    queue: str | None = None,
    priority: int | None = None,
    missed: str = Missed.ONCE.value,
    overlap: str = Overlap.ALLOW.value,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    callback_url: str | None = None,
) -> Callable[[Handler], Handler]:
    """Declares that a job of the decorated handler's type is made again and again.

        @schedule("daily-report", cron="0 7 * * MON-FRI", timezone="Europe/Berlin")
        @job_type("report", payload=ReportPayload, effect=Effect.IDEMPOTENT)
        def report(payload, context): ...

    A worker that starts writes it to the database, where it wins over what people have changed;
    they can pause, resume and run it. Where no worker's code has it any more, it does not fire.

    name: unique among all schedules.
    cron: five fields, or a name such as `@daily`; or
    every_seconds: an interval of at least 1 second.
    timezone: the zone of `cron`, by its IANA name.
    payload: that of each job; it must fit the type.
    queue, priority: None is what the type and the settings say.
    missed: `skip`, `once` or `all`: what happens to fire times while no worker could fire.
    overlap: `allow`, `skip` or `hold`: what happens while the last job is not final.
    starts_at, ends_at: no fire time lies before or after; with a time zone.
    callback_url: is called when one of its jobs has ended.

    Raises ImproperlyConfigured when it is applied, with a sentence and an example.
    """

    asked = ScheduleSpec(
        name=name,
        type="",  # known once all job types are: see DeclaredSchedule.type
        payload=dict(payload or {}),
        cron=cron,
        every_seconds=every_seconds,
        timezone=timezone,
        queue=queue,
        priority=priority,
        missed=missed,
        overlap=overlap,
        starts_at=starts_at,
        ends_at=ends_at,
        callback_url=callback_url,
    )

    def declare(handler: Handler) -> Handler:
        declared_schedules.add(DeclaredSchedule(asked, handler))
        return handler

    return declare
