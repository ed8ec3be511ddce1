"""`manage.py jobs redrives`: started, shown and decided about at a shell."""

import pytest

from jobs.models import Event, Redrive
from jobs.tests.factories import make_job
from jobs.tests.management.conftest import Run
from jobs.tests.steps import die, interrupt

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_redrive_at_a_shell(run: Run) -> None:
    letter = die(make_job())
    changes = ["--set", 'text="b"', "--set", 'secret="hunter2"']
    printed = run(
        *("redrives", "--json", "start", "--fingerprint", letter.fingerprint, "--rate", "500"),
        *(*changes, "--by", "ann", "--reason", "mended"),
    )
    assert printed.status == 0
    facts = printed.document
    assert (facts["state"], facts["total"], facts["rate"]) == ("running", 1, 500.0)
    assert facts["changes"] == {"text": "b", "secret": "********"}
    redrive = Redrive.objects.get()
    assert redrive.changes == {"text": "b", "secret": "hunter2"}

    for decision, state in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        printed = run("redrives", decision, redrive.id, "--by", "bob")
        assert printed.status == 0
        assert ["state", state] in [line.split() for line in printed.out.splitlines()]
    assert [one.actor_name for one in Event.objects.about("redrive", redrive.id)] == [
        *["bob"] * 3,
        "ann",
    ]
    row = run("redrives").out.splitlines()[1]
    assert row.split()[1:8] == ["cancelled", "0", "1", "0", "0", "500/s", "ann"]
    assert run("redrives", "--json", "show", redrive.id).document["state"] == "cancelled"
    assert len(run("redrives", "--json", "list", "--limit", "5").document) == 1

    printed = run("redrives", "resume", redrive.id)
    assert (printed.status, "is cancelled: start another one" in printed.err) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["start"], 2, "say which dead letters"),
        (["start", "--all", "--queue", "bulk"], 2, "say which dead letters"),
        (["start", "--queue", "nowhere"], 2, "known queues"),
        (["start", "--type", "nothing"], 2, "unknown job type"),
        (["start", "--all", "--rate", "0"], 2, "is not a number from 0.1 to 2000"),
        (["start", "--all", "--set", "text"], 2, "is not FIELD=JSON"),
        (["start", "--created-after", "soon"], 2, "is no moment with its time zone"),
        (["start", "--type", "tests.note"], 1, "no waiting dead letter fits this filter"),
        (["start", "--all"], 1, "1 whose effect may have happened"),
        (["show", "01890000-0000-7000-8000-000000000000"], 1, "no such redrive"),
    ],
)
def test_what_cannot_be_done_is_said(
    run: Run, arguments: list[str], status: int, said: str
) -> None:
    interrupt(make_job(type="tests.note_once"))
    printed = run("redrives", *arguments)
    assert (printed.status, said in printed.err) == (status, True), printed.err


@pytest.mark.parametrize(
    "option",
    [
        "--created-after=9999-12-31T23:59:59-23:59",
        "--created-before=0001-01-01T00:00:00+23:59",
        f"--set=a={'[' * 100_000}",
        "--set=a=NaN",
        '--set=a="\\u0000"',
    ],
    ids=lambda option: option[:24],
)
def test_values_that_postgresql_would_not_take_are_bad_usage(run: Run, option: str) -> None:
    printed = run("redrives", "start", option)
    assert printed.status == 2
    assert f"argument {option.partition('=')[0]}: " in printed.err.splitlines()[-1]


def test_a_moment_of_a_zone_that_postgresql_does_not_know(run: Run) -> None:
    die(make_job())
    after = "--created-after=2000-01-01T00:00:00+23:59"
    assert run("redrives", "--json", "start", after).document["total"] == 1
