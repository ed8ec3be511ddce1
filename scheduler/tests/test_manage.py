"""manage.py as a process: what cannot work is refused with one sentence."""

import os
import subprocess
import sys

import pytest

from scheduler.env import BASE_DIR


@pytest.mark.parametrize("command", ["runworker", "migrate", "check"])
def test_without_a_secret_in_production_one_sentence_says_what_to_do(command: str) -> None:
    # Empty rather than missing: a `.env` in the checkout fills in what is missing.
    environment = os.environ | {"ENVIRONMENT": "production", "SECRET_KEY": ""}
    done = subprocess.run(
        [sys.executable, "manage.py", command],
        cwd=BASE_DIR,
        env=environment,
        text=True,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 2
    [line] = done.stderr.strip().splitlines()
    assert line.startswith("SECRET_KEY is not set; set it to")


def test_without_postgresql_one_sentence_says_so() -> None:
    nowhere = {"ENVIRONMENT": "development", "DATABASE_URL": "postgres://u:s3cr3t@127.0.0.1:1/n"}
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate"],
        cwd=BASE_DIR,
        env=os.environ | nowhere,
        text=True,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 1
    [line] = done.stderr.strip().splitlines()
    assert line.startswith("PostgreSQL is not reachable: ")
    assert "s3cr3t" not in line
