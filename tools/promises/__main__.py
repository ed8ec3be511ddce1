"""`python -m tools.promises`: from the command line to the exit status."""

import sys

from tools.benchmark.progress import complain
from tools.errors import ToolError
from tools.promises.options import Options, parse

EXIT_BROKEN = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


def main() -> int:
    options = parse()
    from tools.benchmark.environment import LooksLikeProduction, prepare_environment

    try:
        prepare_environment(production_allowed=options.yes_really)
        return _try(options)
    except LooksLikeProduction as error:
        complain(str(error))
        return EXIT_USAGE
    except ToolError as error:
        complain(f"The promises were not tried to their end: {error}")
        return EXIT_BROKEN
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _try(options: Options) -> int:
    """Django is set up on the way: its parts are imported here."""
    import django
    from django.core.management import call_command

    from tools.benchmark.scope import own_scope

    with own_scope():
        django.setup()
        call_command("migrate", verbosity=0)
        from tools.promises.all import findings

        broken = 0
        for finding in findings(options):
            print(finding.line, flush=True)
            broken += not finding.is_kept
    return EXIT_BROKEN if broken else 0


if __name__ == "__main__":
    sys.exit(main())
