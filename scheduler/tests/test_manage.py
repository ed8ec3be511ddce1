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


def test_ctrl_c_ends_a_command_without_a_traceback() -> None:
    pressed = "import os, signal; os.kill(os.getpid(), signal.SIGINT)"
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "--command", pressed],
        cwd=BASE_DIR,
        text=True,
        capture_output=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (130, "")


def test_a_reader_that_leaves_is_no_failure() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "manage.py", "check_migrations", "--since", "released_migrations.json"],
        cwd=BASE_DIR,
        text=True,
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=60,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


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
