"""What people may see: rows by user, payloads without their secrets."""

import pytest

from jobs.core.attempt_error import MASK
from jobs.services.visibility import dead_letters_visible_to, jobs_visible_to, masked_payload
from jobs.tests.factories import make_job, make_user
from jobs.tests.steps import die


@pytest.mark.django_db(transaction=True)
def test_users_see_their_own_and_staff_see_all() -> None:
    ann, ben, staff = make_user(), make_user(), make_user(is_staff=True)
    first, second = make_job(submitted_by_id=ann.id), make_job(submitted_by_id=ben.id)
    letters = [die(first), die(second)]
    assert list(jobs_visible_to(ann)) == [first]
    assert list(dead_letters_visible_to(ben)) == [letters[1]]
    assert set(jobs_visible_to(staff)) == {first, second}
    assert list(dead_letters_visible_to(staff)) == letters[::-1]


def test_sensitive_fields_are_masked_and_the_others_shown() -> None:
    payload = {"text": "hello", "secret": "hunter2"}
    assert masked_payload("tests.note", payload) == {"text": "hello", "secret": MASK}


def test_of_a_type_that_is_not_registered_only_the_names_are_shown() -> None:
    payload = {"text": "hello", "number": 1}
    assert masked_payload("tests.gone", payload) == {"text": MASK, "number": MASK}
