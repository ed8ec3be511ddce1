"""The command `verify_jobs`: what it prints, and its exit status."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from jobs.core.ids import uuid7
from jobs.management.commands import verify_jobs
from jobs.tests.factories import make_job
from jobs.tests.violations import change, make_one_of_each, unknown_to_redis

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("short_redispatch"),
]


def verify(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    """Exit status and everything printed."""
    status = 0
    try:
        call_command("verify_jobs", *options)
    except SystemExit as end:
        status = int(str(end.code))
    except CommandError as refused:
        return refused.returncode, str(refused)
    captured = capsys.readouterr()
    return status, captured.out + captured.err


def test_a_clean_database_exits_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    make_one_of_each()
    status, output = verify(capsys)
    assert status == 0
    assert "Every promise holds." in output


def test_a_violation_exits_with_1_and_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    job = make_job()
    change(job, worker_id=uuid7())
    status, output = verify(capsys)
    assert status == 1
    assert f"{job.id}: queued, but still with a worker" in output


def test_json_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    change(make_job(), worker_id=uuid7())
    status, output = verify(capsys, "--json")
    document = json.loads(output)
    assert status == 1
    assert document["clean"] is False
    assert [one["name"] for one in document["checks"] if one["violations"]] == ["job_states"]


def test_repair_makes_it_clean(capsys: pytest.CaptureFixture[str]) -> None:
    unknown_to_redis()
    assert verify(capsys)[0] == 1
    status, output = verify(capsys, "--repair", "--json")
    assert status == 0
    assert json.loads(output)["repaired"] == {
        "rescued": 0,
        "redispatched": 1,
        "cache_marks_cleared": 0,
        "keys_removed": 0,
        "batches_counted": 0,
        "groups_counted": 0,
        "unknown_removed": 0,
    }
    assert verify(capsys)[0] == 0


def test_without_redis_it_could_not_check(
    capsys: pytest.CaptureFixture[str], redis_away: None
) -> None:
    status, output = verify(capsys)
    assert status == 3
    assert output.startswith("Redis: ")


def test_without_postgresql_it_could_not_check(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(verify_jobs, "jobs_verify", away)
    status, output = verify(capsys)
    assert status == 3
    assert "connection refused" in output


def test_a_wrong_option_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        verify_jobs.Command().run_from_argv(["manage.py", "verify_jobs", "--unknown"])
    assert end.value.code == 2
    assert "--repair" in capsys.readouterr().err
