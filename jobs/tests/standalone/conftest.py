"""Empty Django projects with the wheel of `jobs`, on Django's own PostgreSQL engine."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import (
    Distribution,
    PackageNotFoundError,
    distribution,
    distributions,
    packages_distributions,
)
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from jobs.broker.redis import RedisBroker
from scheduler.env import BASE_DIR

SETTINGS = """
SECRET_KEY = "only-for-a-test"
DEBUG = {debug}
ALLOWED_HOSTS = ["testserver"]
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "jobs",
    "shop",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
ROOT_URLCONF = "shop.urls"
TEMPLATES = [
    {{
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {{
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        }},
    }},
]
DATABASES = {{"default": {{"ENGINE": "django.db.backends.postgresql", **{database!r}}}}}
STATIC_URL = "static/"
USE_TZ = True
JOBS_REDIS_URL = {redis_url!r}
JOBS_REDIS_PREFIX = {redis_prefix!r}
{more}
"""

URLS = """
from django.contrib import admin
from django.urls import path

urlpatterns = [path("admin/", admin.site.urls)]
"""

JOB_TYPES = """
from pathlib import Path

from jobs import Effect, job_type, schedule
from rest_framework import serializers


class TouchPayload(serializers.Serializer):
    path = serializers.CharField()
    n = serializers.IntegerField()


@schedule("yearly", cron="@yearly", payload={"path": "/dev/null", "n": 0})
@job_type("touch", payload=TouchPayload, effect=Effect.IDEMPOTENT)
def touch(payload, context):
    with Path(payload["path"]).open("a") as file:
        file.write(f"{payload['n']}\\n")
"""

# Users whose primary key is no number.
UUID_USERS = """
from uuid import uuid4

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    id = models.UUIDField(primary_key=True, default=uuid4)
"""


# Refuses to import what the wheel does not ask for.
SITE = """
import sys

FOREIGN = {foreign!r}


class Refusal:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in FOREIGN:
            raise ModuleNotFoundError(f"the wheel does not ask for {{name}}", name=name)


sys.meta_path.insert(0, Refusal)
"""


@dataclass(frozen=True)
class Project:
    """A project on the disk, whose processes see the wheel and not this checkout."""

    directory: Path
    packages: Path

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "django", *arguments]

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{self.packages}:{self.directory}",
            "DJANGO_SETTINGS_MODULE": "shop.settings",
        }

    def start(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Runs a command to its end."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def run(self, *arguments: str) -> str:
        """Runs a command that must succeed; returns what it prints."""
        done = self.start(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def shell(self, program: str) -> str:
        """Runs a program in the project, with the apps ready; returns what it prints."""
        return self.run("shell", "--no-imports", "--command", program).strip()


NewProject = Callable[..., Project]


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the installed wheel, which is built from a copy of the checkout's files."""
    source, wheels, target = (
        tmp_path_factory.mktemp(name) for name in ("source", "wheels", "packages")
    )
    shutil.copytree(BASE_DIR / "jobs", source / "jobs")
    for name in ("pyproject.toml", "LICENSE", "docs/adopting.md"):
        (source / name).parent.mkdir(exist_ok=True)
        shutil.copy(BASE_DIR / name, source / name)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    options = ["--no-index", "--no-deps"]
    build = [*pip, "wheel", *options, "--no-build-isolation", "--wheel-dir", str(wheels), "."]
    subprocess.run(build, cwd=source, check=True)
    [wheel] = wheels.iterdir()
    install = [*pip, "install", *options, "--target", str(target), str(wheel)]
    subprocess.run(install, check=True)
    return target


def _foreign_modules(packages: Path) -> set[str]:
    """What is installed here for the project and its tools, and not where the wheel alone is."""
    [wheel] = distributions(path=[str(packages)])
    needed, seen = ["pip", "setuptools", *_needs(wheel, "fast")], set[str]()
    while needed:
        if (name := canonicalize_name(needed.pop())) not in seen:
            seen.add(name)
            with suppress(PackageNotFoundError):  # for another Python, or another system
                needed += _needs(distribution(name))
    return {
        module
        for module, owners in packages_distributions().items()
        if not seen.intersection(map(canonicalize_name, owners))
    }


def _needs(of: Distribution, extra: str = "") -> list[str]:
    requirements = map(Requirement, of.requires or ())
    return [
        f"{one.name}-binary" if name == "binary" else one.name
        for one in requirements
        if one.marker is None or one.marker.evaluate({"extra": extra})
        for name in ("", *one.extras)
    ]


@pytest.fixture
def new_project(packages: Path, tmp_path: Path, transactional_db: None) -> Iterator[NewProject]:
    """Makes projects, each with a database and keys in Redis that are gone afterwards."""
    names: list[str] = []

    def make(*, debug: bool = False, more_settings: str = "", models: str = "") -> Project:
        name = f"standalone_{os.getpid()}_{len(names)}"
        names.append(name)
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        files = {
            "__init__.py": "",
            "settings.py": SETTINGS.format(
                debug=debug,
                database={**_server(), "NAME": name},
                redis_url=settings.JOBS_REDIS_URL,
                redis_prefix=_redis_prefix(name),
                more=more_settings,
            ),
            "urls.py": URLS,
            "job_types.py": JOB_TYPES,
            "models.py": models,
        }
        directory = tmp_path / name
        (directory / "shop").mkdir(parents=True)
        for file, text in files.items():
            (directory / "shop" / file).write_text(text)
        foreign = sorted(_foreign_modules(packages))
        (directory / "sitecustomize.py").write_text(SITE.format(foreign=foreign))
        return Project(directory, packages)

    yield make
    for name in names:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
        RedisBroker(settings.JOBS_REDIS_URL, _redis_prefix(name), 1).forget_everything()


def _server() -> dict[str, str]:
    """Where the server of the tests is."""
    return {key: connection.settings_dict[key] for key in ("HOST", "PORT", "USER", "PASSWORD")}


def _redis_prefix(name: str) -> str:
    return f"{{{name}}}:"


@pytest.fixture
def project(new_project: NewProject) -> Project:
    """A project whose tables are made."""
    project = new_project()
    project.run("migrate", "--verbosity=0")
    return project
