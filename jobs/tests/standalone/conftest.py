"""An empty Django project with the wheel of `jobs`, on Django's own PostgreSQL engine."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from jobs.broker.redis import RedisBroker
from scheduler.env import BASE_DIR

SETTINGS = """
SECRET_KEY = "only-for-a-test"
DEBUG = True
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
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "static/"
USE_TZ = True
JOBS_REDIS_URL = {redis_url!r}
JOBS_REDIS_PREFIX = {redis_prefix!r}
"""

URLS = """
from django.contrib import admin
from django.urls import path

urlpatterns = [path("admin/", admin.site.urls)]
"""

JOB_TYPES = """
from pathlib import Path

from jobs import Effect, job_type
from rest_framework import serializers


class TouchPayload(serializers.Serializer):
    path = serializers.CharField()
    n = serializers.IntegerField()


@job_type("touch", payload=TouchPayload, effect=Effect.IDEMPOTENT)
def touch(payload, context):
    with Path(payload["path"]).open("a") as file:
        file.write(f"{payload['n']}\\n")
"""


@dataclass(frozen=True)
class Project:
    """Where it lies, and how its `manage.py` is run: without this checkout in sight."""

    directory: Path
    packages: Path
    redis_prefix: str

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "django", *arguments]

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{self.packages}:{self.directory}",
            "DJANGO_SETTINGS_MODULE": "shop.settings",
        }

    def run(self, *arguments: str, code: int = 0) -> str:
        """What the command prints; fails the test for another exit code."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def shell(self, program: str) -> str:
        """What a program prints that runs in the project, its apps being ready."""
        return self.run("shell", "--no-imports", "--command", program).strip()


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the files of the checkout, and installed into a folder of its own."""
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


@pytest.fixture
def project(packages: Path, tmp_path: Path, transactional_db: None) -> Iterator[Project]:
    """Migrated, in a database and with keys in Redis that are gone afterwards."""
    name, prefix = f"standalone_{os.getpid()}", f"{{standalone_{os.getpid()}}}:"
    app = tmp_path / "shop"
    app.mkdir()
    database = {
        key: connection.settings_dict[key] for key in ("HOST", "PORT", "USER", "PASSWORD")
    } | {"NAME": name}
    files = {
        "__init__.py": "",
        "settings.py": SETTINGS.format(
            database=database, redis_url=settings.JOBS_REDIS_URL, redis_prefix=prefix
        ),
        "urls.py": URLS,
        "job_types.py": JOB_TYPES,
    }
    for file, text in files.items():
        (app / file).write_text(text)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    try:
        project = Project(tmp_path, packages, prefix)
        project.run("migrate", "--verbosity=0")
        yield project
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        RedisBroker(settings.JOBS_REDIS_URL, prefix, 1).forget_everything()
