"""What staff decide about jobs: that they are cancelled, or due at once."""

from jobs.admin.shared.decision import Decision
from jobs.core.actor import Actor
from jobs.models import Job
from jobs.services.cancel import job_cancel
from jobs.services.run_now import job_run_now

CANCEL = Decision(
    "cancel", "cancelled, or asked to stop", "cancel_selected", job_cancel, is_destructive=True
)
RUN_NOW = Decision("run now", "made due", "run_now_selected", job_run_now)


def cancel(job: Job, actor: Actor, reason: str) -> Job:
    """Raises JobAlreadyFinal, Job.DoesNotExist."""
    return job_cancel(job_id=job.pk, actor=actor, reason=reason)


def run_now(job: Job, actor: Actor, reason: str) -> Job:
    """Raises JobNotDelayed, Job.DoesNotExist."""
    return job_run_now(job_id=job.pk, actor=actor, reason=reason)
