"""`manage.py jobs add`: the rules are those of the API."""

import io

import pytest

from jobs.core.states import JobState
from jobs.models import Job
from jobs.tests.management.conftest import Run

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_job_is_added_and_its_id_printed(run: Run) -> None:
    printed = run("add", "tests.note", '{"text": "a"}', "--queue", "bulk", "--priority", "9")
    job = Job.objects.get()
    assert (printed.status, printed.out) == (0, f"{job.id}\n")
    assert (job.queue, job.priority, job.state) == ("bulk", 9, JobState.QUEUED)
    assert job.payload["text"] == "a"


def test_the_payload_comes_from_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"text": "from a pipe"}'))
    assert run("add", "tests.note", "-").status == 0
    assert Job.objects.get().payload["text"] == "from a pipe"


def test_standard_input_that_is_no_utf_8(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"text": "\xff"}'), "utf-8"))
    printed = run("add", "tests.note", "-")
    assert (printed.status, printed.err.strip()) == (2, "Standard input is not UTF-8.")


def test_a_duplicate_is_the_same_job(run: Run) -> None:
    add = ["add", "tests.note", '{"text": "a"}', "--idempotency-key", "k", "--json"]
    first, second = run(*add).document, run(*add).document
    assert first["id"] == second["id"]
    assert [first["duplicate"], second["duplicate"]] == [False, True]


def test_a_key_with_another_payload_exits_with_1(run: Run) -> None:
    assert run("add", "tests.note", '{"text": "a"}', "--idempotency-key", "k").status == 0
    printed = run("add", "tests.note", '{"text": "b"}', "--idempotency-key", "k")
    assert printed.status == 1
    assert "payload/text: This idempotency_key was used before" in printed.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tests.nothing"], "type: Unknown job type 'tests.nothing'"),
        (["tests.note"], "payload/text: This field is required."),
        (["tests.note", "{"], "not JSON"),
        (["tests.note", "[]"], "payload: Give a JSON object."),
        (["tests.note", '{"text": "\\ud800"}'], "half a surrogate pair"),
        (["tests.note", '{"text": "a"}', "--queue", "nowhere"], "queue: Unknown queue 'nowhere'"),
        (["tests.note", '{"text": "a"}', "--priority", "10"], "priority: "),
        (["tests.note", '{"text": "a"}', "--delay", "nan"], "nan"),
        (["tests.note", '{"text": "a"}', "--run-at", "2030-01-31T09:00"], "Name the time zone"),
    ],
)
def test_what_the_api_refuses_exits_with_2(run: Run, arguments: list[str], said: str) -> None:
    printed = run("add", *arguments)
    assert (printed.status, printed.out) == (2, "")
    assert said.lower() in printed.err.lower()
    assert not Job.objects.exists()
