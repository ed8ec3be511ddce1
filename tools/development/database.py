"""What bin/start needs in the database: the tables, an admin, the number of this run."""

import os
import secrets

import django
from django.core.management import call_command
from django.db import connections

ADMIN = "admin"
# Two seconds of work, and enough for every page and chart.
DEMO_JOBS = 20_000


def prepare_django() -> None:
    """Makes models and commands usable; the two URLs must be set by now."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scheduler.settings")
    django.setup()


def migrate() -> None:
    """Brings the tables up to date."""
    call_command("migrate", interactive=False, verbosity=0)


def create_admin() -> str | None:
    """Makes the admin user and returns the password; None if there is one already."""
    from django.contrib.auth import get_user_model

    users = get_user_model().objects
    if users.filter(username=ADMIN).exists():
        return None
    password = secrets.token_urlsafe(12)
    users.create_superuser(ADMIN, "admin@example.com", password)
    return password


def next_run_number() -> int:
    """A number for which no sample user exists, counting the runs of bin/start."""
    from django.contrib.auth import get_user_model

    users = get_user_model().objects.filter(username__regex=r"^sample\d+$")
    names = users.values_list("username", flat=True)
    return max((int(name.removeprefix("sample")) for name in names), default=0) + 1


def make_demo() -> str:
    """Makes a month of jobs, unless there is one; returns what of it is there."""
    from jobs.services.demo import demo_make, demo_standing

    there = demo_standing()
    return str(there if any(there) else demo_make(jobs=DEMO_JOBS))


def disconnect() -> None:
    """Closes this process's connections: it watches and must not hold any."""
    connections.close_all()
