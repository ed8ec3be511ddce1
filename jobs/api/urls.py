"""Paths of the calls about jobs."""

from django.urls import re_path

from jobs.api.batches.batch_event_views import BatchEventViewSet
from jobs.api.batches.batch_views import BatchViewSet
from jobs.api.batches.chain_views import ChainViewSet
from jobs.api.dead_letter_groups.dead_letter_group_views import DeadLetterGroupViewSet
from jobs.api.dead_letters.dead_letter_views import DeadLetterViewSet
from jobs.api.job_types.job_type_views import JobTypeViewSet
from jobs.api.jobs.add_job_views import AddJobsView, AddJobView
from jobs.api.jobs.job_event_views import JobEventViewSet
from jobs.api.jobs.job_views import JobViewSet
from jobs.api.jobs.timeline_views import JobTimelineViewSet
from jobs.api.limits.limit_views import LimitViewSet
from jobs.api.queues.queue_views import QueueViewSet
from jobs.api.redrives.redrive_views import RedriveViewSet
from jobs.api.schedules.schedule_views import ScheduleViewSet

urlpatterns = [
    re_path(r"^addJob/?$", AddJobView.as_view(), name="add-job"),
    re_path(r"^addJobs/?$", AddJobsView.as_view(), name="add-jobs"),
    re_path(r"^jobs/?$", JobViewSet.as_view({"get": "list"}), name="jobs"),
    re_path(
        r"^jobs/(?P<pk>[^/]+)/?$",
        JobViewSet.as_view({"get": "retrieve", "patch": "edit"}),
        name="job",
    ),
    re_path(
        r"^jobs/(?P<pk>[^/]+)/cancel/?$", JobViewSet.as_view({"post": "cancel"}), name="job-cancel"
    ),
    re_path(
        r"^jobs/(?P<pk>[^/]+)/events/?$",
        JobEventViewSet.as_view({"get": "retrieve"}),
        name="job-events",
    ),
    re_path(
        r"^jobs/(?P<pk>[^/]+)/timeline/?$",
        JobTimelineViewSet.as_view({"get": "retrieve"}),
        name="job-timeline",
    ),
    re_path(r"^failedJobs/?$", DeadLetterViewSet.as_view({"get": "list"}), name="failed-jobs"),
    re_path(
        r"^failedJobs/groups/?$",
        DeadLetterGroupViewSet.as_view({"get": "list"}),
        name="failed-job-groups",
    ),
    re_path(
        r"^failedJobs/groups/discard/?$",
        DeadLetterGroupViewSet.as_view({"post": "discard"}),
        name="failed-job-group-discard",
    ),
    re_path(
        r"^failedJobs/(?P<pk>[^/]+)/?$",
        DeadLetterViewSet.as_view({"get": "retrieve"}),
        name="failed-job",
    ),
    re_path(
        r"^failedJobs/(?P<pk>[^/]+)/replay/?$",
        DeadLetterViewSet.as_view({"post": "replay"}),
        name="failed-job-replay",
    ),
    re_path(
        r"^failedJobs/(?P<pk>[^/]+)/discard/?$",
        DeadLetterViewSet.as_view({"post": "discard"}),
        name="failed-job-discard",
    ),
    re_path(
        r"^redrives/?$",
        RedriveViewSet.as_view({"get": "list", "post": "create"}),
        name="redrives",
    ),
    re_path(
        r"^redrives/(?P<pk>[^/]+)/?$",
        RedriveViewSet.as_view({"get": "retrieve"}),
        name="redrive",
    ),
    *[
        re_path(
            rf"^redrives/(?P<pk>[^/]+)/{decision}/?$",
            RedriveViewSet.as_view({"post": decision}),
            name=f"redrive-{decision}",
        )
        for decision in ("pause", "resume", "cancel")
    ],
    re_path(r"^jobTypes/?$", JobTypeViewSet.as_view({"get": "list"}), name="job-types"),
    re_path(
        r"^jobTypes/(?P<name>[^/]+)/?$",
        JobTypeViewSet.as_view({"get": "retrieve"}),
        name="job-type",
    ),
    re_path(r"^queues/?$", QueueViewSet.as_view({"get": "list"}), name="queues"),
    re_path(
        r"^queues/(?P<name>[A-Za-z0-9_.-]+)/?$",
        QueueViewSet.as_view({"get": "retrieve"}),
        name="queue",
    ),
    re_path(
        r"^queues/(?P<name>[A-Za-z0-9_.-]+)/pause/?$",
        QueueViewSet.as_view({"post": "pause"}),
        name="queue-pause",
    ),
    re_path(
        r"^queues/(?P<name>[A-Za-z0-9_.-]+)/resume/?$",
        QueueViewSet.as_view({"post": "resume"}),
        name="queue-resume",
    ),
    re_path(r"^limits/?$", LimitViewSet.as_view({"get": "list"}), name="limits"),
    re_path(
        r"^limits/(?P<name>[^\0\n]+?)/?$",  # a key may hold any character that PostgreSQL does
        LimitViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
        name="limit",
    ),
    re_path(
        r"^batches/?$", BatchViewSet.as_view({"get": "list", "post": "create"}), name="batches"
    ),
    re_path(r"^batches/(?P<pk>[^/]+)/?$", BatchViewSet.as_view({"get": "retrieve"}), name="batch"),
    re_path(
        r"^batches/(?P<pk>[^/]+)/events/?$",
        BatchEventViewSet.as_view({"get": "retrieve"}),
        name="batch-events",
    ),
    re_path(
        r"^batches/(?P<pk>[^/]+)/jobs/?$",
        BatchViewSet.as_view({"post": "add_jobs"}),
        name="batch-jobs",
    ),
    re_path(
        r"^batches/(?P<pk>[^/]+)/close/?$",
        BatchViewSet.as_view({"post": "close"}),
        name="batch-close",
    ),
    re_path(
        r"^batches/(?P<pk>[^/]+)/cancel/?$",
        BatchViewSet.as_view({"post": "cancel"}),
        name="batch-cancel",
    ),
    re_path(r"^chains/?$", ChainViewSet.as_view({"post": "create"}), name="chains"),
    re_path(r"^chains/(?P<pk>[^/]+)/?$", ChainViewSet.as_view({"get": "retrieve"}), name="chain"),
    re_path(
        r"^schedules/?$",
        ScheduleViewSet.as_view({"get": "list", "post": "create"}),
        name="schedules",
    ),
    re_path(
        r"^schedules/(?P<pk>[^/]+)/?$",
        ScheduleViewSet.as_view(
            {"get": "retrieve", "patch": "partial_update", "delete": "destroy"}
        ),
        name="schedule",
    ),
    *[
        re_path(
            rf"^schedules/(?P<pk>[^/]+)/{decision}/?$",
            ScheduleViewSet.as_view({"post": decision}),
            name=f"schedule-{decision}",
        )
        for decision in ("pause", "resume", "run")
    ],
]
