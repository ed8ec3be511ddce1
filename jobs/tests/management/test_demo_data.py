"""The command `demo_data`: a month in every state, that fits together, and that goes away again."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, Min, Sum
from django.utils import timezone
from pytest_django.fixtures import Settings

from jobs.broker.redis import RedisBroker
from jobs.core.conf import jobs_conf
from jobs.core.states import JobState
from jobs.handlers.registry import job_types
from jobs.management.commands.demo_data import EXIT_USAGE
from jobs.models import (
    Batch,
    DeadLetter,
    DeadLetterCount,
    Event,
    Job,
    Limit,
    RollUp,
    Schedule,
    Slot,
    Worker,
)
from jobs.services.dead_letter_groups import groups_now
from jobs.services.demo import demo_make, demo_remove, demo_standing
from jobs.services.demo.failures import RIGHT_MAILBOX
from jobs.services.maintenance.fold_roll_ups import jobs_fold_roll_ups
from jobs.services.verification.report import jobs_verify
from jobs.tests.factories import make_job

JOBS = 3_000

pytestmark = pytest.mark.django_db(transaction=True)


def told(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    call_command("demo_data", *options)
    return capsys.readouterr().out


def test_production_refuses_it() -> None:
    with pytest.raises(CommandError, match="demo_data is for development") as refused:
        call_command("demo_data", "--jobs", "1000")
    assert refused.value.returncode == EXIT_USAGE
    assert not Job.objects.exists()


def test_a_month_fits_together(broker: RedisBroker) -> None:
    made = demo_make(jobs=JOBS)

    states = Counter(Job.objects.values_list("state", flat=True))
    assert set(states) == set(JobState.values)
    assert made.jobs == states.total() == JOBS
    assert made.dead_letters == DeadLetter.objects.count()
    report = jobs_verify()
    assert [one.examples for one in report.checks if one.violations] == []
    ended = RollUp.objects.exclude(outcome="retried").values_list("outcome")
    assert dict(ended.annotate(Sum("count"))) == {
        state: count for state, count in states.items() if state not in ("queued", "running")
    }
    # A period may end between the two.
    assert jobs_fold_roll_ups().count <= RollUp.objects.count() / 10
    assert Slot.objects.count() == Job.objects.running().exclude(limits=None).count() > 0
    assert broker.depth(["emails"]).ready["emails", 5] > 0
    for model in (Batch, Schedule, Limit, Worker, Event):
        assert model._default_manager.exists()


def test_one_of_twelve_kinds_began_an_hour_ago_and_can_be_corrected() -> None:
    demo_make(jobs=JOBS)

    kinds = DeadLetter.objects.values("fingerprint").annotate(
        begun=Min("created_at"), n=Count("id")
    )
    assert len(kinds) == 12
    [new] = [one for one in kinds if (timezone.now() - one["begun"]).total_seconds() < 3_700]
    letter: Any = DeadLetter.objects.filter(fingerprint=new["fingerprint"]).first()
    assert new["n"] >= JOBS / 25 / 4
    corrected = {**letter.payload, "to": [RIGHT_MAILBOX]}
    serializer = job_types.get(letter.type).payload(data=corrected)
    assert serializer.is_valid()


def test_a_second_run_says_what_is_there_and_again_replaces_its_own(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.DEBUG = True
    own = make_job()
    assert "Made 1,000 jobs" in told(capsys, "--jobs", "1000")
    before = demo_standing()

    assert f"Nothing done: {before} are there." in told(capsys, "--jobs", "2000")
    assert demo_standing() == before

    assert "Made 2,000 jobs" in told(capsys, "--jobs", "2000", "--again")
    assert Job.objects.count() == 2_001
    letters = DeadLetter.objects.count()
    assert DeadLetterCount.objects.aggregate(Sum("deaths")) == {"deaths__sum": letters}
    assert sum(one.count for one in groups_now().groups) == DeadLetter.objects.waiting().count()
    demo_remove()
    assert not any(demo_standing())
    assert list(Job.objects.all()) == [own]
    assert not any(one._default_manager.exists() for one in (RollUp, Limit, DeadLetter))


def test_its_workers_live_for_as_long_as_it_stays(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], settings: Settings
) -> None:
    settings.DEBUG = True
    told(capsys, "--jobs", "1000")
    live = Worker.objects.live(jobs_conf().worker_timeout_seconds)
    those = {one.pk for one in live}
    Worker.objects.update(heartbeat_at=timezone.now() + timedelta(hours=1))
    assert not live.all()
    rounds: list[float] = []

    def pause(seconds: float) -> None:
        rounds.append(seconds)
        raise KeyboardInterrupt

    monkeypatch.setattr("jobs.management.commands.demo_data.time.sleep", pause)
    told(capsys, "--stay")
    assert {one.pk for one in live.all()} == those
    assert len(those) > 1
    assert len(rounds) == 1
