"""Code declares schedules, and wins over what people have changed."""

import logging
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, ProgrammingError
from django.db.models import F
from pytest_django.fixtures import Settings

from jobs.checks import check_jobs
from jobs.core.errors import PayloadInvalid
from jobs.core.fire_rule import Missed, Overlap
from jobs.core.schedule_spec import ScheduleSpec
from jobs.handlers import schedule as declarations
from jobs.handlers.schedule import DeclaredSchedules, schedule
from jobs.models import Event, Schedule
from jobs.models.moments import seconds_ago
from jobs.models.schedule_queryset import DECLARED_FOR_SECONDS
from jobs.services.limits.book import limit_book
from jobs.services.schedules import declare as declaring
from jobs.services.schedules.declare import schedules_confirm_declared, schedules_declare
from jobs.tests.app.job_types import note
from jobs.tests.scheduling import fire, fires_at, make_due, make_schedule
from jobs.tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test declares its own."""
    monkeypatch.setattr(declarations, "declared_schedules", DeclaredSchedules())
    for module in ("jobs.services.schedules.declare", "jobs.checks"):
        monkeypatch.setattr(f"{module}.declared_schedules", declarations.declared_schedules)


def declare(handler: Any = note, **fields: Any) -> None:
    known: dict[str, Any] = {"every_seconds": 60, "payload": {"text": "a"}}
    if "cron" in fields:
        del known["every_seconds"]
    schedule(fields.pop("name", "daily"), **known | fields)(handler)


def redeclare(**fields: Any) -> Schedule:
    """A new release, with another declaration."""
    declarations.declared_schedules._schedules.clear()
    declare(**fields)
    schedules_declare()
    return Schedule.objects.get()


@pytest.mark.parametrize("error", [ProgrammingError("no table"), OperationalError("away")])
def test_a_check_needs_no_database(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise error

    declare()
    limit_book.forget()
    monkeypatch.setattr("jobs.services.limits.book.run", refuse)
    assert check_jobs() == []


def test_a_check_needs_no_tables_of_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PayloadInvalid({}) from ProgrammingError("no table")

    declare()
    monkeypatch.setattr("jobs.services.enqueue.resolve.clean_payload", refuse)
    assert check_jobs() == []


def test_what_code_declares_is_there_once_a_worker_has_started(settings: Settings) -> None:
    settings.JOBS_HTTP_ALLOWED_HOSTS = ["hooks.example.com"]
    url = "https://hooks.example.com/ended"
    declare(
        cron="0 * * * *",
        timezone="Europe/Berlin",
        queue="bulk",
        overlap="hold",
        callback_url=url,
    )
    at_once(*[schedules_declare] * 5)
    row = Schedule.objects.get()
    assert (row.name, row.type, row.cron, row.queue) == (
        "daily",
        "tests.note",
        "0 * * * *",
        "bulk",
    )
    assert row.declared_in == "jobs.tests.app.job_types.note"
    assert row.callback_url == url
    assert row.next_fire_at is not None
    event = Event.objects.get()
    assert (event.action, event.actor_name) == ("schedule.declared", "")
    make_due(row)
    assert fire() == 1


def test_the_order_of_the_decorators_does_not_matter() -> None:
    assert schedule("daily", every_seconds=60, payload={"text": "a"})(note) is note


def test_code_wins_over_what_people_have_made_or_changed() -> None:
    made = make_schedule(name="daily", priority=3, paused=True)
    row = redeclare(priority=8)
    assert (row.id, row.priority, row.declared_in) == (made.id, 8, "jobs.tests.app.job_types.note")
    assert row.paused  # code says nothing about that
    Schedule.objects.update(priority=1)
    assert redeclare(priority=8).priority == 8


def test_another_start_changes_nothing() -> None:
    first = redeclare()
    make_due(first, 30)
    second = redeclare()
    assert second.next_fire_at == second.due_at
    assert fires_at(second) < fires_at(first)
    assert Event.objects.count() == 1


def test_values_that_python_writes_in_another_way_are_no_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    fields = {"payload": {"text": "a"}, "starts_at": datetime(2026, 1, 1, tzinfo=berlin)}
    redeclare(**fields, every_seconds=60)
    redeclare(**fields, every_seconds=60.0, missed=Missed.ONCE, overlap=Overlap.ALLOW)
    assert Event.objects.count() == 1


def test_a_payload_that_is_no_json_is_refused() -> None:
    declare(payload={"text": {"a set"}})
    [error] = [one.msg for one in check_jobs() if "schedule" in one.msg]
    assert "its payload is not JSON" in error
    schedules_declare()
    assert not Schedule.objects.exists()


def test_another_rule_counts_from_now() -> None:
    first = redeclare()
    make_due(first, 3_600)
    second = redeclare(every_seconds=90)
    assert fires_at(second) > fires_at(first)


def test_an_end_that_has_passed_stops_no_worker() -> None:
    row = redeclare()
    ended = redeclare(ends_at=row.created_at)
    assert ended.next_fire_at is None
    assert redeclare().next_fire_at is not None


def test_workers_confirm_what_they_declare() -> None:
    row = redeclare()
    Schedule.objects.update(declared_at=seconds_ago(DECLARED_FOR_SECONDS + 1))
    assert Schedule.objects.orphaned().exists()
    schedules_confirm_declared()
    assert not Schedule.objects.orphaned().exists()
    before = Schedule.objects.get().declared_at
    schedules_confirm_declared()
    assert Schedule.objects.get().declared_at == before  # not each worker each minute
    Schedule.objects.update(declared_in="", declared_at=F("created_at"))
    schedules_confirm_declared()
    assert Schedule.objects.get().declared_at == row.created_at


def test_one_that_makes_no_sense_is_left_out_and_the_checks_say_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    declare(name="broken", payload={})
    declare(name="sound")
    with caplog.at_level(logging.ERROR):
        schedules_declare()
    assert [row.name for row in Schedule.objects.all()] == ["sound"]
    assert [record.event for record in caplog.records] == ["schedule.refused"]  # type: ignore[attr-defined]
    [error] = [one.msg for one in check_jobs() if "schedule" in one.msg]
    assert "'broken' in jobs.tests.app.job_types.note" in error
    assert "text" in error


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"cron": "0 7 * *"}, "has 4 fields"),
        ({"every_seconds": 0.5}, "for example 300"),
        ({"timezone": "Berlin"}, "did you mean Europe/Berlin"),
        ({"every_seconds": None}, "one of them"),
    ],
)
def test_a_declaration_that_makes_no_sense_is_refused_at_once(
    fields: dict[str, Any], said: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=said):
        declare(**fields)


def test_a_name_is_declared_once() -> None:
    declare()
    with pytest.raises(ImproperlyConfigured, match="declared twice"):
        declare()


def test_a_function_that_is_no_handler_cannot_be_scheduled() -> None:
    def stranger(payload: Any, context: Any) -> None: ...

    declare(stranger)
    [error] = [one.msg for one in check_jobs() if "schedule" in one.msg]
    assert "is the handler of no job type; put @schedule beside" in error


@pytest.mark.parametrize("error", [SystemExit, LookupError])
def test_one_that_fails_in_a_way_of_its_own_is_left_out(
    error: type[BaseException],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check = vars(declaring)["check_request"]

    def fail_or_check(spec: ScheduleSpec) -> None:
        if spec.name == "a-first":
            raise error("secret")
        check(spec)

    monkeypatch.setattr(declaring, "check_request", fail_or_check)
    declare(name="a-first")
    declare(name="b-second")
    schedules_declare()
    assert [one.name for one in Schedule.objects.all()] == ["b-second"]
    assert f"a-first is declared and cannot be used: {error.__name__}" in caplog.messages[0]


def test_a_database_that_is_away_is_no_fault_of_a_declaration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(declaring, "check_request", refuse)
    declare()
    with pytest.raises(OperationalError):
        schedules_declare()
