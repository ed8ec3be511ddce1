"""What a person says to bin/chaos. The standard library alone: `--help` installs nothing."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.chaos.small_disk import may_mount
from tools.chaos.times import HEARTBEAT_SECONDS, WORKER_TIMEOUT_SECONDS

# By the kinds of Redis and of PostgreSQL.
Names = Mapping[tuple[str, str], Sequence[str]]

JOBS = 300
MINUTES, SOAK_MINUTES = 2.0, 60.0
SHORT_JOBS = 100

# One server; Sentinels with a primary and two replicas; a cluster of three primaries and replicas.
REDIS_KINDS = ("single", "sentinels", "cluster")

# One server; three nodes under Patroni, of which one follows the primary synchronously; the same
# without that, where a failover may lose what was acknowledged.
POSTGRESQL_KINDS = ("single", "patroni", "patroni-asynchronous")

_NONE: Names = {(redis, postgresql): () for redis in REDIS_KINDS for postgresql in POSTGRESQL_KINDS}

# The fault that takes a disk which may be full.
DISK_FULL = "disk-full"

JOBS_MAX = 1_000_000
WORKERS_MAX = 64  # on one machine
MINUTES_MAX = 7 * 24 * 60

DESCRIPTION = f"""\
Breaks everything around running jobs - workers, Redis, PostgreSQL, the API, the mail server - and
counts what became of the jobs. Servers and data are its own, so that it runs beside bin/start.
Times are short: a heartbeat of {HEARTBEAT_SECONDS:g} s and a worker timeout of
{WORKER_TIMEOUT_SECONDS:g} s. Exit status: 0 if every promise was kept, 1 if not, 2 for a wrong
option.
"""


@dataclass(frozen=True, slots=True)
class Options:
    """See the help texts below."""

    jobs: int
    workers: int
    minutes: float
    seed: int
    faults: Sequence[str]
    short: bool = False
    list: bool = False
    json: bool = False
    keep: bool = False
    directory: Path | None = None
    redis: str = REDIS_KINDS[0]
    postgresql: str = POSTGRESQL_KINDS[0]
    settings: Mapping[str, str] = field(default_factory=dict)
    soak: bool = False
    disk: Path | None = None


def parse(arguments: Sequence[str] | None, names: Names = _NONE, short: Names = _NONE) -> Options:
    """The options; ends the program with exit code 2 where they make no sense.

    `names`: of all faults, by the kinds of both servers; `short`: of those that `--short` means.
    """
    parser = argparse.ArgumentParser(prog="bin/chaos", description=DESCRIPTION)
    parser.add_argument(
        "--jobs", type=int, help=f"for each fault (default: {JOBS}; {SHORT_JOBS} with --short)"
    )
    parser.add_argument("--faults", metavar="A,B", help="only these (see --list)")
    parser.add_argument("--list", action="store_true", help="name the faults and exit")
    parser.add_argument(
        "--short", action="store_true", help="a few faults in less than two minutes"
    )
    parser.add_argument("--workers", type=int, default=4, help="processes (default: %(default)s)")
    parser.add_argument(
        "--soak",
        action="store_true",
        help="only this: an hour of mixed work with a fault a minute, in which nothing may grow",
    )
    parser.add_argument(
        "--minutes",
        type=float,
        help=f"how long `mixed` lasts (default: {MINUTES:g}), or --soak ({SOAK_MINUTES:g})",
    )
    parser.add_argument("--seed", type=int, default=1, help="of what is random")
    parser.add_argument("--json", action="store_true", help="a JSON document instead of a table")
    parser.add_argument(
        "--keep", action="store_true", help="leave data and logs there even if all is well"
    )
    parser.add_argument(
        "--directory", type=Path, help="for data and logs (default: .data/chaos/1, or the next)"
    )
    parser.add_argument(
        "--redis",
        choices=REDIS_KINDS,
        default=REDIS_KINDS[0],
        help="one server, or a primary that others replace (default: %(default)s)",
    )
    parser.add_argument(
        "--postgresql",
        choices=POSTGRESQL_KINDS,
        default=POSTGRESQL_KINDS[0],
        help="one server, or three nodes under Patroni (default: %(default)s)",
    )
    parser.add_argument(
        "--disk",
        type=Path,
        help=f"for {DISK_FULL}: a file system of 512 MB or so that may be full; root needs none",
    )
    parser.add_argument(
        "--set",
        action="append",
        type=_setting,
        default=[],
        metavar="JOBS_NAME=VALUE",
        help="change a setting of the service, to see a promise break without it",
    )
    said = parser.parse_args(arguments)
    kinds = (said.redis, said.postgresql)
    usual = short if said.short else names
    chosen = _chosen(parser, said.faults, names[kinds], usual[kinds])
    jobs = said.jobs or (SHORT_JOBS if said.short else JOBS)
    if DISK_FULL in chosen and not (said.disk or may_mount()):
        if said.faults:
            parser.error(f"{DISK_FULL} takes the rights of root, or --disk with a small disk")
        chosen = [name for name in chosen if name != DISK_FULL]
    if said.disk and not said.disk.is_mount():
        parser.error(f"--disk {said.disk}: nothing is mounted there, so filling it would fill more")
    if not 40 <= jobs <= JOBS_MAX or not 2 <= said.workers <= WORKERS_MAX:
        parser.error(f"--jobs must be 40 to {JOBS_MAX}, --workers 2 to {WORKERS_MAX}")
    are_single = kinds == (REDIS_KINDS[0], POSTGRESQL_KINDS[0])
    if said.soak and (said.faults or said.short or not are_single):
        parser.error("--soak stands alone: without --faults and --short, and with single servers")
    usual_minutes = SOAK_MINUTES if said.soak else MINUTES
    minutes = usual_minutes if said.minutes is None else said.minutes
    if not 0 < minutes <= MINUTES_MAX:
        parser.error(f"--minutes must be more than 0 and at most {MINUTES_MAX}")
    return Options(
        jobs=jobs,
        workers=said.workers,
        minutes=minutes,
        seed=said.seed,
        faults=chosen,
        short=said.short,
        list=said.list,
        json=said.json,
        keep=said.keep,
        directory=said.directory,
        redis=said.redis,
        postgresql=said.postgresql,
        settings=dict(said.set),
        soak=said.soak,
        disk=said.disk,
    )


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name.startswith("JOBS_") and equals):
        raise argparse.ArgumentTypeError("write it as JOBS_REDISPATCH_SECONDS=3600")
    return name, value


def _chosen(
    parser: argparse.ArgumentParser, asked: str | None, names: Sequence[str], usual: Sequence[str]
) -> Sequence[str]:
    if asked is None:
        return usual
    chosen = [name.strip() for name in asked.split(",") if name.strip()]
    unknown = [name for name in chosen if name not in names]
    if unknown or not chosen:
        parser.error(f"--faults {asked}: choose from {', '.join(names)}")
    return chosen


if __name__ == "__main__":
    parse(None)
