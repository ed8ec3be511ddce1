"""Pages of records: escaped, without what is sensitive, and there although rows were pruned."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from jobs.admin.schedules.schedule_admin import ScheduleAdmin
from jobs.core.ids import uuid7
from jobs.models import Job, ProcessedKey, Schedule, Worker
from jobs.services.attempts import jobs_claim
from jobs.tests.admin.conftest import MakeDeadLetters
from jobs.tests.admin.pages import assert_contains_all, list_page, record_page, record_text
from jobs.tests.factories import make_job
from jobs.tests.scheduling import make_schedule

pytestmark = pytest.mark.django_db


def test_sensitive_values_are_shown_nowhere(
    admin_client: Client, make_dead_letters: MakeDeadLetters
) -> None:
    [letter] = make_dead_letters(payload={"text": "a", "secret": "open sesame"})

    for record in (letter, letter.job):
        text = record_text(admin_client, record)
        assert "open sesame" not in text
        assert "&quot;secret&quot;: &quot;********&quot;" in text


def test_what_handlers_and_clients_say_is_escaped(
    admin_client: Client, make_dead_letters: MakeDeadLetters
) -> None:
    [letter] = make_dead_letters(
        payload={"text": "<script>alert(1)</script>"}, idempotency_key="<i>key</i>"
    )

    for record in (letter, letter.job, ProcessedKey.objects.get(job_id=letter.job_id)):
        text = record_text(admin_client, record)
        assert "<script>alert" not in text
        assert "<b>&</b>" not in text
        assert "<i>key" not in text
    assert "no such mailbox &lt;b&gt;&amp;&lt;/b&gt;" in record_text(admin_client, letter)


def test_records_whose_relations_were_pruned_are_shown(
    admin_client: Client, worker: Worker
) -> None:
    job = make_job(idempotency_key="order-7")
    jobs_claim(worker_id=worker.id, job_ids=[job.id])
    key = ProcessedKey.objects.get(job_id=job.id)

    Worker.objects.filter(id=worker.id).delete()
    assert record_page(worker) in record_text(admin_client, job)

    Job.objects.filter(id=job.id).delete()
    assert record_page(job) in record_text(admin_client, key)


def test_a_record_that_leaves_meanwhile_is_said_to_be_gone(
    admin_client: Client, chief: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A form that was left open; and the moment between the look at the row and what is done."""
    schedule = make_schedule(created_by_id=chief.pk)
    pages = [
        reverse(f"admin:jobs_schedule_{name}", args=[schedule.pk]) for name in ("change", "delete")
    ]
    form = {"name": "n", "type": "tests.note", "payload": '{"text": "b"}', "every_seconds": "60"}
    form |= {"timezone": "UTC", "missed": "once", "overlap": "allow", "post": "yes"}
    Schedule.objects.all().delete()

    def said() -> set[str]:
        answers = [admin_client.post(page, form, follow=True) for page in pages]
        assert [one.redirect_chain[-1][0] for one in answers] == ["/admin/jobs/schedule/"] * 2
        return {str(one) for answer in answers for one in answer.context["messages"]}

    assert said() == {f"There is no schedule '{schedule.pk}' any more."}
    monkeypatch.setattr(ScheduleAdmin, "get_object", lambda *args: schedule)
    assert said() == {f"There is no schedule '{schedule.pk}' any more."}


def test_more_than_a_form_may_have_is_refused_in_words(admin_client: Client) -> None:
    ticked = {"action": "cancel_selected", "_selected_action": [str(uuid7()) for _ in range(1_001)]}
    answer = admin_client.post(list_page(Job), ticked)
    assert answer.status_code == 400
    assert_contains_all(answer.text, ["too much at once", "a redrive replays any number"])
