"""Pages of single records: everything staff need, escaped, and without what is sensitive."""

from collections.abc import Sequence

import pytest
from django.test import Client

from jobs.core.attempt_error import AttemptError
from jobs.core.outcome import Failed
from jobs.models import DeadLetter, Job, ProcessedKey, Worker
from jobs.services.attempts import Finished, jobs_claim, jobs_record
from jobs.services.dead_letters import dead_letter_replay
from jobs.tests.admin.conftest import MakeDeadLetters
from jobs.tests.admin.pages import record_page
from jobs.tests.factories import make_job, make_user

pytestmark = pytest.mark.django_db


def text_of(client: Client, record: Job | DeadLetter | ProcessedKey | Worker) -> str:
    response = client.get(record_page(record))
    assert response.status_code == 200
    return response.text


def assert_contains_all(text: str, parts: Sequence[object]) -> None:
    assert [part for part in parts if str(part) not in text] == []


def test_a_dead_letter_shows_all_there_is_to_know(
    admin_client: Client, make_dead_letters: MakeDeadLetters, worker: Worker
) -> None:
    client = make_user(username="shop-backend")
    [letter] = make_dead_letters(submitted_by_id=client.pk, payload={"text": "grüß dich"})

    text = text_of(admin_client, letter)

    assert_contains_all(
        text,
        [
            "shop-backend",
            "grüß dich",
            "permanent error",
            "Attempt 1",
            worker.name,
            "Traceback (most recent call last)",
            "_call_that_fails",
            "PermanentError: no such mailbox",
            record_page(letter.job),
            "waiting for a person",
        ],
    )


def test_every_attempt_is_shown_the_last_one_open(
    admin_client: Client, worker: Worker, make_dead_letters: MakeDeadLetters
) -> None:
    job = make_job()
    for number in (1, 2):
        Job.objects.filter(id=job.id).update(run_at="2020-01-01T00:00:00Z")
        [claim] = jobs_claim(worker_id=worker.id, job_ids=[job.id])
        error: AttemptError = {
            "worker": worker.name,
            "at": f"2026-11-23T10:00:0{number}.000+00:00",
            "error": "TimeoutError",
            "message": f"try {number}",
            "traceback": f"Traceback {number}",
        }
        jobs_record(finished=[Finished(claim, Failed(error))])

    text = text_of(admin_client, job)

    assert "Failed attempts (2)" in text
    assert "2026-11-23 10:00:01 UTC" in text
    assert "2026-11-23 10:00:02 UTC" in text
    latest, earlier = text.split('<details class="attempt"')[1:]
    assert latest.startswith(" open")
    assert_contains_all(latest, ["Attempt 2", "TimeoutError: try 2", "Traceback 2"])
    assert not earlier.startswith(" open")
    assert_contains_all(earlier, ["Attempt 1", "TimeoutError: try 1", "Traceback 1"])


def test_sensitive_values_are_shown_nowhere(
    admin_client: Client, make_dead_letters: MakeDeadLetters
) -> None:
    [letter] = make_dead_letters(payload={"text": "a", "secret": "open sesame"})

    for record in (letter, letter.job):
        text = text_of(admin_client, record)
        assert "open sesame" not in text
        assert "&quot;secret&quot;: &quot;********&quot;" in text


def test_what_handlers_and_clients_say_is_escaped(
    admin_client: Client, make_dead_letters: MakeDeadLetters
) -> None:
    [letter] = make_dead_letters(
        payload={"text": "<script>alert(1)</script>"}, idempotency_key="<i>key</i>"
    )

    for record in (letter, letter.job, ProcessedKey.objects.get(job_id=letter.job_id)):
        text = text_of(admin_client, record)
        assert "<script>alert" not in text
        assert "<b>&</b>" not in text
        assert "<i>key" not in text
    assert "no such mailbox &lt;b&gt;&amp;&lt;/b&gt;" in text_of(admin_client, letter)


def test_a_job_links_to_its_worker_owner_key_and_dead_letters(
    admin_client: Client, make_dead_letters: MakeDeadLetters, worker: Worker
) -> None:
    [first] = make_dead_letters(idempotency_key="order-7")
    owner = make_job()
    Job.objects.filter(id=first.job_id).update(done_by_id=owner.id)
    key = ProcessedKey.objects.get(job_id=first.job_id)

    text = text_of(admin_client, first.job)

    assert_contains_all(text, [record_page(one) for one in (worker, owner, key, first)])
    assert "(waiting)" in text


def test_a_worker_shows_what_it_runs(admin_client: Client, worker: Worker) -> None:
    running, queued = make_job(), make_job()
    jobs_claim(worker_id=worker.id, job_ids=[running.id])

    text = text_of(admin_client, worker)

    assert record_page(running) in text
    assert record_page(queued) not in text


def test_records_whose_relations_were_pruned_are_shown(
    admin_client: Client, worker: Worker
) -> None:
    job = make_job(idempotency_key="order-7")
    jobs_claim(worker_id=worker.id, job_ids=[job.id])
    key = ProcessedKey.objects.get(job_id=job.id)

    Worker.objects.filter(id=worker.id).delete()
    assert record_page(worker) in text_of(admin_client, job)

    Job.objects.filter(id=job.id).delete()
    assert record_page(job) in text_of(admin_client, key)


def test_a_type_that_nobody_registers_any_more_shows_names_only(
    admin_client: Client, dead_letter: DeadLetter
) -> None:
    DeadLetter.objects.filter(id=dead_letter.id).update(type="gone.type")
    dead_letter.refresh_from_db()

    text = text_of(admin_client, dead_letter)

    assert "&quot;text&quot;: &quot;********&quot;" in text


def test_a_resolved_dead_letter_says_by_whom(admin_client: Client, dead_letter: DeadLetter) -> None:
    ann = make_user(username="ann-of-operations")
    dead_letter_replay(dead_letter_id=dead_letter.id, resolved_by_id=ann.pk)

    text = text_of(admin_client, dead_letter)

    assert_contains_all(text, ["replayed", "ann-of-operations"])
    assert "Replay…" not in text
