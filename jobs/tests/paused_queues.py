"""Which queues are paused, as workers are told."""

from jobs.services.standing_work import StandingWork


def paused_queue_names() -> frozenset[str]:
    return StandingWork().read().paused_queues
