"""`bin/python -m tools.benchmark.peers`: from the command line to the exit status."""

import sys

from tools.benchmark.peers.options import Options, parse
from tools.measuring.program import measure_on_servers


def main() -> int:
    """A peer that is left out is no failure: the report names it."""
    options = parse()
    return measure_on_servers(
        lambda: _compare(options),
        production_allowed=options.yes_really,
        early="The comparison ended early: ",
    )


def _compare(options: Options) -> bool:
    from tools.benchmark.peers.comparison import compare
    from tools.benchmark.peers.report import as_json, as_text

    found = compare(options)
    print(as_json(found) if options.json else as_text(found))
    return True


if __name__ == "__main__":
    sys.exit(main())
