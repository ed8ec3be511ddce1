"""Every step works in the same way: one worker at a time, round by round, while there is more."""

import pytest
from django.db import transaction

from jobs.models import Worker
from jobs.services.maintenance.round import Round, run_round, run_rounds
from jobs.services.short_transaction import try_advisory_lock
from jobs.tests.factories import make_worker
from jobs.tests.threads import elsewhere

SKIPPED = Round()
FULL, LAST = Round(2, is_full=True), Round(1)


@pytest.mark.django_db(transaction=True)
def test_a_round_is_done_by_one_worker_at_a_time() -> None:
    with transaction.atomic():
        assert try_advisory_lock("step")
        assert elsewhere(lambda: run_round("step", lambda: FULL, skipped=SKIPPED)) == SKIPPED
        assert elsewhere(lambda: run_round("other", lambda: FULL, skipped=SKIPPED)) == FULL
    assert elsewhere(lambda: run_round("step", lambda: FULL, skipped=SKIPPED)) == FULL


@pytest.mark.django_db(transaction=True)
def test_a_round_that_fails_is_undone() -> None:
    def work() -> Round:
        make_worker()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        run_round("step", work, skipped=SKIPPED)
    assert not Worker.objects.exists()
    assert run_round("step", lambda: LAST, skipped=SKIPPED) == LAST


def test_rounds_follow_one_another_while_they_are_full() -> None:
    left = [FULL, FULL, LAST, FULL]
    assert list(run_rounds(lambda: left.pop(0))) == [FULL, FULL, LAST]
    assert left == [FULL]


def test_rounds_end_when_they_may_not_go_on() -> None:
    answers = [True, True, False]
    assert list(run_rounds(lambda: FULL, may_go_on=lambda: answers.pop(0))) == [FULL, FULL]


def test_no_round_is_done_when_none_may_be() -> None:
    assert list(run_rounds(lambda: FULL, may_go_on=lambda: False)) == []
