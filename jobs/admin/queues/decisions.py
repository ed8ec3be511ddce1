"""What staff decide about queues: pause and resume."""

from jobs.admin.shared.decision import Decision
from jobs.core.actor import Actor
from jobs.models import Queue
from jobs.services.queues import queue_pause, queue_resume

PAUSE = Decision("pause", "paused", "pause_selected", queue_pause)
RESUME = Decision("resume", "resumed", "resume_selected", queue_resume)


def pause(queue: Queue, actor: Actor, reason: str) -> Queue:
    """Workers take nothing more from it, within a second."""
    return queue_pause(name=queue.name, actor=actor, reason=reason)


def resume(queue: Queue, actor: Actor, reason: str) -> Queue:
    """Workers take from it again, within a second."""
    return queue_resume(name=queue.name, actor=actor, reason=reason)
