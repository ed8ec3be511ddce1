"""`python -m tools.cells`: two cells on servers of their own, behind HAProxy; what was tried."""

import os
import secrets
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path

import psycopg

from scheduler.env import DEVELOPMENT
from tools.cells.cell import Cell
from tools.cells.findings import EU, US, Tried
from tools.cells.outside_issuer import OutsideIssuer
from tools.chaos.app import variables
from tools.chaos.world import SETTINGS_MODULE
from tools.checkout import CHECKOUT, DATA_DIR
from tools.errors import ToolError
from tools.file_lock import take_directory
from tools.servers.haproxy import HAProxy
from tools.servers.postgres import Postgres
from tools.servers.valkey import Valkey
from tools.terminal import problem, say

EXIT_BROKEN = 1
EXIT_USAGE = 2
EXAMPLE = CHECKOUT / "deploy" / "cells" / "haproxy.cfg"


def main() -> int:
    if len(sys.argv) > 1:
        print(__doc__)
        return 0 if sys.argv[1] in {"-h", "--help"} else EXIT_USAGE
    directory = DATA_DIR / "cells"
    lock = take_directory(directory)
    if lock is None:
        problem(f"{directory} is in use by another run.")
        return EXIT_USAGE
    try:
        broken = _run(directory)
    except ToolError as error:
        problem(str(error))
        return EXIT_BROKEN
    finally:
        lock.close()
    if broken:
        say(f"Logs: {directory}/log")
        return EXIT_BROKEN
    shutil.rmtree(directory, ignore_errors=True)
    return 0


def _run(directory: Path) -> int:
    """How many findings are not as they should be."""
    metrics_token = secrets.token_urlsafe(24)
    with ExitStack() as stack:
        postgres, valkey = Postgres(directory / "postgresql"), Valkey(directory / "valkey")
        for server in (postgres, valkey):
            server.start()
            stack.callback(server.stop)
        issuer = OutsideIssuer(directory / "keys.json")
        environment = {
            **_environment(valkey.url, directory),
            **issuer.settings,
            "METRICS_TOKEN": metrics_token,
        }
        cells = {}
        for name in (EU, US):
            cells[name] = cell = Cell(
                name, _database(postgres.url, name), directory / "log", environment
            )
            stack.callback(cell.end)
            cell.start()
        front = HAProxy(
            directory / "haproxy",
            EXAMPLE,
            {name.upper(): cell.address for name, cell in cells.items()},
        )
        front.start()
        stack.callback(front.stop)
        broken = 0
        for finding in Tried(front.port, cells, issuer, metrics_token).findings():
            say(f"{'ok' if finding.is_so else 'BROKEN':6} {finding.what}")
            broken += not finding.is_so
    return broken


def _database(url: str, name: str) -> str:
    """An empty database of that name on the server."""
    server = url.rpartition("/")[0]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"{server}/{name}"


def _environment(redis_url: str, directory: Path) -> dict[str, str]:
    """What both cells have in common: the secret key, too, which makes confusing them easy."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JOBS_", "GUNICORN_", "CHAOS_", "WEB_CONCURRENCY", "OIDC_"))
    }
    return {
        **inherited,
        "ENVIRONMENT": DEVELOPMENT,
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DJANGO_SETTINGS_MODULE": SETTINGS_MODULE,
        "REDIS_URL": redis_url,
        "JOBS_QUEUES": "default,emails,bulk,reports",
        "TRUSTED_PROXIES": "1",
        "LOG_FORMAT": "text",
        "PYTHONUNBUFFERED": "1",
        variables.EFFECTS_FILE: str(directory / "effects"),
        variables.SPANS_FILE: str(directory / "spans"),
        variables.KILLS_FILE: str(directory / "kills"),
    }


if __name__ == "__main__":
    sys.exit(main())
