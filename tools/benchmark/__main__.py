"""bin/benchmark: from the command line to the exit status."""

import sys

from tools.benchmark.leaving import leave_in_order_at_sigterm
from tools.benchmark.options import Options, parse
from tools.benchmark.progress import complain
from tools.errors import ToolError

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


def main() -> int:
    options = parse()
    from tools.benchmark.environment import LooksLikeProduction, prepare_environment

    leave_in_order_at_sigterm()
    try:
        prepare_environment(production_allowed=options.yes_really)
        return _compare(options) if options.against else _measure(options)
    except LooksLikeProduction as error:
        complain(str(error))
        return EXIT_USAGE
    except ToolError as error:
        complain(f"The benchmark ended early: {error}")
        return EXIT_FAILED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _measure(options: Options) -> int:
    """Measures this checkout alone. Django is set up on the way: its parts are imported here."""
    from tools.benchmark.single_run import run

    print(run(options))
    return 0


def _compare(options: Options) -> int:
    from tools.benchmark.against.comparison import compare

    comparison = compare(options)
    print(comparison.as_json() if options.json else comparison.as_text())
    return EXIT_FAILED if comparison.worse else 0


if __name__ == "__main__":
    sys.exit(main())
