"""The settings as mypy's Django plugin reads them: it looks at types and connects to nothing."""

import os

os.environ.setdefault("ENVIRONMENT", "development")
os.environ.setdefault("DATABASE_URL", "postgres://mypy@localhost/mypy")
os.environ.setdefault("REDIS_URL", "redis://localhost/0")

from jobs.tests.settings import *  # noqa: F403
