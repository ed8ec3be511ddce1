"""`manage.py jobs queue pause` and `resume`."""

import pytest

from jobs.models import Event, Queue
from jobs.tests.management.conftest import Run
from jobs.tests.paused_queues import paused_queue_names

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_queue_is_paused_and_resumed(run: Run) -> None:
    printed = run("queue", "pause", "bulk", "--by", "ann", "--reason", "migration")
    assert (printed.status, printed.out) == (0, "the queue bulk is paused by ann: migration\n")
    assert paused_queue_names() == {"bulk"}
    [row] = [line for line in run("queues").out.splitlines() if line.startswith("bulk")]
    assert "by ann: migration" in row
    assert run("queues", "--json").document[2]["paused_reason"] == "migration"

    printed = run("queue", "--json", "resume", "bulk", "--by", "bob")

    assert (printed.status, printed.document["paused"]) == (0, False)
    assert [one.actor_name for one in Event.objects.about("queue", "bulk")] == ["bob", "ann"]


def test_a_reason_controls_no_terminal(run: Run) -> None:
    printed = run("queue", "pause", "bulk", "--by", "ann", "--reason", "a\x1b[2Jb")
    assert printed.out == "the queue bulk is paused by ann: a\\x1b[2Jb\n"


def test_an_unknown_queue_exits_with_1(run: Run) -> None:
    printed = run("queue", "pause", "nowhere")
    assert printed.status == 1
    assert "unknown queue 'nowhere'; known queues: default, emails, bulk" in printed.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["queue"],
        ["queue", "pause"],
        ["queue", "stop", "bulk"],
        ["queue", "pause", "bulk", "--by", ""],
    ],
    ids=" ".join,
)
def test_bad_usage_exits_with_2(run: Run, arguments: list[str]) -> None:
    assert run(*arguments).status == 2
    assert not Queue.objects.paused().exists()


def test_an_argument_that_is_no_text_exits_with_2(run: Run) -> None:
    printed = run("queue", "pause", "bulk", "--reason", "\udcff")
    assert (printed.status, printed.err) == (2, "CommandError: An argument is not UTF-8.\n")
