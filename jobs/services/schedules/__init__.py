"""Schedules are made, changed, declared and run; `maintenance/fire_schedules.py` fires them."""

from jobs.services.schedules.change import (
    schedule_change,
    schedule_create,
    schedule_delete,
    schedule_pause,
    schedule_resume,
)
from jobs.services.schedules.outlook import Outlook, schedule_outlook, schedule_state
from jobs.services.schedules.run import schedule_run

__all__ = [
    "Outlook",
    "schedule_change",
    "schedule_create",
    "schedule_delete",
    "schedule_outlook",
    "schedule_pause",
    "schedule_resume",
    "schedule_run",
    "schedule_state",
]
