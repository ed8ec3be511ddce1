"""A slot goes straight from a job that has succeeded to the next one: never to one too many."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone

from jobs.broker.redis import RedisBroker
from jobs.core.claim import Claimant, ClaimedJob
from jobs.core.finished import Finished
from jobs.core.limit import LimitRule, parse_rate
from jobs.core.outcome import Failed, Succeeded
from jobs.core.result import Result
from jobs.core.states import JobState
from jobs.models import Job, Limit, Slot, Worker
from jobs.models.job_claims import HandedOver
from jobs.services import successes as successes_module
from jobs.services.attempts import jobs_record
from jobs.services.limits.change import limit_set
from jobs.services.limits.hand_over import limit_to_hand_over, slots_hand_over
from jobs.services.limits.turns import Turn, turns
from jobs.services.maintenance.admit import jobs_admit_due
from jobs.services.roll_ups import totals_now
from jobs.services.verification.database import database_checks
from jobs.services.workers import worker_stop
from jobs.tests.claims import make_claim
from jobs.tests.factories import make_job, make_worker
from jobs.tests.steps import claim_one, error, stored
from jobs.tests.threads import elsewhere

pytestmark = pytest.mark.django_db(transaction=True)

QUEUE = "queue:default"


@pytest.fixture(autouse=True)
def nothing_noted() -> None:
    turns._noted.clear()


def limit(name: str = QUEUE, *, rate: str | None = None, fair: bool = False, **rule: Any) -> None:
    made = LimitRule(rate=parse_rate(rate) if rate else None, **rule)
    limit_set(name=name, rule=made, is_fair=fair)
    jobs_admit_due()


def hand_over(*claims: ClaimedJob, claimant: Claimant | None = None) -> HandedOver:
    finished = [(Finished(claim, Succeeded()), QUEUE) for claim in claims]
    return slots_hand_over(finished=finished, claimant=claimant)


def claimant(most: int = 10, queues: tuple[str, ...] = ("default",)) -> Claimant:
    return Claimant(make_worker().id, queues, most)


def slots() -> set[Any]:
    return set(Slot.objects.values_list("job_id", flat=True))


def test_the_next_job_is_claimed_in_the_statement_that_writes_the_success() -> None:
    limit(max_concurrency=1)
    first, second = make_job(), make_job(payload={"text": "the second"})
    who = claimant()
    done = hand_over(claim_one(first), claimant=who)
    assert stored(first).state == JobState.SUCCEEDED
    assert done.written == {first.id}
    [claim] = done.claims
    assert (claim.id, claim.attempt, claim.worker_id) == (second.id, 1, who.worker_id)
    assert claim.payload["text"] == "the second"
    assert stored(second).state == JobState.RUNNING
    assert limit_to_hand_over(Finished(claim, Succeeded())) == QUEUE
    assert slots() == {second.id}
    assert [(one.outcome, one.total) for one in totals_now().ended] == [("succeeded", 1)]
    assert not [check for check in database_checks() if check.violations]


def test_who_waits_for_the_job_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Collection[UUID]] = []
    monkeypatch.setattr(
        successes_module, "jobs_announce_after_commit", lambda *, final: told.append(final)
    )
    limit(max_concurrency=1)
    first = make_job()
    make_job()
    hand_over(claim_one(first))
    assert told == [[first.id]]


def test_without_a_claimant_the_next_jobs_are_dispatched_in_their_order(
    broker: RedisBroker,
) -> None:
    limit(max_concurrency=2)
    first = [make_job(), make_job()]
    low, high = make_job(priority=1), make_job(priority=9)
    broker.fetch(["default"], 9)
    done = hand_over(*map(claim_one, first))
    assert done.claims == []
    fetched = broker.fetch(["default"], 9)
    assert [one.message.job_id for one in fetched] == [high.id, low.id]
    assert slots() == {low.id, high.id}


def test_a_claimant_takes_no_more_than_it_can_and_the_first_ones(broker: RedisBroker) -> None:
    limit(max_concurrency=3)
    first = [make_job() for _ in range(3)]
    waiting = [make_job() for _ in range(3)]
    broker.fetch(["default"], 9)
    done = hand_over(*map(claim_one, first), claimant=claimant(most=2))
    assert [claim.id for claim in done.claims] == [one.id for one in waiting[:2]]
    assert [one.message.job_id for one in broker.fetch(["default"], 9)] == [waiting[2].id]


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "tests.note_by_text"},  # its effect key may be another job's
        {"payload": {"text": "x" * 20_000}},
        {"expires_at": timezone.now() + timedelta(hours=1)},
    ],
    ids=["shared key", "large payload", "expired"],
)
def test_what_may_not_be_claimed_so_is_dispatched(
    broker: RedisBroker, fields: dict[str, Any]
) -> None:
    limit(max_concurrency=1)
    first, second = make_job(), make_job(**fields)
    broker.fetch(["default"], 9)
    if "expires_at" in fields:
        Job.objects.filter(id=second.id).update(expires_at=timezone.now() - timedelta(seconds=1))
    done = hand_over(claim_one(first), claimant=claimant())
    assert done.written == {first.id}
    assert done.claims == []
    assert stored(second).state == JobState.QUEUED
    assert [one.message.job_id for one in broker.fetch(["default"], 9)] == [second.id]


def test_a_worker_claims_only_of_its_queues_and_only_while_it_lives() -> None:
    limit(max_concurrency=2)
    first = [make_job(), make_job()]
    make_job()
    make_job()
    assert hand_over(claim_one(first[0]), claimant=claimant(queues=("other",))).claims == []
    stopped = make_worker()
    worker_stop(worker_id=stopped.id)
    who = Claimant(stopped.id, ["default"], 10)
    assert hand_over(claim_one(first[1]), claimant=who).claims == []


@pytest.mark.parametrize(
    "rule",
    [
        {"max_concurrency": 1, "rate": "100/m"},
        {"rate": "100/m"},
        {"rate": "100/m", "fair": True},
    ],
)
def test_limits_that_have_to_be_counted_are_left_to_the_admission(rule: dict[str, Any]) -> None:
    limit(max_concurrency=1)
    first = claim_one(make_job())
    make_job()
    limit(**rule)
    assert hand_over(first, claimant=claimant()).written == set()
    assert stored(first).state == JobState.RUNNING
    assert first.id in slots()


@pytest.mark.parametrize(
    ("rule", "turns_taken"),
    [({"max_concurrency": 1}, "ababa"), ({}, "abab")],
    ids=["limited", "window of two"],
)
def test_tenants_of_a_fair_queue_take_turns(rule: dict[str, Any], turns_taken: str) -> None:
    who = claimant()
    Worker.objects.update(concurrency=1)
    limit(fair=True, **rule)
    for key in "aaaabb":
        make_job(fairness_key=key)
    running = [claim_one(job) for job in Job.objects.queued().filter(held_by=None).order_by("id")]
    order = []
    while running:
        done = hand_over(running.pop(0), claimant=who)
        running += done.claims
        order += [stored(claim).fairness_key for claim in done.claims]
    assert "".join(map(str, order)) == turns_taken
    assert Slot.objects.count() == 6 - len(turns_taken)  # behind the last ones nobody waits
    turns.settle(0.0)
    at = Limit.objects.get(name=QUEUE)
    assert at.current_rank == 4
    assert at.pace > 0
    assert at.look_at is not None
    assert stored(make_job(fairness_key="c")).rank == 5


def test_a_window_that_has_shrunk_hands_fewer_slots_over_but_never_none() -> None:
    who = claimant()
    limit(fair=True)
    for number in range(40):
        make_job(fairness_key=str(number % 2))
    claims = [claim_one(job) for job in Job.objects.queued().filter(held_by=None)]
    assert len(claims) == 8  # two for each of the four that the worker takes at once
    Worker.objects.update(concurrency=1)
    Worker.objects.exclude(id=who.worker_id).update(queues=[])
    done = hand_over(*claims[:4], claimant=who)
    assert (len(done.written), len(done.claims)) == (4, 2)
    assert Slot.objects.count() == 6
    assert len(hand_over(claims[4], claimant=who).claims) == 1


def test_a_limit_that_an_admission_holds_is_settled_later() -> None:
    limit(fair=True)
    turns.note({QUEUE: Turn(7, 3)})
    with transaction.atomic():
        Limit.objects.select_for_update().get(name=QUEUE)
        elsewhere(lambda: turns.settle(0.0))
    assert Limit.objects.get(name=QUEUE).current_rank == 0
    turns.settle(0.0)
    assert Limit.objects.get(name=QUEUE).current_rank == 7
    turns.note({"queue:gone": Turn(1, 1)})
    turns.settle(0.0)
    assert turns._noted == {}


def test_a_limit_that_was_lowered_hands_nothing_over() -> None:
    limit(max_concurrency=2)
    claims = [claim_one(make_job()), claim_one(make_job())]
    make_job()
    limit(max_concurrency=1)
    assert hand_over(claims[0], claimant=claimant()).written == set()


def test_fewer_jobs_than_slots_or_one_under_another_limit_is_left_to_the_admission() -> None:
    limit(max_concurrency=2)
    claims = [claim_one(make_job()), claim_one(make_job())]
    waiting = make_job()
    assert hand_over(*claims, claimant=claimant()).written == set()
    Job.objects.filter(id=waiting.id).update(limits=[QUEUE, "type:tests.note"])
    assert hand_over(claims[0], claimant=claimant()).written == set()
    assert stored(waiting).state == JobState.QUEUED


def test_an_attempt_that_was_taken_away_hands_nothing_over() -> None:
    limit(max_concurrency=2)
    lost, kept = claim_one(make_job()), claim_one(make_job())
    waiting = [make_job(), make_job()]
    Job.objects.filter(id=lost.id).update(attempt=2)
    done = hand_over(lost, kept, claimant=claimant())
    assert done.written == {kept.id}
    assert [claim.id for claim in done.claims] == [waiting[0].id]
    assert Slot.objects.count() == 2


def test_what_is_handed_over_twice_is_written_once() -> None:
    limit(max_concurrency=1)
    first = claim_one(make_job())
    make_job()
    make_job()
    assert hand_over(first, claimant=claimant()).written
    again = hand_over(first, claimant=claimant())
    assert again == HandedOver(set(), [], [])
    assert Slot.objects.count() == 1


def test_which_outcomes_hand_their_slot_over() -> None:
    one = make_claim(limits='["queue:a"]')
    assert limit_to_hand_over(Finished(one, Succeeded())) == "queue:a"
    assert limit_to_hand_over(Finished(one, Succeeded(recorded=True))) is None
    assert limit_to_hand_over(Finished(one, Succeeded(result=Result("1", "")))) is None
    assert limit_to_hand_over(Finished(one, Failed(error()))) is None
    assert limit_to_hand_over(Finished(make_claim(), Succeeded())) is None
    two = make_claim(limits='["queue:a", "type:b"]')
    assert limit_to_hand_over(Finished(two, Succeeded())) is None


def test_workers_that_hand_over_at_once_never_exceed_the_limit() -> None:
    """Some hand over, some record with an admission; at each moment three at most have slots."""
    limit(max_concurrency=3)
    for _ in range(60):
        make_job()
    first = [claim_one(job) for job in Job.objects.queued().filter(held_by=None)]
    who = claimant()

    def run(claim: ClaimedJob | None) -> None:
        try:
            while claim is not None:
                assert Slot.objects.count() <= 3
                done = hand_over(claim, claimant=who)
                if not done.written:
                    jobs_record(finished=[Finished(claim, Succeeded())])
                    ready = Job.objects.queued().filter(held_by=None).values_list("id", flat=True)
                    done = HandedOver(set(), Job.objects.claim(who.worker_id, ready), [])
                claim = next(iter(done.claims), None)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(run, first))
    assert not Job.objects.running().exists()
    assert not Job.objects.queued().exists()
    assert not Slot.objects.exists()
    assert Limit.objects.get(name=QUEUE).max_concurrency == 3
