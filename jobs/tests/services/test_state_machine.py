"""The protocol in random order: whatever happens to workers and Redis, the promises hold.

Hypothesis drives the real services on a real PostgreSQL and Redis. Handlers are played here:
their effects are noted when they happen, also by a worker that has long been declared dead.
`STATE_MACHINE_EXAMPLES=500 pytest …` tries more, at random.
"""

import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.db.models import F
from django.test import override_settings
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from jobs.broker import get_broker
from jobs.broker.keys import lists_of
from jobs.core.batch_errors import BatchClosed, BatchCompleted
from jobs.core.claim import ClaimedJob
from jobs.core.errors import (
    BrokerUnavailable,
    DeadLetterResolved,
    IdempotencyKeyReused,
    JobAlreadyFinal,
    JobHasStarted,
    JobsError,
    LeaseLost,
)
from jobs.core.finished import Finished
from jobs.core.limit import LimitRule, parse_rate
from jobs.core.message import Fetched
from jobs.core.outage import broker_outage
from jobs.core.outcome import Cancelled, Failed, FailedForGood, Lost, Outcome, Succeeded
from jobs.core.selection import Selection
from jobs.core.states import FINAL_STATES, Effect, JobState
from jobs.handlers.registry import job_types
from jobs.models import (
    Batch,
    DeadLetter,
    FairShare,
    Job,
    Limit,
    ProcessedKey,
    Queue,
    Redrive,
    Schedule,
    Slot,
    Worker,
)
from jobs.models.moments import seconds_ago
from jobs.services.attempts import (
    job_succeed_in_transaction,
    jobs_claim,
    jobs_give_back,
    jobs_record,
)
from jobs.services.batches import batch_add, batch_cancel, batch_close, batch_create
from jobs.services.cancel import job_cancel
from jobs.services.chains import chain_create
from jobs.services.dead_letters import dead_letter_discard, dead_letter_replay
from jobs.services.edit import JobChanges, job_edit
from jobs.services.effect_keys import jobs_resolve_key_conflicts
from jobs.services.enqueue import JobRequest, job_enqueue
from jobs.services.limits.book import limit_book
from jobs.services.limits.change import limit_remove, limit_set
from jobs.services.maintenance.admit import jobs_admit_due, limits_repair
from jobs.services.maintenance.cancel_batches import jobs_cancel_in_batches
from jobs.services.maintenance.expire import jobs_expire_overdue
from jobs.services.maintenance.fire_schedules import jobs_fire_schedules
from jobs.services.maintenance.redispatch import jobs_redispatch_lost
from jobs.services.maintenance.redrive import jobs_redrive
from jobs.services.maintenance.rescue import jobs_rescue
from jobs.services.queues import queue_pause, queue_resume, queues_declare
from jobs.services.redrives import redrive_start
from jobs.services.schedules import schedule_pause, schedule_resume
from jobs.services.schedules.firing import fire_key, move_of
from jobs.services.verification.database import database_checks
from jobs.services.verification.redis import redis_checks
from jobs.services.workers import worker_heartbeat, worker_stop
from jobs.sql.statements import database_now
from jobs.tests.app.models import Note
from jobs.tests.conftest import CLOSED_PORT
from jobs.tests.documented_moves import only_documented_moves
from jobs.tests.factories import make_user, make_worker
from jobs.tests.limit_truth import held_in_vain, slots_in_use, slots_owed
from jobs.tests.paused_queues import paused_queue_names
from jobs.tests.scheduling import make_due, make_schedule
from jobs.tests.scheduling import stored as stored_schedule
from jobs.tests.stamps import all_entries, let_stamps_age
from jobs.tests.steps import error, heard_now, silence, unknown, write_start

MORE = os.environ.get("STATE_MACHINE_EXAMPLES")

TYPES = [
    *("tests.note", "tests.note_once", "tests.note_transactional", "tests.note_by_text"),
    "tests.note_limited",
]
URL = "https://hooks.example.com/ended"
TEXTS = ["ann", "bob"]
KEYS = [None, "k1", "k2"]
QUEUES = ["default", "bulk"]
LIMITS = ["queue:default", "queue:bulk", "type:tests.note", "type:tests.note_limited"]
RULES = [
    LimitRule(1),
    LimitRule(3),
    LimitRule(rate=parse_rate("10/m", burst=2)),
    LimitRule(2, parse_rate("100/m", burst=1)),
]
WORKERS = 2
# So many rounds let all through that a limit of one job, or a rate of two a round, holds up.
HEALING_ROUNDS = 100
MINUTE_AND_A_HALF = timedelta(seconds=90)

indexes = st.integers(0, 99)


@dataclass
class Player:
    """A worker process: its row, and what it believes to be its own."""

    row: Worker
    frozen: bool = False
    fetched: list[Fetched] = field(default_factory=list)
    claims: list[ClaimedJob] = field(default_factory=list)
    started: list[ClaimedJob] = field(default_factory=list)


class Protocol(RuleBasedStateMachine):
    """Every rule is something that a client, a worker, a person or a fault does."""

    @initialize()
    def begin(self) -> None:
        for model in (
            *(DeadLetter, ProcessedKey, Slot, FairShare, Limit, Job, Batch),
            *(Schedule, Queue, Worker, Note),
        ):
            model._default_manager.all().delete()
        limit_book.forget()
        queues_declare()
        self.schedules = [
            make_schedule(type=job_type) for job_type in ("tests.note", "tests.note_limited")
        ]
        self.fired: Counter[UUID] = Counter()  # jobs that each schedule owes
        broker_outage.ended()
        get_broker().forget_everything()
        self.clients = [make_user().id, make_user().id]
        self.players = [Player(make_worker()) for _ in range(WORKERS)]
        self.once: Counter[str] = Counter()  # effects of ONCE, by effect key
        self.decisions: Counter[str] = Counter()  # a person's, by effect key
        self.attempts: dict[UUID, int] = {}
        self.dispatches: Counter[UUID] = Counter()  # of jobs that may have an entry already
        self.redis_away: Any = None

    # Clients

    @rule(
        job_type=st.sampled_from(TYPES),
        text=st.sampled_from(TEXTS),
        key=st.sampled_from(KEYS),
        client=st.sampled_from([0, 1]),
        delay=st.sampled_from([0.0, 0.0, 60.0]),
        queue=st.sampled_from(QUEUES),
        calls=st.booleans(),
    )
    def submit(
        self,
        job_type: str,
        text: str,
        key: str | None,
        client: int,
        delay: float,
        queue: str = "default",
        calls: bool = False,
    ) -> None:
        before = Job.objects.count()
        try:
            enqueued = job_enqueue(
                type=job_type,
                payload={"text": text},
                idempotency_key=key,
                submitted_by_id=self.clients[client],
                delay_seconds=delay,
                queue=queue,
                max_retries=1,
                callback_url=URL if calls else None,
            )
        except IdempotencyKeyReused:  # for another text, or another callback
            assert key
            assert Job.objects.count() == before
            return
        assert Job.objects.count() == before + (not enqueued.duplicate)
        assert enqueued.job.type == job_type

    @rule(number=indexes)
    def cancel(self, number: int) -> None:
        if job := _pick(list(Job.objects.order_by("id")), number):
            try:
                job_cancel(job_id=job.id)
            except JobAlreadyFinal:
                assert job.state in FINAL_STATES

    @rule(client=st.sampled_from([0, 1]))
    def make_batch(self, client: int) -> None:
        batch_create(
            on_success=JobRequest("tests.note", {"text": "success"}),
            on_completion=JobRequest("tests.note_limited", {"text": "completion"}),
            callback_url=URL,
            submitted_by_id=self.clients[client],
        )

    @rule(
        which=indexes,
        count=st.integers(1, 3),
        job_type=st.sampled_from(TYPES),
        text=st.sampled_from(TEXTS),
        key=st.sampled_from(KEYS),
    )
    def fill_batch(self, which: int, count: int, job_type: str, text: str, key: str | None) -> None:
        """A client adds jobs, and closes the batch every third time; a closed one takes none."""
        if (batch := _pick(list(Batch.objects.order_by("id")), which)) is None:
            return
        one = JobRequest(job_type, {"text": text}, max_retries=1, idempotency_key=key)
        others = [one._replace(idempotency_key=None)] * (count - 1)
        try:
            answers = batch_add(
                batch_id=batch.id, requests=[one, *others], submitted_by_id=batch.submitted_by_id
            )
        except BatchClosed:
            assert batch.closed_at is not None
            return
        new = sum(not (isinstance(one, JobsError) or one.duplicate) for one in answers)
        assert Batch.objects.get(id=batch.id).total == batch.total + new
        if which % 3 == 0:
            batch_close(batch_id=batch.id)

    @rule(which=indexes)
    def cancel_batch(self, which: int) -> None:
        if batch := _pick(list(Batch.objects.order_by("id")), which):
            try:
                batch_cancel(batch_id=batch.id)
            except BatchCompleted:
                assert batch.completed_at is not None

    @rule(length=st.integers(2, 3), text=st.sampled_from(TEXTS), calls=st.booleans())
    def submit_chain(self, length: int, text: str, calls: bool) -> None:
        """Of jobs that may be skipped, die, and be limited."""
        types = ["tests.note", "tests.note_by_text", "tests.note_limited"][:length]
        url = URL if calls else None
        chain_create(
            requests=[
                JobRequest(one, {"text": text}, max_retries=1, callback_url=url) for one in types
            ]
        )

    # Workers

    @rule(which=indexes)
    def expire(self, which: int) -> None:
        """The time to start a job is over, if it has not started."""
        jobs = list(Job.objects.order_by("id"))
        if not jobs:
            return
        job = jobs[which % len(jobs)]
        Job.objects.filter(id=job.id).update(expires_at=seconds_ago(1))
        count = jobs_expire_overdue().count
        job.refresh_from_db()
        assert (count == 1) == (job.state == JobState.EXPIRED and job.finished_at is not None)

    @rule(
        which=indexes,
        priority=st.integers(0, 9),
        delay=st.sampled_from([None, 0.0, 60.0]),
        queue=st.sampled_from([None, *QUEUES]),
    )
    def edit(self, which: int, priority: int, delay: float | None, queue: str | None) -> None:
        """A client edits a job that has not started; any other is left alone."""
        jobs = list(Job.objects.order_by("id"))
        if not jobs:
            return
        job = jobs[which % len(jobs)]
        changes = JobChanges(priority=priority, delay_seconds=delay, queue=queue)
        try:
            job_edit(job_id=job.id, changes=changes)
        except JobHasStarted:
            assert job.state != JobState.QUEUED or job.errors
        else:
            assert job.state == JobState.QUEUED
            self.dispatches[job.id] += 1  # what it had before may have stayed

    @rule(number=indexes, limit=st.integers(1, 4))
    def fetch(self, number: int, limit: int) -> None:
        player = self._player(number)
        if player.frozen:
            return
        paused = paused_queue_names()
        queues = [name for name in QUEUES if name not in paused]
        if not queues:
            return
        try:
            fetched = get_broker().fetch(queues, limit)
            player.fetched += [one for one in fetched if not one.already_done]
        except BrokerUnavailable:
            messages = Job.objects.next_due(lists_of(queues), limit)
            player.fetched += [Fetched(message, "") for message in messages]

    @rule(number=indexes)
    def claim(self, number: int) -> None:
        player = self._player(number)
        if player.frozen:
            return
        fetched, player.fetched = player.fetched, []
        wanted = [one.message.job_id for one in fetched if not one.has_key_conflict]
        claims = jobs_claim(worker_id=player.row.id, job_ids=wanted)
        player.claims += claims
        claimed = {claim.id for claim in claims}
        left = [one.message.job_id for one in fetched if one.message.job_id not in claimed]
        if left and not worker_heartbeat(worker_id=player.row.id):
            player.row = make_worker()  # it had been declared dead
        jobs_resolve_key_conflicts(job_ids=left, worker_id=player.row.id)
        self.dispatches.update(left)  # with Redis away their entries were not taken

    @rule(number=indexes)
    def start(self, number: int) -> None:
        player = self._player(number)
        if player.frozen or not player.claims:
            return
        claim = player.claims.pop(0)
        if not write_start(claim):
            return
        player.started.append(claim)
        if _effect(claim) is Effect.ONCE:  # from here on it may have happened
            self.once[claim.effect_key] += 1

    @rule(number=indexes)
    def work(self, number: int) -> None:
        """As far as the handlers: what mostly happens, between the single steps."""
        self.fetch(number, 4)
        self.claim(number)
        while self._player(number).claims and not self._player(number).frozen:
            self.start(number)

    @rule(number=indexes)
    def succeed(self, number: int) -> None:
        if taken := self._take(number):
            self._succeed(taken)

    @rule(
        number=indexes,
        outcome=st.sampled_from(["failed", "permanent", "unknown", "cancelled", "retry_after"]),
    )
    def fail(self, number: int, outcome: str) -> None:
        """The handler says that it did not happen, or that it cannot know."""
        if claim := self._take(number):
            self._fail(claim, outcome)

    def _fail(self, claim: ClaimedJob, outcome: str) -> None:
        outcomes: dict[str, Outcome] = {
            "failed": Failed(error()),
            "permanent": FailedForGood(error()),
            "unknown": unknown(),
            "cancelled": Cancelled(),
            "retry_after": Failed(error(), after_seconds=30.0),
        }
        if _effect(claim) is Effect.ONCE and outcome != "unknown":
            self.once[claim.effect_key] -= 1  # the handler knows that it did not happen
        self._record(claim, outcomes[outcome])

    @rule(number=indexes)
    def give_back(self, number: int) -> None:
        player = self._player(number)
        if not player.frozen:
            claims, player.claims = player.claims, []
            jobs_give_back(claims=claims)

    # Faults

    @rule(number=indexes)
    def crash_at_work(self, number: int) -> None:
        """A worker dies with handlers running, and what it held is rescued."""
        self.work(number)
        self.crash(number)
        self.rescue()

    @rule(number=indexes)
    def freeze_at_work(self, number: int) -> None:
        """A worker freezes with handlers running, and others do its work."""
        self.work(number)
        self.freeze(number)
        self.rescue()
        self.time_passes()
        self.redispatch_lost()
        self.work(number + 1)

    @rule(number=indexes, report=st.sampled_from(["succeeded", "failed", "permanent"]))
    @precondition(lambda self: self.redis_away is None)
    def overtake(self, number: int, report: str) -> None:
        """A worker freezes at work, another one takes over, and then the first one reports."""
        for index in range(WORKERS):
            self.thaw(index)
        self.submit("tests.note", "ann", None, 0, 0.0)
        for _ in range(3):
            self.work(number)
        self.freeze_at_work(number)
        for _ in range(3):
            self.work(number + 1)
        zombie = self._player(number)
        while zombie.started:
            claim = zombie.started.pop(0)
            if report == "succeeded":
                self._succeed(claim)
            else:
                self._fail(claim, report)

    @rule(number=indexes)
    def crash(self, number: int) -> None:
        """Whatever the process held is gone; a new one takes its place."""
        index = number % WORKERS
        silence(self.players[index].row)
        self.players[index] = Player(make_worker())

    @rule(number=indexes)
    def freeze(self, number: int) -> None:
        player = self._player(number)
        player.frozen = True
        silence(player.row)

    @rule(number=indexes)
    def thaw(self, number: int) -> None:
        """It goes on with what it holds, under a new row if its own was closed."""
        player = self._player(number)
        if player.frozen:
            player.frozen = False
            if not worker_heartbeat(worker_id=player.row.id):
                player.row = make_worker()

    @rule(number=indexes)
    def zombie_finishes(self, number: int) -> None:
        """A frozen worker comes to for a moment, and reports what it had been doing."""
        player = self._player(number)
        if player.frozen and player.started:
            self._succeed(player.started.pop(0))

    @rule()
    @precondition(lambda self: self.redis_away is None)
    def flush(self) -> None:
        get_broker().forget_everything()

    @rule()
    @precondition(lambda self: self.redis_away is None)
    def redis_goes(self) -> None:
        self.redis_away = override_settings(JOBS_REDIS_URL=f"redis://127.0.0.1:{CLOSED_PORT}/0")
        self.redis_away.enable()

    @rule()
    @precondition(lambda self: self.redis_away is not None)
    def redis_comes(self) -> None:
        self.redis_away.disable()
        self.redis_away = None
        broker_outage.ended()

    # Repair, and time

    @rule()
    def rescue(self) -> None:
        for player in self.players:
            if not player.frozen and not worker_heartbeat(worker_id=player.row.id):
                player.row = make_worker()
        jobs_rescue(heard_at=heard_now())

    @rule()
    def redispatch_lost(self) -> None:
        try:
            jobs_redispatch_lost(queues=QUEUES)
            get_broker().promote_due(100)
        except BrokerUnavailable:
            assert self.redis_away is not None

    @rule()
    def cancel_in_batches(self) -> None:
        """What the timer does for batches whose end was asked for."""
        jobs_cancel_in_batches()
        asked = Job.objects.queued().filter(
            batch__cancel_requested_at__isnull=False, batch__completed_at__isnull=True
        )
        assert not asked.exists()

    @rule(number=indexes)
    def resolve_key_conflicts(self, number: int) -> None:
        if job := _pick(list(Job.objects.queued().order_by("id")), number):
            jobs_resolve_key_conflicts(job_ids=[job.id])
            self.dispatches[job.id] += 1

    @rule()
    def admit(self) -> None:
        """What the timers of admission do. Behind them no job is held in vain."""
        for _ in range(len(LIMITS)):  # a job may have to wait at one of its limits after the other
            jobs_admit_due()
            limits_repair()
        assert not held_in_vain()

    @rule(which=st.integers(0, 1), missed=st.sampled_from([0.0, 30.0]), again=st.booleans())
    def fire(self, which: int, missed: float, again: bool) -> None:
        """A fire time comes; whoever else had seen it fires nothing."""
        schedule = self.schedules[which]
        seen = make_due(schedule, missed)
        late = move_of(stored_schedule(schedule), now=database_now(), is_busy=False)
        made = jobs_fire_schedules().count
        assert made == (not stored_schedule(schedule).paused)
        self.fired[schedule.id] += made
        if made and again:
            with transaction.atomic():
                assert not Schedule.objects.fire([late])
        keys = Job.objects.filter(idempotency_key=fire_key(schedule, seen))
        assert keys.count() == made

    @rule()
    def all_handlers_are_busy_for_long(self) -> None:
        """Nothing is fetched, and what is in the lists must not be taken for lost."""
        for _ in range(3):
            self.time_passes()
            self.redispatch_lost()

    @rule()
    def time_passes(self) -> None:
        """A minute and a half, for what is queued and what Redis holds: nothing sleeps here."""
        Job.objects.queued().update(run_at=F("run_at") - MINUTE_AND_A_HALF)
        Job.objects.exclude(state__in=FINAL_STATES).update(
            dispatched_at=F("dispatched_at") - MINUTE_AND_A_HALF
        )
        Limit.objects.update(
            refilled_at=F("refilled_at") - MINUTE_AND_A_HALF,
            look_at=F("look_at") - MINUTE_AND_A_HALF,
        )
        seconds = MINUTE_AND_A_HALF.total_seconds()
        let_stamps_age(seconds)
        for player in self.players:
            player.fetched = [
                one._replace(stamp=one.stamp and one.stamp - round(seconds * 1_000))
                for one in player.fetched
            ]

    # People

    @rule(number=indexes, replay=st.booleans())
    def decide(self, number: int, replay: bool) -> None:
        letter = _pick(list(DeadLetter.objects.waiting().order_by("id")), number)
        if letter is None:
            return
        service = dead_letter_replay if replay else dead_letter_discard
        service(dead_letter_id=letter.id, resolved_by_id=None)
        self.decisions[letter.job.effect_key] += 1
        self.dispatches[letter.job_id] += replay
        with pytest.raises(DeadLetterResolved):
            service(dead_letter_id=letter.id, resolved_by_id=None)

    @rule()
    def redrive(self) -> None:
        """Somebody replays everything that waits, also what may have happened."""
        letters = list(DeadLetter.objects.waiting().select_related("job"))
        if letters:
            redrive_start(selection=Selection(include_interrupted=True), rate=1_000.0)
        Redrive.objects.update(paced_at=seconds_ago(1))
        jobs_redrive()
        for letter in letters:
            self.decisions[letter.job.effect_key] += 1
            self.dispatches[letter.job_id] += 1

    @rule(
        name=st.sampled_from(LIMITS),
        limit=st.sampled_from(RULES),
        fair=st.booleans(),
        adopts=st.booleans(),
    )
    def set_limit(self, name: str, limit: LimitRule, fair: bool, adopts: bool) -> None:
        """Staff set a limit; jobs that are there come under it now, or somewhat later."""
        limit_set(name=name, rule=limit, is_fair=fair and name.startswith("queue:"))
        self._entries_may_stay()
        if adopts:
            self.admit()

    @rule(name=st.sampled_from(LIMITS))
    def remove_limit(self, name: str) -> None:
        limit_remove(name=name)
        self._entries_may_stay()

    @rule(queue=st.sampled_from(QUEUES), pause=st.booleans())
    def pause_or_resume(self, queue: str, pause: bool) -> None:
        (queue_pause if pause else queue_resume)(name=queue)
        assert (queue in paused_queue_names()) == pause

    @rule(which=st.integers(0, 1), pause=st.booleans())
    def pause_or_resume_schedule(self, which: int, pause: bool) -> None:
        decide = schedule_pause if pause else schedule_resume
        assert decide(schedule_id=self.schedules[which].id).paused == pause

    def _entries_may_stay(self) -> None:
        """What was dispatched before it came under a limit is dispatched once more."""
        self.dispatches.update(Job.objects.queued().values_list("id", flat=True))

    # What must hold

    @invariant()
    def slots_are_those_of_admitted_jobs(self) -> None:
        assert slots_in_use() == slots_owed()

    @invariant()
    def each_fire_time_has_made_one_job(self) -> None:
        made = Counter(
            Job.objects.filter(schedule_id__isnull=False).values_list("schedule_id", flat=True)
        )
        assert made == +self.fired

    @invariant()
    def each_end_is_told_once(self) -> None:
        told = Counter(
            (about["id"], body["state"], body.get("attempt"))
            for about, body in Job.objects.filter(given__callback_of__isnull=False).values_list(
                "given__callback_of", "payload__json"
            )
        )
        assert set(told.values()) <= {1}, told
        ended = Job.objects.filter(callback_url__isnull=False, state__in=FINAL_STATES)
        ends: set[tuple[str, str, int | None]] = {
            (str(job.id), job.state, job.attempt) for job in ended
        }
        completed = Batch.objects.filter(completed_at__isnull=False)
        ends |= {(str(batch.id), "completed", None) for batch in completed}
        assert ends <= told.keys(), ends - told.keys()

    @invariant()
    def batches_have_each_callback_once(self) -> None:
        made = Counter(
            Job.objects.filter(given__batch__isnull=False).values_list(
                "given__batch__id", "payload__text"
            )
        )
        assert set(made.values()) <= {1}, made
        for batch in Batch.objects.all():
            is_completed = batch.completed_at is not None
            assert ((str(batch.id), "completion") in made) == is_completed
            assert ((str(batch.id), "success") in made) == (batch.success_job_id is not None)

    @invariant()
    def chains_go_on_behind_what_is_done(self) -> None:
        links = Job.objects.filter(given__chain__isnull=False)
        states = {
            (place["id"], place["position"], place["total"]): state
            for place, state in links.values_list("given__chain", "state")
        }
        assert links.count() == len(states)
        for (chain, position, total), state in states.items():
            is_done = state in (JobState.SUCCEEDED, JobState.SKIPPED)
            assert ((chain, position + 1, total) in states) == (is_done and position < total)

    @invariant()
    def the_database_is_in_order(self) -> None:
        broken = [check for check in database_checks() if check.violations]
        assert not broken, broken

    @invariant()
    def once_is_never_repeated_by_the_machine(self) -> None:
        repeated = {
            key: count for key, count in self.once.items() if count > 1 + self.decisions[key]
        }
        assert not repeated, repeated

    @invariant()
    def transactional_effects_are_those_of_successes(self) -> None:
        effects = sorted(Note.objects.values_list("job_id", flat=True))
        done = Job.objects.filter(type="tests.note_transactional", state=JobState.SUCCEEDED)
        assert effects == sorted(done.values_list("id", flat=True))

    @invariant()
    def attempts_only_grow_and_no_job_vanishes(self) -> None:
        now = dict(Job.objects.values_list("id", "attempt"))
        assert all(now.get(job_id, -1) >= attempt for job_id, attempt in self.attempts.items())
        self.attempts = now

    @invariant()
    def lists_hold_no_job_again_and_again(self) -> None:
        """An entry for each dispatch at most: the first one, and one after each attempt. Another
        one may have been popped by a worker that was frozen, and dispatched again meanwhile."""
        entries = Counter(UUID(text[:36]) for text in ([] if self.redis_away else all_entries()))
        too_many = {
            job_id: count
            for job_id, count in entries.items()
            if count > 2 + self.attempts.get(job_id, 0) + self.dispatches[job_id]
        }
        assert not too_many, too_many

    def teardown(self) -> None:
        """Everything heals; then every job is final, or waits for a person."""
        if not hasattr(self, "players"):
            return
        if self.redis_away is not None:
            self.redis_comes()
        for player in self.players:
            worker_stop(worker_id=player.row.id)
        self.players = [Player(make_worker())]
        for queue in QUEUES:
            queue_resume(name=queue)
        for number in range(HEALING_ROUNDS):
            self._heal()
            unfinished = Job.objects.exclude(state__in=FINAL_STATES)
            is_held = unfinished.filter(held_by__isnull=False).exists()
            if not is_held and (number > 12 or not unfinished.exists()):
                break
        for job in unfinished:
            owner = ProcessedKey.objects.get(key=job.effect_key).job
            assert DeadLetter.objects.waiting().filter(job=owner, reason="interrupted").exists(), (
                f"{job.id} is {job.state} for no reason"
            )
        self.once_is_never_repeated_by_the_machine()
        self.transactional_effects_are_those_of_successes()
        self.the_database_is_in_order()
        assert not [check for check in redis_checks() if check.violations]

    def _heal(self) -> None:
        """A round of everything that workers do."""
        self.time_passes()
        self.rescue()
        jobs_cancel_in_batches()
        jobs_admit_due()
        limits_repair()
        self.redispatch_lost()
        self.fetch(0, 100)
        self.claim(0)
        player = self.players[0]
        while player.claims:
            self.start(0)
        while player.started:
            self.succeed(0)

    def _player(self, number: int) -> Player:
        return self.players[number % len(self.players)]

    def _take(self, number: int) -> ClaimedJob | None:
        """A running attempt of a worker that is awake."""
        player = self._player(number)
        return None if player.frozen or not player.started else player.started.pop(0)

    def _succeed(self, claim: ClaimedJob) -> None:
        if _effect(claim) is not Effect.TRANSACTIONAL:
            self._record(claim, Succeeded())
            return
        try:
            with transaction.atomic():
                Note.objects.create(text="effect", job_id=claim.id, attempt=claim.attempt)
                job_succeed_in_transaction(claim=claim)
        except LeaseLost:
            jobs_record(finished=[Finished(claim, Lost())])

    def _record(self, claim: ClaimedJob, outcome: Outcome) -> None:
        """What a later attempt has overtaken is not written."""
        current = Job.objects.get(id=claim.id).attempt
        [recorded] = jobs_record(finished=[Finished(claim, outcome)])
        assert not recorded.written or current == claim.attempt, f"{claim} is not fenced"


def _effect(claim: ClaimedJob) -> Effect:
    return job_types.get(claim.type).effect


def _pick(rows: list[Any], number: int) -> Any:
    return rows[number % len(rows)] if rows else None


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(3_600 if MORE else 600)
def test_the_promises_hold_in_any_order(short_timeout: float) -> None:
    opened = override_settings(JOBS_HTTP_ALLOWED_HOSTS=["hooks.example.com"])
    with only_documented_moves(), opened:
        run_state_machine_as_test(Protocol, settings=PROFILE)


PROFILE = settings(
    max_examples=int(MORE or 20),
    stateful_step_count=40,
    derandomize=not MORE,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
