"""Everything of one run of bin/chaos: servers of its own, the API, the workers, a mail server."""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from scheduler.env import PRODUCTION
from tools.chaos.app import variables
from tools.chaos.call_receiver import CallReceiver
from tools.chaos.client import Client
from tools.chaos.job_rows import JobRows
from tools.chaos.limits import FAIR, QUEUE_LIMITS
from tools.chaos.mail_server import MailServer
from tools.chaos.options import Options
from tools.chaos.postgres_group import SYNCHRONOUS, PostgresGroup
from tools.chaos.postgres_server import PostgresServer
from tools.chaos.processes import Api, Crew, open_log
from tools.chaos.redis_group import RedisGroup
from tools.chaos.redis_server import RedisServer
from tools.chaos.small_disk import SmallDisk
from tools.chaos.times import JOBS_SETTINGS
from tools.checkout import CHECKOUT
from tools.errors import ToolError
from tools.ports import free_port

SETTINGS_MODULE = "tools.chaos.app.settings"
COMMAND_SECONDS = 600  # on a busy machine
STEWARD = "steward"


class World:
    """Starts it all below `directory`, and ends it all.

    `files`: where the version that it runs has its files.
    """

    def __init__(self, directory: Path, options: Options, files: Path = CHECKOUT) -> None:
        self.directory = directory
        self._files = files
        self.log_dir = directory / "log"
        self.effects_file = directory / "effects"
        self.spans_file = directory / "spans"
        self.kills_file = directory / "kills"
        self.memory_file = directory / "memory.csv"
        mails = directory / "mails.jsonl"
        for old in (
            *(self.log_dir, self.effects_file, self.spans_file, self.kills_file),
            *(self.memory_file, mails),
        ):
            _remove(old)
        self.log_dir.mkdir(parents=True)
        self.postgres = _postgres(directory, options.postgresql)
        self.redis = _redis(directory, options.redis)
        self.disk = SmallDisk(
            options.disk or directory / "disk", is_mounted_by_others=options.disk is not None
        )
        self.mail = MailServer(mails, options.seed)
        self.receiver = CallReceiver()
        environment = self._environment(options.settings)
        self.crew = Crew(options.workers, self.log_dir, environment, files)
        self.api = Api(free_port(), self.log_dir, environment, files)
        self.job_rows = JobRows(self.postgres.url)
        self.steward = self.client()  # may do everything: it makes schedules
        self.environment = environment

    @property
    def one_postgres(self) -> PostgresServer:
        """Where PostgreSQL is one server, which is what `ONE_POSTGRESQL` of a fault says."""
        assert isinstance(self.postgres, PostgresServer)
        return self.postgres

    @property
    def one_redis(self) -> RedisServer:
        """Where Redis is one server, which is what `ONE_REDIS` of a fault says."""
        assert isinstance(self.redis, RedisServer)
        return self.redis

    def start(self) -> None:
        """Returns when jobs are accepted and executed; raises `ToolError`."""
        self.redis.forget()
        self.postgres.start()
        self.postgres.make_empty_database()
        self.redis.start()
        self.mail.start()
        self.receiver.start()
        if self.manage("migrate", "--verbosity", "0") != 0:
            raise ToolError(f"The tables could not be made; see {self.log_dir}/migrate.log.")
        self.job_rows.make_effect_table()
        for queue, limit in QUEUE_LIMITS.items():
            self.job_rows.limit_queue(queue, limit, is_fair=queue == FAIR)
        self.api.start()
        self.crew.complete()
        self.api.wait_until(self.client().is_ready)
        self.steward.sign_up(STEWARD)
        self.job_rows.make_superuser(STEWARD)
        self.steward.log_in_again()

    def client(self) -> Client:
        """A client of the API that has no account yet."""
        return Client(self.api.port)

    def manage(self, command: str, *arguments: str, files: Path | None = None) -> int:
        """Runs a management command; returns its exit status. Its output is in a log.

        `files`: those of another version than the one that the world runs.
        """
        with open_log(self.log_dir / f"{command}.log") as log:
            return subprocess.run(  # noqa: S603
                [sys.executable, "manage.py", command, *arguments],
                cwd=files or self._files,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                timeout=COMMAND_SECONDS,
            ).returncode

    def heal(self) -> None:
        """Undoes every fault; returns when all workers are ready."""
        self.mail.behave()
        for worker in self.crew.workers:
            worker.thaw()
        self.postgres.recover()
        self.redis.recover()
        self.crew.complete()

    def end(self) -> None:
        """Ends every process: those that use others first."""
        for step in (
            self.postgres.thaw,
            self.redis.thaw,
            self.crew.end,
            self.api.stop,
            self.mail.stop,
            self.receiver.stop,
            self.job_rows.close,
            self.redis.stop,
            self.postgres.stop,
            self.disk.remove,
        ):
            with suppress(
                OSError, ToolError
            ):  # a step that fails must not keep the next ones from running
                step()

    def _environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        """The variables of the service, without those that are set for other purposes."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("JOBS_", "GUNICORN_", "CHAOS_", "WEB_CONCURRENCY"))
        }
        return {
            **inherited,
            **JOBS_SETTINGS,
            **self.receiver.settings,
            **settings,
            # Development would keep every query in memory.
            "ENVIRONMENT": PRODUCTION,
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DJANGO_SETTINGS_MODULE": SETTINGS_MODULE,
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.redis.url,
            "EMAIL_URL": f"smtp://127.0.0.1:{self.mail.port}",
            "SIGNUP_ENABLED": "true",
            "HTTPS_ONLY": "false",
            "ALLOWED_HOSTS": "127.0.0.1",
            "LOGIN_RATE": "1000/min",
            "ACCESS_TOKEN_MINUTES": "1440",
            "LOG_LEVEL": "INFO",
            "LOG_FORMAT": "text",
            "PYTHONUNBUFFERED": "1",
            variables.EFFECTS_FILE: str(self.effects_file),
            variables.SPANS_FILE: str(self.spans_file),
            variables.KILLS_FILE: str(self.kills_file),
        }


def _postgres(directory: Path, kind: str) -> PostgresServer | PostgresGroup:
    if kind == "single":
        return PostgresServer(directory / "postgresql")
    home = directory / kind
    _remove(home)
    return PostgresGroup(home, is_synchronous=kind == SYNCHRONOUS)


def _redis(directory: Path, kind: str) -> RedisServer | RedisGroup:
    if kind == "single":
        return RedisServer(directory / "valkey")
    home = directory / kind
    _remove(home)
    return RedisGroup(home, kind)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
