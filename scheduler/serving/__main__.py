"""`python -m scheduler.serving`: the API under gunicorn, as the container starts it.

Options of gunicorn may follow. gunicorn reads WEB_CONCURRENCY when it is imported, and ends with a
traceback if it is no number: so this looks at it before.
"""

import os
import sys

from django.core.exceptions import ImproperlyConfigured

from scheduler.env import EXIT_USAGE
from scheduler.variables import Variables

PROCESSES_MAX = 1_000


def main() -> None:
    """Does not return while the API serves; exit status 2 for a variable that makes no sense."""
    try:
        Variables(os.environ).whole("WEB_CONCURRENCY", 1, 1, PROCESSES_MAX)
    except ImproperlyConfigured as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(EXIT_USAGE)
    from gunicorn.app.wsgiapp import run

    own = ["--config", "python:scheduler.gunicorn_conf", "scheduler.wsgi:application"]
    sys.argv = ["gunicorn", *own, *sys.argv[1:]]
    run()


if __name__ == "__main__":
    main()
