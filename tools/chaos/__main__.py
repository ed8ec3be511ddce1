"""bin/chaos: from the command line to the exit status."""

import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path

from tools.chaos.fault import Fault
from tools.chaos.faults import CALM, FAULTS, SHORT, SOAK
from tools.chaos.options import POSTGRESQL_KINDS, REDIS_KINDS, SHORT_JOBS, Options, parse
from tools.chaos.pause import Stopped, watch_signals
from tools.chaos.report import Report
from tools.chaos.suite import Suite
from tools.chaos.verdict import Verdict
from tools.chaos.world import World
from tools.checkout import DATA_DIR
from tools.errors import ToolError
from tools.file_lock import FileLock, take_directory
from tools.terminal import problem, say, table

EXIT_BROKEN = 1
EXIT_INTERRUPTED = 130


def main() -> int:
    options = parse(sys.argv[1:], _names(FAULTS), _names(SHORT))
    if options.list:
        table(("fault", "what happens"), [(fault.name, fault.what) for fault in FAULTS])
        return 0
    watch_signals()
    lock, directory = _take_directory(options)
    try:
        verdicts = _run(options, directory)
    except ToolError as error:
        problem(str(error))
        return EXIT_BROKEN
    except Stopped:
        return EXIT_INTERRUPTED
    finally:
        lock.close()
    kept = all(verdict.kept for verdict in verdicts)
    if kept and not options.keep:
        shutil.rmtree(directory, ignore_errors=True)
    return 0 if kept else EXIT_BROKEN


def _names(faults: Iterable[Fault]) -> dict[tuple[str, str], list[str]]:
    """The names of the faults that can happen, by the kinds of Redis and PostgreSQL."""
    return {
        (redis, postgresql): [
            one.name for one in faults if redis in one.redis and postgresql in one.postgresql
        ]
        for redis in REDIS_KINDS
        for postgresql in POSTGRESQL_KINDS
    }


def _run(options: Options, directory: Path) -> list[Verdict]:
    """All of the chosen faults, in the order in which they are listed."""
    report = Report(options)
    report.begin(directory)
    world = World(directory, options)
    verdicts: list[Verdict] = []
    try:
        world.start()
        suite = Suite(world, options)
        chosen = [one for one in FAULTS if one.name in options.faults]
        if options.soak:
            chosen = [SOAK]
        for fault in [CALM, *chosen]:
            started = time.monotonic()
            jobs = min(options.jobs, SHORT_JOBS) if fault is CALM else options.jobs
            verdicts.append(suite.run(fault, jobs))
            report.fault(verdicts[-1], time.monotonic() - started)
    finally:
        if not options.json:
            say("Stopping")
        world.end()
    report.end(verdicts, directory)
    return verdicts


def _take_directory(options: Options) -> tuple[FileLock, Path]:
    """A directory that no other run uses, and the lock on it."""
    wanted = [options.directory] if options.directory else _directories()
    for directory in wanted:
        if lock := take_directory(directory):
            return lock, directory.absolute()
    problem(f"{options.directory} is in use by another run.")
    raise SystemExit(2)


def _directories() -> Iterator[Path]:
    return (DATA_DIR / "chaos" / str(number) for number in count(1))


if __name__ == "__main__":
    sys.exit(main())
