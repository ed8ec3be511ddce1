"""A key changes hands only as long as it is as it was seen."""

import pytest

from jobs.core.ids import uuid7
from jobs.models import ProcessedKey
from jobs.models.moments import seconds_ago

pytestmark = pytest.mark.django_db


def test_an_unprocessed_key_is_given_to_another_job() -> None:
    owner, heir = uuid7(), uuid7()
    ProcessedKey.objects.create(key="tests.note:ann", job_id=owner)
    assert ProcessedKey.objects.take_over("tests.note:ann", owner, heir)
    assert ProcessedKey.objects.get().job_id == heir


def test_a_key_that_another_job_has_got_meanwhile_is_not_taken_over() -> None:
    owner = uuid7()
    ProcessedKey.objects.create(key="tests.note:ann", job_id=owner)
    assert not ProcessedKey.objects.take_over("tests.note:ann", uuid7(), uuid7())
    assert ProcessedKey.objects.get().job_id == owner


def test_a_key_whose_effect_is_done_is_not_taken_over() -> None:
    owner = uuid7()
    ProcessedKey.objects.create(key="tests.note:ann", job_id=owner, processed_at=seconds_ago(1))
    assert not ProcessedKey.objects.take_over("tests.note:ann", owner, uuid7())
    assert ProcessedKey.objects.get().job_id == owner
