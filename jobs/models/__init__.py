"""What PostgreSQL knows: one file a model, with its querysets and managers beside it."""

from jobs.models.batch import Batch
from jobs.models.dead_letter import DeadLetter
from jobs.models.dead_letter_count import DeadLetterCount
from jobs.models.dead_letter_group import DeadLetterGroup
from jobs.models.event import Event
from jobs.models.fair_share import FairShare
from jobs.models.job import Job
from jobs.models.job_result import JobResult
from jobs.models.key_wait import KeyWait
from jobs.models.limit import Limit
from jobs.models.mail_allowance import MailAllowance
from jobs.models.processed_key import ProcessedKey
from jobs.models.progress_report import ProgressReport
from jobs.models.queue import Queue
from jobs.models.redrive import Redrive
from jobs.models.roll_up import RollUp
from jobs.models.saved_view import SavedView
from jobs.models.schedule import Schedule
from jobs.models.signing_secret import SigningSecret
from jobs.models.slot import Slot
from jobs.models.stored_answer import StoredAnswer
from jobs.models.worker import Worker

__all__ = [
    "Batch",
    "DeadLetter",
    "DeadLetterCount",
    "DeadLetterGroup",
    "Event",
    "FairShare",
    "Job",
    "JobResult",
    "KeyWait",
    "Limit",
    "MailAllowance",
    "ProcessedKey",
    "ProgressReport",
    "Queue",
    "Redrive",
    "RollUp",
    "SavedView",
    "Schedule",
    "SigningSecret",
    "Slot",
    "StoredAnswer",
    "Worker",
]
