"""`python -m scheduler.serving`: the API under gunicorn, as the container starts it.

Options of gunicorn may follow. gunicorn reads WEB_CONCURRENCY when it is imported, and ends with a
traceback if it is no number, as it does for a GUNICORN_CMD_ARGS with a quote too few: so this looks
at both before, and takes them from `.env` as well.
"""

import os
import shlex
import sys

from django.core.exceptions import ImproperlyConfigured

from scheduler.env import EXIT_USAGE, read_dotenv
from scheduler.variables import Variables

PROCESSES_MAX = 1_000


def main() -> None:
    """Does not return while the API serves; exit status 2 for a variable that makes no sense."""
    try:
        read_dotenv()
        _check_variables(Variables(os.environ))
    except ImproperlyConfigured as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(EXIT_USAGE)
    from scheduler.serving.application import ApiApplication

    own = ["--config", "python:scheduler.gunicorn_conf", "scheduler.wsgi:application"]
    sys.argv = ["gunicorn", *own, *sys.argv[1:]]
    ApiApplication("%(prog)s [OPTIONS]").run()


def _check_variables(variables: Variables) -> None:
    # Written back, because gunicorn takes no empty one.
    processes = variables.whole("WEB_CONCURRENCY", 1, 1, PROCESSES_MAX)
    os.environ["WEB_CONCURRENCY"] = str(processes)
    try:
        shlex.split(variables.text("GUNICORN_CMD_ARGS"))
    except ValueError as error:
        raise ImproperlyConfigured(
            f"GUNICORN_CMD_ARGS cannot be divided into options ({error}); write them as in a shell."
        ) from None


if __name__ == "__main__":
    main()
