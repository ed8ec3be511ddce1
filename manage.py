#!/usr/bin/env python
"""Django's command-line entry point."""

import os
import sys

from scheduler.development import DevelopmentError, provide_servers


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scheduler.settings")
    try:
        provide_servers()
    except DevelopmentError as error:
        sys.exit(str(error))
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))  # a sentence that says what to set; where it was noticed does not help


if __name__ == "__main__":
    main()
