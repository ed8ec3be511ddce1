"""bin/benchmark: from the command line to the exit status."""

import os
import signal
import sys
from types import FrameType

from scheduler.env import DEVELOPMENT, read_dotenv
from tools.benchmark.ground import BASE_SETTINGS
from tools.benchmark.options import Options, parse
from tools.benchmark.progress import complain
from tools.errors import ToolError
from tools.servers import provide_servers

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130

PRODUCTION = (
    "This looks like production (ENVIRONMENT is not 'development'): the servers would be busy with "
    "the benchmark for minutes. Add --yes-really if that is all right."
)


def main() -> int:
    options = parse()
    signal.signal(signal.SIGTERM, _leave_in_order)
    try:
        if BASE_SETTINGS in os.environ:
            return _measure(options)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scheduler.settings")
        _be_in_development_where_nothing_is_said()
        provide_servers()
        return _in_a_child(options)
    except ToolError as error:
        complain(str(error))
        return EXIT_FAILED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _be_in_development_where_nothing_is_said() -> None:
    """In a fresh clone; a machine that names its servers says by itself what it is."""
    read_dotenv()
    if not (os.environ.get("ENVIRONMENT") or os.environ.get("DATABASE_URL")):
        os.environ["ENVIRONMENT"] = DEVELOPMENT


def _in_a_child(options: Options) -> int:
    """The child has other settings: a database of its own, and job types to measure."""
    import django
    from django.conf import settings
    from django.db import DatabaseError

    from jobs.core.errors import BrokerUnavailable
    from tools.benchmark.ground import own_ground

    django.setup()
    if not (settings.DEBUG or options.yes_really):
        complain(PRODUCTION)
        return EXIT_USAGE
    try:
        if options.against:
            from tools.benchmark.against.comparison import compare

            return compare(options)
        with own_ground() as ground:
            return ground.run(sys.argv[1:])
    except DatabaseError as error:
        complain(f"The benchmark needs a database of its own, and could not make it: {error}")
        complain("The role of DATABASE_URL must be allowed to create databases.")
    except BrokerUnavailable as error:
        complain(f"Redis is not reachable: {error}")
    return EXIT_FAILED


def _measure(options: Options) -> int:
    import gc

    import django
    from django.core.management import call_command

    django.setup()
    from tools.benchmark.errors import BenchmarkError
    from tools.benchmark.report import report

    call_command("migrate", verbosity=0)
    gc.freeze()  # as workers and the API do
    try:
        text = report(options.only, options.sizes, sys.stderr, json_wanted=options.json)
    except BenchmarkError as error:
        complain(f"The benchmark ended early: {error}")
        return EXIT_FAILED
    print(text)
    return 0


def _leave_in_order(number: int, frame: FrameType | None) -> None:
    """As at Ctrl-C: what was started is stopped, what was created is dropped."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
