"""What people may see: rows by user, payloads without their secrets."""

import pytest

from jobs.core.secrets import MASK
from jobs.services.masking import masked_payload
from jobs.services.visibility import dead_letters_visible_to, jobs_visible_to, may_cancel
from jobs.tests.factories import allow, make_job, make_user
from jobs.tests.steps import die


@pytest.mark.django_db(transaction=True)
def test_users_see_their_own_and_all_by_permission() -> None:
    ann, ben = make_user(), make_user()
    support = allow(make_user(), "view_job", "view_deadletter")
    nobody, chief = make_user(is_staff=True), make_user(is_superuser=True)
    first, second = make_job(submitted_by_id=ann.id), make_job(submitted_by_id=ben.id)
    letters = [die(first), die(second)]
    assert list(jobs_visible_to(ann)) == [first]
    assert list(dead_letters_visible_to(ben)) == [letters[1]]
    assert not jobs_visible_to(nobody).exists(), "being staff is no permission"
    assert not dead_letters_visible_to(nobody).exists()
    for user in (support, chief):
        assert set(jobs_visible_to(user)) == {first, second}
        assert list(dead_letters_visible_to(user)) == letters[::-1]


@pytest.mark.django_db(transaction=True)
def test_ones_own_jobs_are_cancelled_and_others_by_permission() -> None:
    ann = make_user()
    job = make_job(submitted_by_id=ann.id)
    may = [ann, allow(make_user(), "cancel_job"), make_user(is_superuser=True)]
    may_not = [make_user(is_staff=True), allow(make_user(), "view_job", "change_job")]
    assert [may_cancel(user, job) for user in may] == [True] * 3
    assert [may_cancel(user, job) for user in may_not] == [False] * 2


def test_sensitive_fields_are_masked_and_the_others_shown() -> None:
    payload = {"text": "hello", "secret": "hunter2"}
    assert masked_payload("tests.note", payload) == {"text": "hello", "secret": MASK}


def test_of_a_type_that_is_not_registered_only_the_names_are_shown() -> None:
    payload = {"text": "hello", "number": 1}
    assert masked_payload("tests.gone", payload) == {"text": MASK, "number": MASK}
