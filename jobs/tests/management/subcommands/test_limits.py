"""`manage.py jobs limits`, `limits set` and `limits remove`."""

import pytest

from jobs.models import Event, Limit
from jobs.tests.management.conftest import Run

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_limit_is_set_shown_and_removed(run: Run) -> None:
    said = ["--max-concurrency", "5", "--rate", "100/m", "--fair", "--by", "ann"]
    printed = run("limits", "set", "queue:bulk", *said)
    assert printed.status == 0
    [_, row] = printed.out.splitlines()
    assert row.split() == ["queue:bulk", "5", "100/m", "2", "yes", "0", "0", "staff"]
    assert run("limits").out == run("limits", "list").out == printed.out
    assert run("limits", "--json").document[0]["max_concurrency"] == 5

    printed = run("limits", "--json", "remove", "queue:bulk", "--by", "bob")

    assert (printed.status, printed.document["removed"]) == (0, True)
    assert not Limit.objects.exists()
    assert [one.actor_name for one in Event.objects.about("limit", "queue:bulk")] == ["bob", "ann"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["set", "queue:bulk", "--max-concurrency", "0"], "a concurrency of 0 makes no sense"),
        (["set", "queue:bulk", "--rate", "fast"], "write for example '100/m'"),
        (["set", "queue:bulk", "--burst", "5"], "a burst needs a rate"),
        (["set", "queue:bulk"], "a limit needs max_concurrency"),
        (["set", "bulk", "--rate", "100/m"], "'bulk' is no limit"),
    ],
)
def test_what_makes_no_sense_exits_with_2(run: Run, arguments: list[str], said: str) -> None:
    printed = run("limits", *arguments)
    assert printed.status == 2
    assert said in printed.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["set", "queue:nowhere", "--rate", "100/m"], "known queues: default, emails, bulk"),
        (["set", "type:nothing", "--rate", "100/m"], "unknown job type 'nothing'"),
        (["remove", "queue:bulk"], "no limit 'queue:bulk' was set"),
    ],
)
def test_what_is_not_there_exits_with_1(run: Run, arguments: list[str], said: str) -> None:
    printed = run("limits", *arguments)
    assert printed.status == 1
    assert said in printed.err
