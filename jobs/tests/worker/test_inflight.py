"""What a process holds between claim and record."""

from jobs.tests.claims import make_claim
from jobs.worker.inflight import Inflight


def test_it_knows_what_was_added_until_it_is_removed() -> None:
    inflight = Inflight()
    one, other = make_claim(), make_claim()
    inflight.add([one, other])
    assert inflight.attempts() == {(one.id, 1), (other.id, 1)}
    inflight.remove([one])
    assert inflight.attempts() == {(other.id, 1)}
    assert inflight.job_ids() == [other.id]
    assert len(inflight) == 1


def test_a_newer_attempt_of_the_same_job_stays() -> None:
    inflight = Inflight()
    first = make_claim()
    second = make_claim(id=first.id, attempt=2)
    inflight.add([first])
    inflight.add([second])
    inflight.remove([first])
    assert inflight.attempts() == {(second.id, 2)}
    inflight.remove([second])
    assert inflight.attempts() == set()


def test_an_attempt_whose_payload_was_read_again_is_the_same_attempt() -> None:
    inflight = Inflight()
    claim = make_claim()
    inflight.add([claim])
    inflight.remove([claim._replace(payload={})])
    assert len(inflight) == 0


def test_removing_what_was_never_there_is_no_error() -> None:
    inflight = Inflight()
    inflight.remove([make_claim()])
    assert len(inflight) == 0


def test_an_attempt_after_a_replay_is_not_asked_to_stop_as_the_one_before_it_was() -> None:
    inflight, first = Inflight(), make_claim()
    inflight.add([first])
    inflight.cancel([first.id])
    assert inflight.is_cancelled(first.id)
    inflight.remove([first])
    inflight.add([make_claim(id=first.id, attempt=2)])
    assert not inflight.is_cancelled(first.id)


def test_what_is_no_longer_held_is_not_asked_to_stop() -> None:
    inflight, claim = Inflight(), make_claim()
    inflight.cancel([claim.id])  # asked about while it was held
    inflight.add([claim])
    assert not inflight.is_cancelled(claim.id)
