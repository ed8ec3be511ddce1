"""A database as a busy month leaves it, for developers: made, counted, and taken away again."""

from jobs.services.demo.make import demo_make
from jobs.services.demo.remove import demo_remove
from jobs.services.demo.standing import Standing, demo_standing
from jobs.services.demo.workers import workers_beat

__all__ = ["Standing", "demo_make", "demo_remove", "demo_standing", "workers_beat"]
