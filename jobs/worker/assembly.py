"""Builds the parts of a worker and hands them to one another."""

import threading
from dataclasses import dataclass

from jobs.core.clock import Clock
from jobs.core.conf import jobs_conf
from jobs.core.fetch_order import FetchOrder
from jobs.models import Worker
from jobs.services.standing_work import StandingWork
from jobs.worker.counts import Counts
from jobs.worker.execution.attempt_runner import AttemptRunner
from jobs.worker.execution.capacity import Capacity
from jobs.worker.execution.event_loop import EventLoop
from jobs.worker.execution.pools import Pools
from jobs.worker.execution.thread_pool import ThreadPool
from jobs.worker.fetching.fetcher import Fetcher
from jobs.worker.fetching.paused_queues import PausedQueues
from jobs.worker.inflight import Inflight
from jobs.worker.liveness.heartbeat import Heartbeat
from jobs.worker.liveness.lease import Lease
from jobs.worker.liveness.requests import Requests
from jobs.worker.options import WorkerOptions
from jobs.worker.periodic import Periodic
from jobs.worker.process.recycling import Recycling
from jobs.worker.recording.progress_reporter import ProgressReporter
from jobs.worker.recording.recorder import Recorder
from jobs.worker.recording.start_writer import StartWriter
from jobs.worker.timers import timers


@dataclass(frozen=True, slots=True)
class Parts:
    """What a worker consists of; nothing runs yet. `after_all`: ends the heartbeats."""

    lease: Lease
    beats: Periodic
    inflight: Inflight
    recorder: Recorder
    progress: ProgressReporter
    starts: StartWriter
    pools: Pools
    fetcher: Fetcher
    timers: list[Periodic]
    recycling: Recycling
    counts: Counts
    after_all: threading.Event


def assemble(row: Worker, options: WorkerOptions, clock: Clock, stop: threading.Event) -> Parts:
    """The parts of the worker that is registered as `row`; all of them end with `stop`."""
    conf = jobs_conf()
    inflight = Inflight()
    lease = Lease(row, conf.worker_timeout_seconds, clock)
    requests = Requests(lease, stop)
    heartbeat = Heartbeat(lease, clock, requests.heard)
    after_all = threading.Event()
    counts = Counts()
    recorder = Recorder(inflight, clock, heartbeat.beat, counts)
    starts, progress = StartWriter(clock), ProgressReporter()
    runner = AttemptRunner(lease, inflight, starts, clock, progress)
    pools = _pools(options, runner, recorder, clock)
    standing_work = StandingWork()
    paused = PausedQueues(
        options.queues, pools, inflight, standing_work, lambda: requests.is_draining
    )
    fetcher = Fetcher(
        order=FetchOrder(options.choice, conf.low_priority_share),
        lease=lease,
        heartbeat=heartbeat,
        pools=pools,
        inflight=inflight,
        paused=paused,
        clock=clock,
        stop=stop,
        seconds_behind=lambda: recorder.seconds_behind,
        counts=counts,
    )
    recorder.hand_over_to(fetcher.past_redis)
    return Parts(
        lease=lease,
        beats=Periodic("heartbeat", conf.heartbeat_seconds, heartbeat.beat, clock, after_all),
        inflight=inflight,
        recorder=recorder,
        progress=progress,
        starts=starts,
        pools=pools,
        fetcher=fetcher,
        timers=timers(
            queues=options.queues,
            lease=lease,
            inflight=inflight,
            paused=paused,
            standing_work=standing_work,
            threads=pools.threads,
            progress=progress,
            counts=counts,
            clock=clock,
            stop=stop,
        ),
        recycling=Recycling(
            max_jobs=options.max_jobs,
            max_rss_mb=options.max_rss_mb,
            pools=pools,
            recorder=recorder,
            lease=lease,
            stop=stop,
        ),
        counts=counts,
        after_all=after_all,
    )


def _pools(
    options: WorkerOptions, runner: AttemptRunner, recorder: Recorder, clock: Clock
) -> Pools:
    changed = threading.Condition()
    threads = ThreadPool(
        Capacity(options.concurrency, changed, clock), runner.run, runner.give_up, recorder.add
    )
    loop = EventLoop(
        Capacity(options.async_concurrency, changed, clock),
        runner.run_async,
        runner.give_up,
        recorder.add,
    )
    return Pools(threads, loop, changed, clock)
