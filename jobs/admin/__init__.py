"""The admin: jobs, results, dead letters, progress,
processed keys, key waits, mail allowances, events, queues, schedules and workers.

Everything is read-only but for schedules, and for actions: dead letters are replayed and discarded,
queues paused and resumed.
"""

from django.contrib import admin

from jobs.admin.dead_letters.dead_letter_admin import DeadLetterAdmin
from jobs.admin.events.event_admin import EventAdmin
from jobs.admin.job_results.job_result_admin import JobResultAdmin
from jobs.admin.jobs.job_admin import JobAdmin
from jobs.admin.key_waits.key_wait_admin import KeyWaitAdmin
from jobs.admin.mail_allowances.mail_allowance_admin import MailAllowanceAdmin
from jobs.admin.processed_keys.processed_key_admin import ProcessedKeyAdmin
from jobs.admin.progress_reports.progress_report_admin import ProgressReportAdmin
from jobs.admin.queues.queue_admin import QueueAdmin
from jobs.admin.schedules.schedule_admin import ScheduleAdmin
from jobs.admin.workers.worker_admin import WorkerAdmin
from jobs.models import (
    DeadLetter,
    Event,
    Job,
    JobResult,
    KeyWait,
    MailAllowance,
    ProcessedKey,
    ProgressReport,
    Queue,
    Schedule,
    Worker,
)

admin.site.register(Job, JobAdmin)
admin.site.register(JobResult, JobResultAdmin)
admin.site.register(ProgressReport, ProgressReportAdmin)
admin.site.register(DeadLetter, DeadLetterAdmin)
admin.site.register(ProcessedKey, ProcessedKeyAdmin)
admin.site.register(KeyWait, KeyWaitAdmin)
admin.site.register(MailAllowance, MailAllowanceAdmin)
admin.site.register(Event, EventAdmin)
admin.site.register(Queue, QueueAdmin)
admin.site.register(Schedule, ScheduleAdmin)
admin.site.register(Worker, WorkerAdmin)
