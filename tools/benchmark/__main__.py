"""bin/benchmark: from the command line to the exit status."""

import sys

from tools.benchmark.options import Options, parse
from tools.measuring.program import measure_on_servers


def main() -> int:
    """1 if a figure is worse than that of the version that was measured beside this one."""
    options = parse()
    return measure_on_servers(
        lambda: _compare(options) if options.against else _measure(options),
        production_allowed=options.yes_really,
        early="The benchmark ended early: ",
    )


def _measure(options: Options) -> bool:
    """Measures this checkout alone. Django is set up on the way: its parts are imported here."""
    from tools.benchmark.single_run import run

    print(run(options))
    return True


def _compare(options: Options) -> bool:
    from tools.benchmark.against.comparison import compare

    comparison = compare(options)
    print(comparison.as_json() if options.json else comparison.as_text())
    return not comparison.worse


if __name__ == "__main__":
    sys.exit(main())
