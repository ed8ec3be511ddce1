"""`python -m tools.rolling`: from the command line to the exit status."""

import shutil
import sys

from tools.chaos.pause import Stopped, watch_signals
from tools.checkout import DATA_DIR
from tools.errors import ToolError
from tools.file_lock import take_directory
from tools.rolling.options import Options, parse
from tools.terminal import problem, say, table

EXIT_BROKEN = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


def main() -> int:
    options = parse()
    watch_signals()
    directory = (options.directory or DATA_DIR / "rolling").absolute()
    lock = take_directory(directory)
    if lock is None:
        problem(f"{directory} is in use by another run.")
        return EXIT_USAGE
    try:
        kept = _run(options)
    except ToolError as error:
        problem(str(error))
        return EXIT_BROKEN
    except Stopped:
        return EXIT_INTERRUPTED
    finally:
        lock.close()
    if kept and not options.keep:
        shutil.rmtree(directory, ignore_errors=True)
    return 0 if kept else EXIT_BROKEN


def _run(options: Options) -> bool:
    from tools.rolling.deploy import deploy
    from tools.rolling.older import describe, older_revision

    directory = (options.directory or DATA_DIR / "rolling").absolute()
    old = options.old or older_revision()
    say(f"From {describe(old)} to this checkout and back, {options.rate:g} jobs a second.")
    say(f"Data and logs: {directory}")
    outcome = deploy(directory, options, old)
    table(("step", "seconds"), [(name, f"{took:.1f}") for name, took in outcome.steps])
    found = outcome.findings
    say(
        f"{found.jobs} jobs, {found.effects} effects, {len(found.lost)} lost, "
        f"{len(found.duplicated) + len(found.repeated)} repeated; answers by status: "
        + ", ".join(f"{count} × {status}" for status, count in sorted(outcome.calls.items()))
    )
    for one in outcome.broken:
        problem(f"BROKEN: {one}")
    return not outcome.broken


if __name__ == "__main__":
    sys.exit(main())
