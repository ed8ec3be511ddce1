"""`bin/python -m tools.restore`: servers of its own, both rehearsals, and a line for each."""

import argparse
import os
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jobs.management.option_types import whole_number
from scheduler.env import DEVELOPMENT
from tools.chaos.app import variables
from tools.child import Child
from tools.errors import ToolError
from tools.servers.archived_postgres import ArchivedPostgres
from tools.servers.saved_valkey import SavedValkey

DESCRIPTION = """Restores PostgreSQL to an earlier moment beside a Redis of a later one, and Redis
from an old dump beside a later PostgreSQL; each time verify_jobs --repair has to make it whole.
With servers of its own, which are gone at the end. Exit status 1 if anything is lost, or happens
again that was not announced."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.restore", description=DESCRIPTION)
    parser.add_argument(
        "--jobs", type=whole_number(1, 1_000_000), default=1_000, help="of each kind (1,000)"
    )
    size = parser.parse_args().jobs
    with tempfile.TemporaryDirectory(prefix="restore-") as directory:
        home = Path(directory)
        home.chmod(0o755)
        postgres, valkey = ArchivedPostgres(home / "postgresql"), SavedValkey(home / "valkey")
        try:
            postgres.start()
            valkey.start()
            return _rehearse(home, postgres, valkey, size)
        except ToolError as error:
            sys.stderr.write(f"{error}\n")
            return 1
        finally:
            valkey.stop()
            postgres.stop()


def _rehearse(home: Path, postgres: ArchivedPostgres, valkey: SavedValkey, size: int) -> int:
    effects = home / "effects"
    os.environ |= {
        "ENVIRONMENT": DEVELOPMENT,
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DJANGO_SETTINGS_MODULE": "tools.chaos.app.settings",
        "DATABASE_URL": postgres.url,
        "REDIS_URL": valkey.url,
        "LOG_LEVEL": "WARNING",
        variables.EFFECTS_FILE: str(effects),
    }
    from tools.measuring.databases import prepare_django

    prepare_django()
    from tools.restore.rehearsal import Rehearsal

    def start_worker() -> Child:
        log = home / f"worker-{time.monotonic_ns()}.log"
        arguments = ["manage.py", "runworker", "--concurrency", "4"]
        return Child("worker", arguments, log=log, environment=os.environ)

    def happened() -> Mapping[str, int]:
        return Counter(line.split()[0] for line in effects.read_text().splitlines())

    def job(name: str) -> tuple[str, dict[str, Any]]:
        return "chaos.append", {"effect": name, "seconds": 0.0}

    rehearsal = Rehearsal(postgres, valkey, start_worker, happened, job, size)
    broken = 0
    for name in ("postgresql_goes_back", "redis_goes_back"):
        found = getattr(rehearsal, name)()
        print(f"{name}: {found.again} effects happened again", flush=True)
        for line in [*found.said, *(f"PROBLEM: {one}" for one in found.problems[:20])]:
            print(f"  {line}", flush=True)
        broken += bool(found.problems)
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
