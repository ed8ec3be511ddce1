"""The command `check_migrations`: what it reads, what it prints, and its exit status."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from jobs.tests.sources import ROOT

RELEASED = ROOT / "released_migrations.json"


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Exit status and everything printed."""
    status = 0
    try:
        call_command("check_migrations", *arguments)
    except SystemExit as end:
        status = int(str(end.code))
    except CommandError as error:
        return error.returncode, str(error)
    return status, capsys.readouterr().out


def file_of(directory: Path, **names: str) -> str:
    file = directory / "released.json"
    file.write_text(json.dumps(names))
    return str(file)


def test_what_came_after_the_release_can_run_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    status, output = check(capsys, "--since", str(RELEASED))
    assert (status, "REFUSED" in output) == (0, False)


def test_a_new_name_of_a_column_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    since = file_of(tmp_path, jobs="0003_one_index_of_keys")
    status, output = check(capsys, "jobs", "--json", "--since", since)
    assert status == 1
    document = json.loads(output)
    assert document["refused"] is True
    [names] = [one for one in document["migrations"] if one["name"] == "0004_names"]
    breaks = [found["subject"] for found in names["findings"] if found["breaks"]]
    assert "jobs_job.owner_id" in breaks


def test_two_tables_in_one_transaction_are_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Readers of both met this migration as deadlocks, in a rolling deploy under load."""
    status, output = check(capsys, "jobs", "--since", file_of(tmp_path, jobs="0041_callback_urls"))
    assert status == 1
    assert "tables jobs_deadletter, jobs_job are closed in one transaction" in output


@pytest.mark.django_db
def test_without_a_file_the_database_says_what_is_new(capsys: pytest.CaptureFixture[str]) -> None:
    assert check(capsys) == (0, "No migration is new.\n")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'jobs' AND name >= '0044'")
    status, output = check(capsys)
    assert status == 0
    assert output.startswith("jobs.0044_schedule_callback_urls: ok\n")


def test_a_release_is_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    since = file_of(tmp_path, jobs="0003_one_index_of_keys")
    check(capsys, "--write", "--since", since)
    leaves = dict(MigrationLoader(None).graph.leaf_nodes())
    assert json.loads(Path(since).read_text()) == {"jobs": leaves["jobs"]}
    assert check(capsys, "--since", since) == (0, "No migration is new.\n")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"jobs": "0099_none"}', "which is no migration here"),
        ("[]", "is no JSON object like"),
        ("{", "cannot be read"),
        ('{"jobs": 1}', "is no JSON object like"),
        ("[" * 100_000, "cannot be read"),
    ],
)
def test_a_file_that_makes_no_sense_is_bad_usage(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: str, says: str
) -> None:
    file = tmp_path / "released.json"
    file.write_text(content)
    status, output = check(capsys, "--since", str(file))
    assert status == 2
    assert says in output


def test_writing_takes_a_file_and_apps(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert check(capsys, "--write")[0] == 2
    none = str(tmp_path / "none")
    assert check(capsys, "--write", "--since", none)[0] == 2
    assert check(capsys, "nothing", "--write", "--since", none) == (2, "No migrations in nothing.")
    nowhere = str(tmp_path / "no-directory" / "released.json")
    status, output = check(capsys, "jobs", "--write", "--since", nowhere)
    assert (status, output) == (2, f"{nowhere} cannot be written: No such file or directory.")


def test_an_app_that_there_is_not_is_no_app_without_new_migrations(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, output = check(capsys, "jbos", "--since", str(RELEASED))
    assert (status, output) == (2, "No migrations in jbos.")
