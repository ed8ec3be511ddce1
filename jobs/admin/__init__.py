"""The admin: a folder a model.

Everything is read-only but for schedules and limits, which can be edited, and actions: dead letters
are replayed and discarded, queues paused and resumed, batches cancelled.
"""

from django.contrib import admin

from jobs.admin.batches.batch_admin import BatchAdmin
from jobs.admin.dead_letter_counts.dead_letter_count_admin import DeadLetterCountAdmin
from jobs.admin.dead_letter_groups.dead_letter_group_admin import DeadLetterGroupAdmin
from jobs.admin.dead_letters.dead_letter_admin import DeadLetterAdmin
from jobs.admin.events.event_admin import EventAdmin
from jobs.admin.fair_shares.fair_share_admin import FairShareAdmin
from jobs.admin.job_results.job_result_admin import JobResultAdmin
from jobs.admin.jobs.job_admin import JobAdmin
from jobs.admin.key_waits.key_wait_admin import KeyWaitAdmin
from jobs.admin.limits.limit_admin import LimitAdmin
from jobs.admin.mail_allowances.mail_allowance_admin import MailAllowanceAdmin
from jobs.admin.processed_keys.processed_key_admin import ProcessedKeyAdmin
from jobs.admin.progress_reports.progress_report_admin import ProgressReportAdmin
from jobs.admin.queues.queue_admin import QueueAdmin
from jobs.admin.redrives.redrive_admin import RedriveAdmin
from jobs.admin.roll_ups.roll_up_admin import RollUpAdmin
from jobs.admin.saved_views.saved_view_admin import SavedViewAdmin
from jobs.admin.schedules.schedule_admin import ScheduleAdmin
from jobs.admin.signing_secrets.signing_secret_admin import SigningSecretAdmin
from jobs.admin.slots.slot_admin import SlotAdmin
from jobs.admin.stored_answers.stored_answer_admin import StoredAnswerAdmin
from jobs.admin.workers.worker_admin import WorkerAdmin
from jobs.models import (
    Batch,
    DeadLetter,
    DeadLetterCount,
    DeadLetterGroup,
    Event,
    FairShare,
    Job,
    JobResult,
    KeyWait,
    Limit,
    MailAllowance,
    ProcessedKey,
    ProgressReport,
    Queue,
    Redrive,
    RollUp,
    SavedView,
    Schedule,
    SigningSecret,
    Slot,
    StoredAnswer,
    Worker,
)

admin.site.register(Job, JobAdmin)
admin.site.register(Batch, BatchAdmin)
admin.site.register(JobResult, JobResultAdmin)
admin.site.register(ProgressReport, ProgressReportAdmin)
admin.site.register(DeadLetterGroup, DeadLetterGroupAdmin)
admin.site.register(DeadLetter, DeadLetterAdmin)
admin.site.register(Redrive, RedriveAdmin)
admin.site.register(ProcessedKey, ProcessedKeyAdmin)
admin.site.register(KeyWait, KeyWaitAdmin)
admin.site.register(MailAllowance, MailAllowanceAdmin)
admin.site.register(Event, EventAdmin)
admin.site.register(SavedView, SavedViewAdmin)
admin.site.register(Queue, QueueAdmin)
admin.site.register(Schedule, ScheduleAdmin)
admin.site.register(Limit, LimitAdmin)
admin.site.register(SigningSecret, SigningSecretAdmin)
admin.site.register(Slot, SlotAdmin)
admin.site.register(FairShare, FairShareAdmin)
admin.site.register(StoredAnswer, StoredAnswerAdmin)
admin.site.register(RollUp, RollUpAdmin)
admin.site.register(DeadLetterCount, DeadLetterCountAdmin)
admin.site.register(Worker, WorkerAdmin)
