"""Masked values are revealed, and that is recorded."""

import pytest

from jobs.core.actor import Actor
from jobs.models import Event
from jobs.services.reveal import has_masked_values, payload_reveal
from jobs.tests.factories import make_job
from jobs.tests.steps import die

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("noun", ["job", "dead_letter"])
def test_who_sees_which_fields_is_written_down_and_not_what_they_say(noun: str) -> None:
    job = make_job(payload={"text": "a", "secret": "hush"})
    record = job if noun == "job" else die(job)
    assert has_masked_values(record)
    assert payload_reveal(record=record, actor=Actor("7", "ann"), reason="why")["secret"] == "hush"
    event = Event.objects.about(noun, record.pk).get()
    assert (event.action, event.actor_name) == (f"{noun}.revealed", "ann")
    assert (event.after, event.reason) == ({"fields": ["secret"]}, "why")


def test_nothing_is_masked_without_sensitive_fields() -> None:
    assert not has_masked_values(make_job(type="tests.told"))
