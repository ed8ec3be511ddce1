"""What runs attempts, without the rest of a worker."""

from jobs.core.clock import SystemClock
from jobs.models import Worker
from jobs.worker.execution.attempt_runner import AttemptRunner
from jobs.worker.inflight import Inflight
from jobs.worker.liveness.lease import Lease
from jobs.worker.recording.progress_reporter import ProgressReporter
from jobs.worker.recording.start_writer import StartWriter


def make_runner(
    worker: Worker,
    starts: StartWriter,
    *,
    timeout_seconds: float = 30.0,
    inflight: Inflight | None = None,
    progress: ProgressReporter | None = None,
) -> AttemptRunner:
    """A runner of this worker; `timeout_seconds`: of its lease."""
    lease = Lease(worker, timeout_seconds, SystemClock())
    inflight = Inflight() if inflight is None else inflight  # an empty one is false
    return AttemptRunner(lease, inflight, starts, SystemClock(), progress or ProgressReporter())
