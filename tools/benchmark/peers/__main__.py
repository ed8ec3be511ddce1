"""`bin/python -m tools.benchmark.peers`: from the command line to the exit status."""

import sys

from tools.benchmark.leaving import leave_in_order_at_sigterm
from tools.benchmark.peers.options import parse
from tools.benchmark.progress import complain
from tools.errors import ToolError

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


def main() -> int:
    """A peer that is left out is no failure: the report names it."""
    options = parse()
    from tools.benchmark.environment import LooksLikeProduction, prepare_environment

    leave_in_order_at_sigterm()
    try:
        prepare_environment(production_allowed=options.yes_really)
        from tools.benchmark.peers.comparison import compare
        from tools.benchmark.peers.report import as_json, as_text

        found = compare(options)
        print(as_json(found) if options.json else as_text(found))
        return 0
    except LooksLikeProduction as error:
        complain(str(error))
        return EXIT_USAGE
    except ToolError as error:
        complain(f"The comparison ended early: {error}")
        return EXIT_FAILED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
