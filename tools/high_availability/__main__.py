"""bin/high-availability: from the command line to the exit status."""

import signal
import sys
from pathlib import Path

from tools.checkout import CHECKOUT, DATA_DIR
from tools.errors import ToolError
from tools.file_lock import take_directory
from tools.high_availability.example import Example
from tools.high_availability.losses import measure_losses
from tools.high_availability.options import Options, parse
from tools.terminal import heading, problem, say

DIRECTORY = DATA_DIR / "high-availability"
EXIT_FAILED = 1
EXIT_USAGE = 2


def main() -> int:
    options = parse()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    lock = take_directory(DIRECTORY)
    if lock is None:
        problem("bin/high-availability is running in this checkout already.")
        return EXIT_USAGE
    try:
        return _run(options)
    except ToolError as error:
        problem(str(error))
        return EXIT_FAILED
    except KeyboardInterrupt:
        return 0
    finally:
        lock.close()


def _run(options: Options) -> int:
    home = DIRECTORY / "servers"
    if options.losses:
        measure_losses(home, options)
        return 0
    example = Example(home, is_synchronous=options.is_synchronous)
    try:
        heading("Starting etcd, three PostgreSQL nodes under Patroni, Valkey and Sentinels")
        example.start()
        example.write_environment(DIRECTORY / "environment")
        example.write_patronictl(DIRECTORY / "patronictl")
        _tell()
        for line in sys.stdin:
            if line.strip() and not example.obey(line.strip()):
                return 0
        while True:  # nobody types: run until a signal
            signal.pause()
    finally:
        say("Stopping")
        example.stop()


def _tell() -> None:
    environment = _short(DIRECTORY / "environment")
    say()
    say("They run. In another terminal, start the service on them:")
    say(f"    env $(cat {environment}) bin/start")
    say("and see who the primary is:")
    say(f"    {_short(DIRECTORY / 'patronictl')} list")
    say()
    say(f"Type one of: {', '.join(Example.ORDERS)}. Ctrl-C ends everything.")


def _short(path: Path) -> Path:
    return path.relative_to(CHECKOUT)


if __name__ == "__main__":
    sys.exit(main())
