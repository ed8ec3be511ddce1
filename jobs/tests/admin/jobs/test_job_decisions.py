"""What staff do with jobs: run now, cancel, edit, clone, reveal."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from rest_framework.exceptions import ValidationError

from accounts.models import User
from jobs.admin.shared import decision
from jobs.core.states import JobState
from jobs.models import DeadLetter, Event, Job
from jobs.sql.statements import database_now
from jobs.tests.admin.conftest import make_staff, signed_in
from jobs.tests.admin.pages import assert_contains_all, list_page, record_page, record_text
from jobs.tests.app.job_types import NotePayload
from jobs.tests.factories import make_job
from jobs.tests.steps import claim_one, stored, succeed

pytestmark = pytest.mark.django_db


def choose(client: Client, action: str, *jobs: Job, **fields: Any) -> Any:
    data = {"action": action, "_selected_action": [str(job.pk) for job in jobs]} | fields
    return client.post(list_page(Job), data, follow=True)


def page_of(name: str, job: Job) -> str:
    return reverse(f"admin:jobs_job_{name}", args=[job.pk])


def form(**changes: Any) -> dict[str, Any]:
    payload = '{"text": "a", "secret": "********"}'
    return {"payload": payload, "queue": "default", "priority": "5", "reason": "why"} | changes


def test_jobs_are_cancelled_after_a_question_with_a_reason(
    admin_client: Client, chief: User
) -> None:
    job, done = make_job(), make_job()
    succeed(done)
    assert "Cancel 2 jobs?" in choose(admin_client, "cancel_selected", job, done).text
    assert stored(job).state == JobState.QUEUED
    text = choose(
        admin_client, "cancel_selected", job, done, confirmed="yes", reason="not needed"
    ).text
    assert_contains_all(text, ["1 job cancelled", f"Job {done}: this job is already succeeded."])
    assert stored(job).state == JobState.CANCELLED
    event = Event.objects.about("job", job.pk).get()
    assert (event.actor_name, event.reason) == (chief.username, "not needed")
    assert LogEntry.objects.get().object_id == str(job.pk)


def test_a_delayed_job_is_run_now(admin_client: Client) -> None:
    job = make_job(delay_seconds=600)
    assert "Run now…" in record_text(admin_client, job)
    choose(admin_client, "run_now_selected", job, confirmed="yes")
    assert stored(job).run_at <= database_now()
    assert "Run now…" not in record_text(admin_client, job)


def test_more_than_a_hundred_are_decided_by_typing_their_number(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decision, "TYPED_ABOVE", 2)
    jobs = [make_job() for _ in range(3)]
    asked = choose(admin_client, "cancel_selected", *jobs, confirmed="yes", typed="2")
    assert_contains_all(asked.text, ["Type the number", "That was not the number"])
    assert Job.objects.queued().count() == 3
    choose(admin_client, "cancel_selected", *jobs, confirmed="yes", typed=" 3 ")
    assert Job.objects.queued().count() == 0


def test_what_has_not_started_is_edited_and_masked_values_stay(admin_client: Client) -> None:
    job = make_job(payload={"text": "a", "secret": "hunter2"})
    page = page_of("edit", job)
    assert "hunter2" not in admin_client.get(page).text
    changed = form(payload='{"text": "b", "secret": "********"}', queue="bulk", priority="9")
    response = admin_client.post(page, changed)
    assert response["Location"] == record_page(job)
    row = stored(job)
    assert (row.payload["text"], row.payload["secret"]) == ("b", "hunter2")
    assert (row.queue, row.priority) == ("bulk", 9)
    assert Event.objects.about("job", job.pk).get().reason == "why"


def test_what_the_serializer_refuses_is_said_at_the_field(admin_client: Client) -> None:
    job = make_job()
    text = admin_client.post(page_of("edit", job), form(payload='{"text": {}}')).text
    assert "text: " in text
    assert "Give a JSON object" in admin_client.post(page_of("edit", job), form(payload="[1]")).text
    assert stored(job).payload == job.payload


def test_a_refusal_quotes_no_masked_value(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: NotePayload, value: str) -> str:
        raise ValidationError(f'"{value}" is not a valid choice.')

    job = make_job(payload={"text": "a", "secret": "hunter2"})
    monkeypatch.setattr(NotePayload, "validate_secret", refused, raising=False)
    changed = form(payload='{"text": "b", "secret": "********"}')
    text = admin_client.post(page_of("edit", job), changed).text
    assert "secret: is refused" in text
    assert "hunter2" not in text


def test_what_has_begun_cannot_be_edited(admin_client: Client) -> None:
    job = make_job()
    claim_one(job)
    assert "Edit…" not in record_text(admin_client, job)
    text = admin_client.post(page_of("edit", job), form(priority="9")).text
    assert "only a job that has not started" in text


def test_a_clone_is_a_job_of_whoever_made_it(admin_client: Client, chief: User) -> None:
    job = make_job(payload={"text": "a", "secret": "hunter2"})
    succeed(job)
    changed = form(payload='{"text": "b", "secret": "********"}')
    response = admin_client.post(page_of("clone", job), changed)
    clone = Job.objects.exclude(pk=job.pk).get()
    assert response["Location"] == record_page(clone)
    assert (clone.payload["text"], clone.payload["secret"]) == ("b", "hunter2")
    assert clone.submitted_by == chief
    text = " ".join(record_text(admin_client, clone).split())
    assert f"<strong>made of another</strong> <span>by {chief.username}" in text
    assert f"<strong>accepted</strong> <span>from {chief.username}" in text  # said once


def test_masked_values_are_revealed_once_and_that_is_recorded(
    admin_client: Client, chief: User
) -> None:
    job = make_job(payload={"text": "a", "secret": "hunter2"})
    assert "Reveal" in record_text(admin_client, job)
    page = page_of("reveal", job)
    assert "the form was not sent" in admin_client.get(page, follow=True).text
    assert not Event.objects.exists()
    response = admin_client.post(page, {"reason": "support case"})
    assert "hunter2" in response.text
    assert response["Cache-Control"].find("no-store") >= 0
    event = Event.objects.about("job", job.pk).get()
    assert (event.action, event.actor_name) == ("job.revealed", chief.username)
    assert event.reason == "support case"
    assert "hunter2" not in record_text(admin_client, job)


def test_each_thing_takes_its_permission() -> None:
    job = make_job(payload={"text": "a", "secret": "hunter2"}, delay_seconds=600)
    viewer = signed_in(make_staff("view_job"))
    text = record_text(viewer, job)
    for offered in ("Cancel…", "Run now…", "Edit…", "Clone with changes…", "Reveal"):
        assert offered not in text
    for name in ("edit", "clone", "reveal"):
        assert viewer.post(page_of(name, job), form()).status_code == 403
    choose(viewer, "cancel_selected", job, confirmed="yes")
    choose(viewer, "run_now_selected", job, confirmed="yes")
    assert stored(job).state == JobState.QUEUED
    assert Job.objects.count() == 1
    assert not Event.objects.exists()


def test_who_did_what_is_for_those_who_may_see_events(admin_client: Client) -> None:
    job = make_job()
    choose(admin_client, "cancel_selected", job, confirmed="yes", reason="private matter")
    assert "private matter" in record_text(admin_client, job)
    assert "private matter" not in record_text(signed_in(make_staff("view_job")), job)


def test_search_finds_by_request_and_by_client(admin_client: Client, chief: User) -> None:
    asked = make_job(submitted_by_id=chief.pk)
    Job.objects.filter(pk=asked.pk).update(request_id="req-7")
    make_job()
    for term in ("req-7", chief.username):
        response = admin_client.get(list_page(Job, q=term))
        assert [job.pk for job in response.context["cl"].result_list] == [asked.pk]


def test_a_trace_is_a_link_where_an_address_is_set(admin_client: Client, settings: Any) -> None:
    job = make_job()
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    Job.objects.filter(pk=job.pk).update(
        request_id="r", traceparent=f"00-{trace_id}-00f067aa0ba902b7-01"
    )
    assert f"/t/{trace_id}" not in record_text(admin_client, job)
    settings.JOBS_TRACE_URL = "https://traces.example.com/t/{trace_id}"
    assert f"https://traces.example.com/t/{trace_id}" in record_text(admin_client, job)


def test_dead_letters_reveal_too(admin_client: Client, make_dead_letters: Any) -> None:
    [letter] = make_dead_letters(payload={"text": "a", "secret": "hunter2"})
    page = reverse("admin:jobs_deadletter_reveal", args=[letter.pk])
    assert "hunter2" in admin_client.post(page).text
    assert isinstance(letter, DeadLetter)
    assert Event.objects.about("dead_letter", letter.pk).filter(action="dead_letter.revealed")
