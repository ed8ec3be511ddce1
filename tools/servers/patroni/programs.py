"""Patroni and etcd from Debian's packages; PostgreSQL from the wheel."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from tools.checkout import DATA_DIR
from tools.debian import Unpacked, find_program
from tools.errors import ToolError
from tools.servers.postgres import newest_programs

_PACKAGE = "patroni"
_DEBIANS_PYTHON = "usr/bin/python3"
_DEBIANS_MODULES = "usr/lib/python3/dist-packages"

# What Patroni runs. Debian's libraries, which it needs itself, are not those of the wheel.
_OF_POSTGRES = (
    *("initdb", "pg_basebackup", "pg_controldata", "pg_ctl", "pg_isready", "pg_rewind"),
    *("pg_waldump", "postgres"),
)
_PLAIN = '#!/bin/sh\nunset LD_LIBRARY_PATH PYTHONPATH PYTHONHOME\nexec {program} "$@"\n'


@dataclass(frozen=True, slots=True)
class Programs:
    """Where they are. `python` and `environment` are those of Patroni.

    `postgres`: the directory of PostgreSQL's programs.
    """

    python: Path
    etcd: Path
    environment: Mapping[str, str]
    postgres: Path


def find_programs() -> Programs:
    """Those of this machine, else some that are fetched once; raises `ToolError`."""
    unpacked = Unpacked(DATA_DIR / _PACKAGE)
    return Programs(
        python=_find_python(unpacked),
        etcd=find_program("etcd", "etcd-server", "usr/bin/etcd"),
        environment=_environment(unpacked.root),
        postgres=_write_postgres(unpacked.directory / "postgresql"),
    )


def write_patronictl(path: Path, configuration: Path, programs: Programs) -> None:
    """A script that runs `patronictl` with this configuration."""
    variables = "".join(f"{name}={quote(value)} " for name, value in programs.environment.items())
    call = "from patroni.ctl import ctl; ctl()"
    path.write_text(
        f"#!/bin/sh\nexec env {variables}{quote(str(programs.python))} "
        f'-c {quote(call)} -c {quote(str(configuration))} "$@"\n'
    )
    path.chmod(0o755)


def _find_python(unpacked: Unpacked) -> Path:
    """The Python that has Debian's Patroni. Fetches the package if there is none."""
    launcher = unpacked.directory / "python3"
    if not launcher.exists() and unpacked.fetch([_PACKAGE]):
        installed = Path("/", _DEBIANS_PYTHON)
        own = unpacked.root / _DEBIANS_PYTHON
        unpacked.write_launcher(launcher.name, installed if installed.exists() else own)
    if not launcher.exists():
        raise ToolError(
            "No Patroni was found, and none could be fetched: this needs Debian or a system like "
            f"it, and its package sources. What was tried: {unpacked.log}."
        )
    return launcher


def _environment(root: Path) -> dict[str, str]:
    """Where that Python finds what was unpacked."""
    environment = {"PYTHONPATH": str(root / _DEBIANS_MODULES)}
    if not Path("/", _DEBIANS_PYTHON).exists():
        environment["PYTHONHOME"] = str(root / "usr")
    return environment


def _write_postgres(directory: Path) -> Path:
    """A directory with what Patroni runs of PostgreSQL."""
    directory.mkdir(exist_ok=True)
    for name in _OF_POSTGRES:
        script, made = directory / name, directory / f"{name}.{os.getpid()}"
        made.write_text(_PLAIN.format(program=quote(str(newest_programs() / name))))
        made.chmod(0o755)
        made.rename(script)  # other runs may be using it
    return directory
