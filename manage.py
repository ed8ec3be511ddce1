#!/usr/bin/env python
"""Django's command-line entry point."""

import os
import sys
from importlib.util import find_spec
from typing import NoReturn

# What takes most of a second to load. Each says itself when it is.
LOADING_MUCH = ("runworker", "jobs")


def main() -> None:
    if sys.argv[1:2] and sys.argv[1] in LOADING_MUCH:
        from jobs.core.loading import loading_begins

        loading_begins()
    if sys.argv[1:2] == ["runworker"]:
        from jobs.worker.process.stop_signals import end_until_ready

        end_until_ready()  # now: to load everything takes a second
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scheduler.settings")
    _provide_servers()
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        _refuse(error)  # a sentence that says what to set; where it was noticed does not help
    except OperationalError as error:
        from jobs.services.database_errors import no_connection, tls_refusal

        if refusal := tls_refusal(error):
            _refuse(refusal)
        if not (sentence := no_connection(error)):
            raise
        sys.exit(sentence)


def _provide_servers() -> None:
    """In a checkout, development starts the servers that no variable names.

    An image of the service has no `tools`: its variables name every server.
    """
    if find_spec("tools") is None:
        return
    from django.core.exceptions import ImproperlyConfigured

    from tools.errors import ToolError
    from tools.servers import provide_servers

    try:
        provide_servers()
    except ToolError as error:
        sys.exit(str(error))
    except ImproperlyConfigured as error:
        _refuse(error)


def _refuse(error: Exception | str) -> NoReturn:
    sys.stderr.write(f"{error}\n")
    sys.exit(2)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)  # as a shell says it; whoever pressed Ctrl-C knows why
