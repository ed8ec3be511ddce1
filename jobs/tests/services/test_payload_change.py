"""A payload is corrected before a replay; what was masked and not touched keeps its value."""

from uuid import UUID

import pytest

from jobs.core.errors import PayloadInvalid, PayloadTooLarge, UnknownJobType
from jobs.core.secrets import MASK
from jobs.handlers.email.delivery import message_id
from jobs.models import DeadLetter, Event, ProcessedKey
from jobs.services.dead_letters import dead_letter_assign, dead_letter_note, dead_letter_replay
from jobs.services.dead_letters.evidence import effect_may_have_happened, evidence_of
from jobs.tests.factories import allow, make_job, make_user
from jobs.tests.steps import claim_one, die, interrupt, stored, succeed

pytestmark = pytest.mark.django_db(transaction=True)


def replay(letter: DeadLetter, **payload: object) -> None:
    dead_letter_replay(dead_letter_id=letter.id, resolved_by_id=None, payload=payload)


def test_a_masked_field_keeps_its_value_and_events_show_no_secret() -> None:
    letter = die(make_job(payload={"text": "a", "secret": "hunter2"}))
    replay(letter, text="b", secret=MASK)
    job = stored(letter.job)
    assert (job.payload["text"], job.payload["secret"]) == ("b", "hunter2")
    letter.refresh_from_db()
    assert letter.payload["text"] == "a"
    event = Event.objects.about("dead_letter", letter.id)[0]
    assert (event.before["payload"], event.after["payload"]) == ({"text": "a"}, {"text": "b"})


def test_a_changed_secret_is_masked_in_the_event() -> None:
    letter = die(make_job(payload={"text": "a", "secret": "hunter2"}))
    replay(letter, text="a", secret="swordfish")
    assert stored(letter.job).payload["secret"] == "swordfish"
    event = Event.objects.about("dead_letter", letter.id)[0]
    assert event.before["payload"] == event.after["payload"] == {"secret": MASK}


def test_what_the_type_refuses_replays_nothing() -> None:
    letter = die(make_job())
    with pytest.raises(PayloadInvalid):
        replay(letter, text="a", heigth=1)
    with pytest.raises(PayloadTooLarge):
        replay(letter, text="a" * 2_000_000)
    DeadLetter.objects.update(type="tests.gone")
    with pytest.raises(UnknownJobType):
        replay(letter, text="b")
    letter.refresh_from_db()
    assert letter.resolution == ""


def test_another_payload_may_be_another_effect() -> None:
    job = make_job(type="tests.note_by_text", payload={"text": "a"})
    letter = die(job)
    assert ProcessedKey.objects.get().job_id == job.id
    replay(letter, text="b")
    assert stored(job).effect_key == "tests.note_by_text:b"
    succeed(make_job(type="tests.note_by_text", payload={"text": "a"}))
    assert claim_one(job)


def test_limits_are_those_of_the_new_payload() -> None:
    job = make_job(type="tests.note_keyed", payload={"text": "a"})
    letter = die(job)
    replay(letter, text="b")
    assert stored(job).limits == ["key:tests.note_keyed:b"]
    assert stored(job).held_by is not None


def test_a_replayed_job_names_the_dead_letter_and_the_next_one_does() -> None:
    job = make_job()
    first = die(job)
    replay(first, **first.payload)
    assert stored(job).replay_of == first.id
    assert die(job).replay_of == first.id


def test_what_to_look_for_where_the_effect_may_have_happened() -> None:
    letter = die(make_job())
    assert not effect_may_have_happened(letter)
    assert evidence_of(letter) == {}
    _, letter = interrupt(make_job(type="tests.note_once"))
    assert effect_may_have_happened(letter)

    def mail(job_type: str, **payload: object) -> dict[str, str]:
        made = make_job(type=job_type, payload=payload)
        return evidence_of(DeadLetter(job=made, type=job_type, payload=made.payload))

    found = mail("send_welcome_email", email="ann@example.com")["Message-ID"]
    assert found == message_id(UUID(found[1:37]), "jobs@localhost") or found.startswith("<")
    sent = mail("send_email", to=["a@example.com"], subject="s", text="t")
    assert set(sent) == {"Message-ID"}


def test_a_dead_letter_is_assigned_and_has_notes() -> None:
    letter = die(make_job())
    allow(make_user(username="ann"), "view_deadletter")
    assert dead_letter_assign(dead_letter_id=letter.id, assigned_to="ann").assigned_to == "ann"
    dead_letter_assign(dead_letter_id=letter.id, assigned_to="ann")
    dead_letter_note(dead_letter_id=letter.id, note="asked the provider")
    events = Event.objects.about("dead_letter", letter.id)
    assert [one.action for one in events] == ["dead_letter.noted", "dead_letter.assigned"]
    assert events[0].reason == "asked the provider"
