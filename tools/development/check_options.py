"""What a person says to bin/test. The standard library alone: `--help` installs nothing."""

import argparse
from collections.abc import Sequence


def parse(arguments: Sequence[str] | None = None) -> list[str]:
    """The arguments for pytest."""
    parser = argparse.ArgumentParser(
        prog="bin/test",
        description="Lint, format, types, migrations, deployment checks, and all tests, against "
        "real servers. Arguments are handed to pytest: bin/test jobs/tests/services -k replay",
        usage="%(prog)s [-h] [arguments of pytest]",
    )
    return parser.parse_known_args(arguments)[1]


if __name__ == "__main__":
    parse()
