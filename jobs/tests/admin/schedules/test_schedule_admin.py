"""Schedules in the admin: made, changed, paused and run by staff with the permissions."""

from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from jobs.models import Event, Job, Schedule
from jobs.models.moments import seconds_ago
from jobs.tests.admin.conftest import make_staff, signed_in
from jobs.tests.admin.pages import (
    assert_contains_all,
    list_page,
    queries_of,
    record_page,
    record_text,
    text_of,
)
from jobs.tests.scheduling import due_schedule, fire, make_schedule, stored

pytestmark = pytest.mark.django_db

ADD = "/admin/jobs/schedule/add/"
ASKED: dict[str, Any] = {
    "name": "daily-report",
    "type": "tests.note",
    "payload": '{"text": "a", "secret": "hunter2"}',
    "cron": "0 7 * * MON-FRI",
    "timezone": "Europe/Berlin",
    "missed": "once",
    "overlap": "hold",
}


def errors_of(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200
    return dict(response.context["adminform"].form.errors)


def test_staff_make_a_schedule(admin_client: Client) -> None:
    assert admin_client.post(ADD, ASKED).status_code == 302
    schedule = Schedule.objects.get()
    assert (schedule.cron, schedule.overlap, schedule.paused) == ("0 7 * * MON-FRI", "hold", False)
    assert schedule.next_fire_at is not None
    assert schedule.created_by is not None
    event = Event.objects.get()
    assert (event.action, event.actor_name) == (
        "schedule.created",
        schedule.created_by.get_username(),
    )


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"cron": "0 7 * *"}, "cron", "has 4 fields"),
        ({"cron": ""}, "cron", "one of them"),
        ({"every_seconds": "60"}, "cron", "one of them"),
        ({"cron": "", "every_seconds": "0.5"}, "every_seconds", "for example 300"),
        ({"timezone": "Berlin"}, "timezone", "did you mean Europe/Berlin"),
        ({"queue": "gone"}, "queue", "unknown queue"),
        ({"payload": "{}"}, "payload", "text: This field is required."),
        ({"payload": "[1]"}, "payload", "JSON object"),
        ({"payload": "x"}, "payload", "valid JSON"),
        ({"type": "gone"}, "type", "not one of the available choices"),
        ({"priority": "10"}, "priority", "0 to 9"),
        ({"name": "taken"}, "name", "already exists"),
    ],
)
def test_what_makes_no_sense_is_said_at_its_field(
    admin_client: Client, changes: dict[str, Any], field: str, said: str
) -> None:
    make_schedule(name="taken")
    errors = errors_of(admin_client.post(ADD, ASKED | changes))
    assert list(errors) == [field]
    assert said in errors[field][0]
    assert Schedule.objects.count() == 1


def test_the_record_says_what_it_means_and_what_became_of_it(admin_client: Client) -> None:
    schedule = due_schedule(
        cron="30 2 * * *", timezone="Europe/Berlin", payload={"text": "a", "secret": "hunter2"}
    )
    Schedule.objects.filter(pk=schedule.pk).update(cron="* * * * *")
    fire()
    text = record_text(admin_client, schedule)
    [job] = Job.objects.all()
    assert_contains_all(
        text, ["Every minute (Europe/Berlin).", record_page(job), "queued", "<td>created</td>"]
    )
    fire_times = text.partition('id="fire-times-heading"')[2].partition("</table>")[0]
    assert fire_times.count('<time class="moment"') == 5
    assert "hunter2" not in text
    assert "Run now" in text


def form_of(schedule: Schedule, **changes: Any) -> dict[str, Any]:
    known = {**ASKED, "name": schedule.name, "cron": "", "every_seconds": "60", "timezone": "UTC"}
    return known | {"payload": '{"text": "a", "secret": "********"}'} | changes


def test_staff_change_a_schedule_and_masked_values_stay(admin_client: Client) -> None:
    schedule = make_schedule(payload={"text": "a", "secret": "hunter2"})
    page = record_page(schedule)
    response = admin_client.post(page, form_of(schedule, priority="9", paused="on"))
    assert response.status_code == 302
    row = stored(schedule)
    assert (row.priority, row.paused, row.payload["secret"]) == (9, True, "hunter2")
    assert {event.action for event in Event.objects.about("schedule", schedule.pk)} == {
        "schedule.created",
        "schedule.changed",
        "schedule.paused",
    }


def act(client: Client, action: str, *schedules: Schedule) -> str:
    chosen = [str(one.pk) for one in schedules]
    data = {"action": action, "_selected_action": chosen, "confirmed": "yes", "reason": "why"}
    return client.post(list_page(Schedule), data, follow=True).text


def test_schedules_are_paused_resumed_and_run(admin_client: Client) -> None:
    one, other = make_schedule(), make_schedule()
    assert "2 schedules paused." in act(admin_client, "pause_selected", one, other)
    assert stored(one).paused
    assert "1 schedule resumed." in act(admin_client, "resume_selected", one)
    Schedule.objects.filter(pk=other.pk).update(type="gone")
    text = act(admin_client, "run_selected", one, other)
    assert_contains_all(text, ["1 schedule run.", f"Schedule {other.name}: no installed app"])
    assert Job.objects.get().schedule_id == one.pk


def test_a_schedule_is_deleted_with_an_event(admin_client: Client) -> None:
    one, other = make_schedule(), make_schedule()
    admin_client.post(record_page(one).replace("/change/", "/delete/"), {"post": "yes"})
    data = {"action": "delete_selected", "_selected_action": [str(other.pk)], "post": "yes"}
    admin_client.post(list_page(Schedule), data)
    assert not Schedule.objects.exists()
    assert Event.objects.filter(action="schedule.deleted").count() == 2


def test_what_code_declares_is_only_paused_resumed_and_run(admin_client: Client) -> None:
    schedule = make_schedule(payload={"text": "a", "secret": "hunter2"})
    Schedule.objects.update(declared_in="shop.jobs.report", declared_at=seconds_ago(1))
    text = record_text(admin_client, schedule)
    assert "Declared in shop.jobs.report, and code wins" in text
    assert "hunter2" not in text
    assert 'name="cron"' not in text
    assert admin_client.post(record_page(schedule), form_of(schedule)).status_code == 403
    delete_page = record_page(schedule).replace("/change/", "/delete/")
    assert admin_client.post(delete_page, {"post": "yes"}).status_code == 403
    data = {"action": "delete_selected", "_selected_action": [str(schedule.pk)], "post": "yes"}
    admin_client.post(list_page(Schedule), data)
    assert "1 schedule paused." in act(admin_client, "pause_selected", schedule)
    Schedule.objects.update(declared_at=seconds_ago(3_600), paused=False)
    assert "no longer declared" in text_of(admin_client, list_page(Schedule))
    assert admin_client.post(delete_page, {"post": "yes"}).status_code == 302


def test_each_thing_takes_its_permission(admin_client: Client) -> None:
    schedule = make_schedule(payload={"text": "a", "secret": "hunter2"})
    viewer = signed_in(make_staff("view_schedule"))
    text = record_text(viewer, schedule)
    assert "hunter2" not in text
    assert "Run now" not in text
    assert viewer.post(record_page(schedule), form_of(schedule)).status_code == 403
    assert viewer.post(ADD, ASKED).status_code == 403
    act(viewer, "pause_selected", schedule)
    act(viewer, "run_selected", schedule)
    assert not stored(schedule).paused
    assert not Job.objects.exists()
    assert signed_in(make_staff()).get(list_page(Schedule)).status_code == 403


def test_the_list_says_how_it_goes(admin_client: Client) -> None:
    failing, paused, _ = due_schedule(), make_schedule(paused=True), make_schedule()
    Schedule.objects.filter(pk=failing.pk).update(type="gone")
    fire()
    text = text_of(admin_client, list_page(Schedule))
    assert_contains_all(text, ["failing (1)", "paused", "active", "Every minute."])
    assert paused.name in text_of(admin_client, list_page(Schedule, paused="True"))
    few = len(queries_of(admin_client, list_page(Schedule)))
    for _ in range(10):
        make_schedule()
    assert len(queries_of(admin_client, list_page(Schedule))) == few


def test_a_callback_url_is_checked_at_its_field(admin_client: Client, settings: Settings) -> None:
    settings.JOBS_HTTP_ALLOWED_HOSTS = ["hooks.example.com"]
    wrong = admin_client.post(ADD, {**ASKED, "callback_url": "https://elsewhere.example.com"})
    assert list(errors_of(wrong)) == ["callback_url"]
    url = "https://hooks.example.com/ended"
    assert admin_client.post(ADD, {**ASKED, "callback_url": url}).status_code == 302
    assert Schedule.objects.get().callback_url == url
    page = record_page(Schedule.objects.get())
    assert admin_client.post(page, ASKED).status_code == 302
    assert Schedule.objects.get().callback_url is None
