"""What is said of a schedule that makes no job any more, to whoever may see the schedule."""

from jobs.core.errors import PayloadInvalid
from jobs.models import Schedule
from jobs.services.schedules.run import broken_sentence

SCHEDULE = Schedule(type="send_email", payload={"to": ["ann@example.com"], "text": "hunter2 is it"})


def test_a_serializer_that_quotes_what_it_refuses_shows_no_sensitive_value() -> None:
    error = PayloadInvalid({"text": ['"hunter2 is it" is not a valid choice.'], "to": ["Empty."]})
    said = broken_sentence(SCHEDULE, error)
    assert said == "the payload does not fit its type any more: text: is refused; to: Empty."


def test_whatever_a_function_of_the_type_raises_shows_none_either() -> None:
    said = broken_sentence(SCHEDULE, KeyError("hunter2 is it"))
    assert said == "KeyError: '********'"
