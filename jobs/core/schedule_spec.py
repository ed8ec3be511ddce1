"""A schedule as it is asked for: by people, by a client, or by code."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from jobs.core.fire_rule import Missed, Overlap
from jobs.core.schedule_rule import ScheduleRule, in_utc


class ScheduleSpec(NamedTuple):
    """What is asked of a schedule. What is None is left to the job type and the settings.

    `cron` or `every_seconds`, not both; `timezone`: an IANA name. `missed` and `overlap`: members
    of `Missed` and `Overlap`. Fire times lie from `starts_at` to `ends_at`, both included.
    `callback_url` is called when one of its jobs is final.
    """

    name: str
    type: str
    payload: Mapping[str, Any]
    cron: str | None = None
    every_seconds: float | None = None
    timezone: str = "UTC"
    queue: str | None = None
    priority: int | None = None
    missed: str = Missed.ONCE.value
    overlap: str = Overlap.ALLOW.value
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    callback_url: str | None = None

    def __repr__(self) -> str:
        """Without the payload: who reports errors keeps what local variables are."""
        return f"<ScheduleSpec {self.name} ({self.type})>"

    @property
    def rule(self) -> ScheduleRule:
        return ScheduleRule(
            self.cron,
            self.every_seconds,
            self.timezone,
            in_utc(self.starts_at),
            in_utc(self.ends_at),
        )

    @property
    def columns(self) -> dict[str, Any]:
        """The values of the columns of `Schedule` that have these names."""
        return {
            **self._asdict(),
            "payload": dict(self.payload),
            "cron": self.cron or "",
            "queue": self.queue or "",
            "missed": str(self.missed),
            "overlap": str(self.overlap),
        }
