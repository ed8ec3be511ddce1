"""Jobs under limits: held, admitted in order when there is room, and never one too many."""

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.broker.redis import RedisBroker
from jobs.core.finished import Finished
from jobs.core.limit import UNTIL_DUE, LimitRule, parse_rate
from jobs.core.outcome import Cancelled, Failed, FailedForGood, NotStarted, Outcome, Succeeded
from jobs.core.states import Effect, JobState
from jobs.handlers.registry import JobType, job_types
from jobs.models import Job, Limit, Slot
from jobs.models.moments import seconds_ago
from jobs.services.attempts import jobs_claim, jobs_give_back, jobs_record
from jobs.services.cancel import job_cancel
from jobs.services.dead_letters import dead_letter_replay
from jobs.services.edit import JobChanges, job_edit
from jobs.services.limits import rooms
from jobs.services.limits.admission import jobs_admit
from jobs.services.limits.book import limit_book
from jobs.services.limits.change import limit_remove, limit_set
from jobs.services.limits.declared import limits_declare
from jobs.services.limits.hand_over import slots_hand_over
from jobs.services.limits.locks import TriedLocks
from jobs.services.limits.turns import turns
from jobs.services.maintenance import admit
from jobs.services.maintenance.admit import jobs_admit_due, limits_repair
from jobs.services.maintenance.rescue import jobs_rescue
from jobs.sql.prepared import search_by_index
from jobs.tests.app.job_types import NotePayload
from jobs.tests.factories import make_job, make_worker
from jobs.tests.locks import held_elsewhere
from jobs.tests.steps import claim_one, die, error, lose, record, stored
from jobs.tests.threads import elsewhere

pytestmark = pytest.mark.django_db(transaction=True)

QUEUE = "queue:default"


def limit(name: str = QUEUE, *, fair: bool = False, **rule: Any) -> Limit:
    if "rate" in rule:
        rule["rate"] = parse_rate(rule["rate"], rule.pop("burst", None))
    made = limit_set(name=name, rule=LimitRule(**rule), is_fair=fair)
    jobs_admit_due()  # adopts
    return made


def admitted() -> list[Job]:
    return list(Job.objects.queued().filter(held_by__isnull=True).order_by("id"))


def held() -> list[Job]:
    return list(Job.objects.queued().filter(held_by__isnull=False).order_by("id"))


def make_due() -> None:
    Job.objects.filter(held_by=UNTIL_DUE).update(run_at=seconds_ago(1))


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    def add(name: str, **fields: Any) -> str:
        made = JobType(
            name=name,
            handler=lambda payload, context: None,
            payload=NotePayload,
            effect=Effect.IDEMPOTENT,
            **fields,
        )
        monkeypatch.setitem(job_types._types, name, made)
        return name

    return add


def test_without_a_limit_nothing_is_held() -> None:
    make_job()
    [job] = admitted()
    assert job.limits is None
    assert not Slot.objects.exists()


def test_up_to_the_limit_jobs_are_admitted_in_their_order(broker: RedisBroker) -> None:
    limit(max_concurrency=2)
    jobs = [make_job() for _ in range(4)]
    assert admitted() == jobs[:2]
    assert held() == jobs[2:]
    assert [one.message.job_id for one in broker.fetch(["default"], 9)] == [
        job.id for job in jobs[:2]
    ]
    assert Slot.objects.count() == 2


def test_the_urgent_are_admitted_first() -> None:
    limit(max_concurrency=1)
    first = make_job()
    low, high = make_job(priority=1), make_job(priority=9)
    record(claim_one(first), Succeeded())
    assert admitted() == [high]
    assert held() == [low]


@pytest.mark.parametrize(
    "outcome", [Succeeded(), FailedForGood(error()), Cancelled(), Failed(error(), 60.0)]
)
def test_whatever_the_outcome_its_slot_goes_to_the_next(outcome: Outcome) -> None:
    limit(max_concurrency=1)
    first, second = make_job(), make_job()
    assert record(claim_one(first), outcome).written
    assert admitted() == [second]
    assert list(Slot.objects.values_list("job_id", flat=True)) == [second.id]


def test_the_next_one_is_dispatched_after_the_commit_of_the_outcome(broker: RedisBroker) -> None:
    limit(max_concurrency=1)
    first, second = make_job(), make_job()
    assert [one.message.job_id for one in broker.fetch(["default"], 9)] == [first.id]
    record(claim_one(first), Succeeded())
    assert [one.message.job_id for one in broker.fetch(["default"], 9)] == [second.id]


def test_a_held_job_cannot_be_claimed_whatever_redis_says() -> None:
    limit(max_concurrency=1)
    make_job()
    second = make_job()
    assert jobs_claim(worker_id=make_worker().id, job_ids=[second.id]) == []


def test_a_retry_waits_without_a_slot_and_is_admitted_again_when_due() -> None:
    limit(max_concurrency=1)
    first, second = make_job(), make_job()
    record(claim_one(first), Failed(error(), 60.0))
    assert stored(first).held_by == UNTIL_DUE
    record(claim_one(second), Succeeded())
    jobs_admit_due()
    assert admitted() == []
    make_due()
    jobs_admit_due()
    assert admitted() == [first]


def test_what_is_given_back_keeps_its_slot() -> None:
    limit(max_concurrency=1)
    first, second = make_job(), make_job()
    jobs_give_back(claims=[claim_one(first)])
    assert admitted() == [first]
    assert held() == [second]
    assert Slot.objects.get().job_id == first.id


def test_a_delayed_job_takes_no_slot_before_its_moment() -> None:
    limit(max_concurrency=1)
    later = make_job(run_at=timezone.now() + timedelta(hours=1))
    now = make_job()
    assert admitted() == [now]
    record(claim_one(now), Succeeded())
    make_due()
    jobs_admit_due()
    assert admitted() == [later]


def test_a_dead_workers_slots_are_free_after_the_rescue() -> None:
    limit(max_concurrency=1)
    first, second = make_job(), make_job()
    worker = make_worker()
    claim_one(first, worker)
    lose(worker)
    jobs_rescue(heard_at=None)
    assert admitted() == [second]


def test_cancelling_an_admitted_job_admits_the_next() -> None:
    limit(max_concurrency=1)
    first, second = make_job(), make_job()
    job_cancel(job_id=first.id)
    assert admitted() == [second]


def test_cancelling_a_held_job_frees_nothing() -> None:
    limit(max_concurrency=1)
    first, second, third = make_job(), make_job(), make_job()
    job_cancel(job_id=second.id)
    assert admitted() == [first]
    assert held() == [third]


def test_an_edited_job_comes_under_the_limits_of_its_new_queue() -> None:
    limit(max_concurrency=1)
    limit("queue:bulk", max_concurrency=1)
    first, second = make_job(), make_job()
    job_edit(job_id=first.id, changes=JobChanges(queue="bulk"))
    jobs_admit_due()
    assert admitted() == [first, second]
    assert set(Slot.objects.values_list("limit_name", flat=True)) == {QUEUE, "queue:bulk"}


def test_an_edited_job_may_leave_its_limit() -> None:
    limit(max_concurrency=1)
    make_job()
    second = make_job()
    job_edit(job_id=second.id, changes=JobChanges(queue="bulk"))
    assert stored(second).held_by is None
    assert stored(second).limits is None


def test_a_replayed_job_waits_for_a_slot() -> None:
    limit(max_concurrency=1)
    first, second = make_job(), make_job()
    letter = die(first)
    dead_letter_replay(dead_letter_id=letter.id, resolved_by_id=None)
    jobs_admit_due()
    assert admitted() == [second]
    assert held() == [first]
    record(claim_one(second), Succeeded())
    assert admitted() == [first]


def test_a_job_of_two_limits_needs_room_under_both() -> None:
    limit(max_concurrency=2)
    limit("type:tests.note", max_concurrency=1)
    first, second = make_job(), make_job()
    other = make_job(type="tests.note_once")
    assert admitted() == [first, other]
    assert stored(second).held_by == "type:tests.note"
    record(claim_one(first), Succeeded())
    assert admitted() == [second, other]


def test_jobs_that_another_limit_holds_do_not_block_the_queue() -> None:
    limit(max_concurrency=2)
    limit("type:tests.note", max_concurrency=1)
    for _ in range(20):
        make_job()
    other = make_job(type="tests.note_once")
    jobs_admit_due()
    assert other in admitted()


def test_a_type_declares_its_limit(register: Callable[..., str]) -> None:
    name = register("tests.limited", limit=LimitRule(max_concurrency=1))
    first, second = make_job(type=name), make_job(type=name)
    assert admitted() == [first]
    assert stored(second).held_by == "type:tests.limited"


def test_a_limit_for_each_key(register: Callable[..., str]) -> None:
    name = register(
        "tests.keyed",
        limit=LimitRule(max_concurrency=1),
        concurrency_key=lambda payload: payload["text"],
    )
    ann, bob = (
        make_job(type=name, payload={"text": "ann"}),
        make_job(type=name, payload={"text": "bob"}),
    )
    second = make_job(type=name, payload={"text": "ann"})
    assert admitted() == [ann, bob]
    record(claim_one(ann), Succeeded())
    assert admitted() == [bob, second]


def test_staff_override_what_code_declares(register: Callable[..., str]) -> None:
    name = register("tests.limited", limit=LimitRule(max_concurrency=1))
    first, second, third = (make_job(type=name) for _ in range(3))
    limit("type:tests.limited", max_concurrency=2)
    assert admitted() == [first, second]
    assert limit_remove(name="type:tests.limited")
    record(claim_one(first), Succeeded())
    assert held() == [third]


def test_a_release_with_another_limit_changes_the_row(register: Callable[..., str]) -> None:
    name = register("tests.limited", limit=LimitRule(max_concurrency=1))
    first, second = make_job(type=name), make_job(type=name)
    register("tests.limited", limit=LimitRule(max_concurrency=2))
    limits_declare()
    jobs_admit_due()
    assert admitted() == [first, second]


def test_a_limit_that_is_removed_lets_everything_go() -> None:
    limit(max_concurrency=1)
    jobs = [make_job() for _ in range(3)]
    assert limit_remove(name=QUEUE)
    limits_repair()
    assert admitted() == jobs


def test_a_limit_that_is_set_again_amid_an_admission_keeps_its_bucket(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [QUEUE, "type:tests.note"]
    for name in names:
        limit(name, max_concurrency=1)
    _, second = make_job(), make_job()
    assert limit_remove(name=QUEUE)

    def set_again(others: Collection[str]) -> TriedLocks:
        elsewhere(lambda: limit_set(name=QUEUE, rule=LimitRule(rate=parse_rate("2/m", 2))))
        return TriedLocks([], set(others))  # another admission has locked the limit of the type

    monkeypatch.setattr(rooms, "limits_try_lock", set_again)
    with transaction.atomic():
        jobs_admit([QUEUE])
    assert held() == [second]
    assert Limit.objects.get(name=QUEUE).tokens == 2.0


def test_a_limit_holds_what_was_accepted_before_it() -> None:
    running, *queued = [make_job() for _ in range(3)]
    claim = claim_one(running)
    limit(max_concurrency=1)
    jobs_admit_due()
    assert held() == queued
    record(claim, Succeeded())
    limits_repair()  # the claim did not know of the limit
    assert admitted() == queued[:1]


@pytest.mark.parametrize("is_running", [False, True])
def test_a_lock_on_a_job_or_a_limit_holds_up_its_adoption_alone(
    is_running: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admit, "HELD_UP_SECONDS", 0.0)
    before = make_job()
    if is_running:
        claim_one(before)
    for name in (QUEUE, "queue:bulk"):
        limit_set(name=name, rule=LimitRule(max_concurrency=1))
    Limit.objects.update(set_at=seconds_ago(2))
    other = make_job(queue="bulk", delay_seconds=60)
    make_due()
    with held_elsewhere(lambda: Job.objects.select_for_update().get(id=before.id)):
        jobs_admit_due()
        assert other in admitted()
        assert not Limit.objects.get(name=QUEUE).is_adopted
    with held_elsewhere(lambda: Limit.objects.select_for_update().get(name=QUEUE)):
        jobs_admit_due()
        assert stored(before).limits == [QUEUE]
        assert not Limit.objects.get(name=QUEUE).is_adopted
    jobs_admit_due()
    assert Limit.objects.get(name=QUEUE).is_adopted


def test_what_others_accept_without_a_limit_a_moment_after_it_was_set_comes_under_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Their book of limits is older."""
    monkeypatch.setattr(admit, "ADOPT_SECONDS", 60.0)
    limit(max_concurrency=1)
    first = make_job()
    Job.objects.filter(id=first.id).update(limits=None, held_by=None)
    Slot.objects.all().delete()
    claim = claim_one(first)
    late = make_job()
    Job.objects.filter(id=late.id).update(limits=None, held_by=None)
    Slot.objects.all().delete()
    jobs_admit_due()
    assert not Limit.objects.get().is_adopted  # it looks once more when all books are new
    Limit.objects.update(set_at=seconds_ago(61))
    jobs_admit_due()
    assert Limit.objects.get().is_adopted
    assert held() == [late]
    assert list(Slot.objects.values_list("job_id", flat=True)) == [claim.id]


def test_a_higher_limit_admits_at_once() -> None:
    limit(max_concurrency=1)
    jobs = [make_job() for _ in range(3)]
    limit(max_concurrency=3)
    assert admitted() == jobs


def test_a_lower_limit_takes_nothing_back() -> None:
    limit(max_concurrency=3)
    jobs = [make_job() for _ in range(4)]
    limit(max_concurrency=1)
    assert admitted() == jobs[:3]
    for job in jobs[:3]:
        assert jobs[3] in held()
        record(claim_one(job), Succeeded())
    assert admitted() == jobs[3:]


def test_a_new_rate_lets_its_burst_go_at_once() -> None:
    limit(rate="5/h", burst=2)
    jobs = [make_job() for _ in range(4)]
    assert admitted() == jobs[:2]
    assert Limit.objects.get().look_at is not None


def test_a_rate_admits_again_when_a_token_has_come_in() -> None:
    limit(rate="5/h", burst=1)
    first, second, third = (make_job() for _ in range(3))
    Limit.objects.update(refilled_at=seconds_ago(3_600 / 5), look_at=seconds_ago(0))
    jobs_admit_due()
    assert admitted() == [first, second]
    assert held() == [third]


def test_a_rate_that_is_changed_keeps_its_tokens_and_one_that_is_added_begins_full() -> None:
    limit(rate="5/h", burst=2)
    jobs = [make_job() for _ in range(6)]
    limit(rate="6/h", burst=3)
    assert admitted() == jobs[:2]
    limit(max_concurrency=3)
    assert admitted() == jobs[:3]
    limit(rate="6/h", burst=2)
    assert admitted() == jobs[:5]


def test_a_bucket_holds_no_more_than_its_burst() -> None:
    limit(rate="3600/h", burst=3)
    Limit.objects.update(refilled_at=seconds_ago(600))
    for _ in range(5):
        make_job()
    assert len(admitted()) == 3


def test_tenants_of_a_fair_queue_take_turns() -> None:
    limit(fair=True, max_concurrency=1)
    hog = [make_job(fairness_key="hog") for _ in range(5)]
    small = make_job(fairness_key="small")
    order = []
    while running := admitted():
        [job] = running
        order.append(job)
        record(claim_one(job), Succeeded())
    assert order == [hog[0], small, *hog[1:]] or order == [*hog[:2], small, *hog[2:]]


def test_a_tenant_that_comes_late_does_not_catch_up_what_it_never_asked_for() -> None:
    limit(fair=True, max_concurrency=1)
    for _ in range(6):
        make_job(fairness_key="a")
    for _ in range(4):
        [job] = admitted()
        record(claim_one(job), Succeeded())
    for _ in range(3):
        make_job(fairness_key="b")
    turns = []
    while running := admitted():
        turns.append(running[0].fairness_key)
        record(claim_one(running[0]), Succeeded())
    assert turns.count("b") == 3
    assert turns[:4].count("b") <= 2


def test_a_fair_queue_without_a_limit_has_a_window() -> None:
    make_worker(concurrency=2)
    limit(fair=True)
    for _ in range(50):
        make_job(fairness_key="hog")
    assert len(admitted()) == 4
    make_job(fairness_key="small")
    record(claim_one(admitted()[0]), Succeeded())
    assert "small" in {job.fairness_key for job in held()} | {
        job.fairness_key for job in admitted()
    }
    record(claim_one(admitted()[0]), Succeeded())
    assert "small" in {job.fairness_key for job in admitted()}


def test_the_client_is_the_fairness_key_by_default() -> None:
    limit(fair=True, max_concurrency=1)
    assert stored(make_job()).fairness_key == "client:"


def test_a_crash_between_commit_and_admission_is_repaired(monkeypatch: pytest.MonkeyPatch) -> None:
    limit(max_concurrency=1)
    with monkeypatch.context() as crash:
        crash.setattr("jobs.services.limits.holding._admit_quietly", lambda names: None)
        job = make_job()
    assert held() == [job]
    limits_repair()
    assert admitted() == [job]


def test_a_leaked_slot_is_freed() -> None:
    limit(max_concurrency=1)
    first, second = make_job(), make_job()
    Job.objects.filter(id=first.id).delete()
    limits_repair()
    assert admitted() == [second]


def test_two_admissions_at_once_admit_no_more_than_the_limit() -> None:
    limit(max_concurrency=5)
    with transaction.atomic():
        connection.cursor().execute("LOCK TABLE jobs_slot IN SHARE MODE")  # nothing is admitted yet
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(elsewhere, make_job) for _ in range(40)]:
            done.result(30)
    assert len(admitted()) == 5
    assert Slot.objects.count() == 5


def test_jobs_without_limits_cost_no_statement_more() -> None:
    make_job()  # the book of limits is read
    with CaptureQueriesContext(connection) as queries:
        job = make_job()
    assert len(queries) == 1
    claim = claim_one(job)
    with CaptureQueriesContext(connection) as queries:
        record(claim, Succeeded())
    assert len(queries) == 1


def test_an_attempt_that_was_taken_away_frees_nothing() -> None:
    limit(max_concurrency=1)
    first, second = make_job(), make_job()
    old = claim_one(first)
    record(old, NotStarted())
    claim_one(first)
    assert not record(old, Succeeded()).written
    assert held() == [second]
    assert stored(first).state == JobState.RUNNING


def test_an_outage_while_limits_are_read_is_no_fault_of_the_payload(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(name: str) -> None:
        raise OperationalError("gone")

    limit_book.forget()
    monkeypatch.setattr("jobs.services.limits.book.run", fail)
    with pytest.raises(OperationalError):
        make_job()


def _on_a_hot_thread(call: Callable[[], Any]) -> Any:
    """As the recorder does, whose plans are kept."""

    def there() -> Any:
        search_by_index()
        return call()

    return elsewhere(there)


# Below -745 `exp` has no result, in PostgreSQL's two ways to count; above 709 neither.
@pytest.mark.parametrize("seconds", [800.0, 80_000.0, -800.0])
@pytest.mark.parametrize("pace", [5.0, 5e-324])
def test_a_fair_queue_goes_on_after_a_pause_or_a_step_of_the_clock(
    pace: float, seconds: float
) -> None:
    def pause() -> None:
        Limit.objects.update(paced_at=seconds_ago(seconds), refilled_at=seconds_ago(seconds))
        Limit.objects.update(pace=pace)

    worker = make_worker(concurrency=4)
    limit(fair=True)
    pause()
    jobs = [make_job() for _ in range(9)]
    assert [admitted(), held()] == [jobs[:8], jobs[8:]]
    first, second, third = (claim_one(job, worker) for job in jobs[:3])
    pause()
    _on_a_hot_thread(lambda: jobs_record(finished=[Finished(first, Failed(error()))]))
    assert [job.id for job in held()] == [jobs[0].id]
    make_job()
    pause()
    done = _on_a_hot_thread(
        lambda: slots_hand_over(finished=[(Finished(second, Succeeded()), QUEUE)], claimant=None)
    )
    pause()
    turns.settle(0.0)
    _on_a_hot_thread(lambda: jobs_record(finished=[Finished(third, Succeeded())]))
    assert done.written == {second.id}
    assert stored(third).state == JobState.SUCCEEDED


def test_a_clock_that_is_set_back_takes_no_tokens_away() -> None:
    limit(rate="5/h", burst=5)
    Limit.objects.update(refilled_at=seconds_ago(-3600))
    for _ in range(7):
        make_job()
    assert [len(admitted()), len(held())] == [5, 2]


@pytest.mark.parametrize("step", [jobs_admit_due, limits_repair])
def test_a_lock_on_one_limit_keeps_no_other_from_admitting(step: Callable[[], Any]) -> None:
    names = [QUEUE, "queue:bulk"]
    for name in names:
        limit(name, max_concurrency=1)
    first, second = (make_job(queue=queue, delay_seconds=60) for queue in ("default", "bulk"))
    make_due()
    if step is limits_repair:
        Job.objects.filter(id=first.id).update(held_by=QUEUE)
        Job.objects.filter(id=second.id).update(held_by="queue:bulk")
    with held_elsewhere(lambda: Limit.objects.select_for_update().get(name=QUEUE)):
        step()
        assert admitted() == [second]
    limits_repair()
    assert admitted() == [first, second]
