"""`python -m tools.promises`: from the command line to the exit status."""

import sys

from tools.measuring.program import measure_on_servers
from tools.promises.options import Options, parse


def main() -> int:
    """1 if a promise is broken."""
    options = parse()
    return measure_on_servers(
        lambda: _try(options),
        production_allowed=options.yes_really,
        early="The promises were not tried to their end: ",
    )


def _try(options: Options) -> bool:
    """Django is set up on the way: its parts are imported here."""
    from tools.benchmark.scope import own_scope
    from tools.measuring.databases import prepare_django

    with own_scope():
        prepare_django()
        from tools.promises.all import findings

        broken = 0
        for finding in findings(options):
            print(finding.line, flush=True)
            broken += not finding.is_kept
    return not broken


if __name__ == "__main__":
    sys.exit(main())
