"""Schedules in the admin: staff make, change, pause and run them, by the services of the API."""

from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery, TextField
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from jobs.admin.schedules.decisions import PAUSE, RESUME, RUN, pause, resume, run_now
from jobs.admin.schedules.filters import PausedFilter
from jobs.admin.schedules.schedule_form import FIELDS, ScheduleForm
from jobs.admin.shared.deciding import confirm_and_decide
from jobs.admin.shared.decision import Decision
from jobs.admin.shared.events import events_about
from jobs.admin.shared.filters import QueueFilter, TypeFilter
from jobs.admin.shared.read_only import SafeAdmin
from jobs.admin.shared.rendering import badge, moment_column, pretty_json, state_strip
from jobs.core.actor import actor_of
from jobs.models import Job, Schedule
from jobs.services.masking import masked_payload
from jobs.services.schedules import (
    schedule_change,
    schedule_create,
    schedule_delete,
    schedule_outlook,
    schedule_state,
)
from jobs.sql.statements import database_now
from jobs.templatetags.moments import EMPTY, moment

JOBS_SHOWN = 20
# The newest jobs whose states the list shows of each schedule.
HISTORY = 12


class _Array(Subquery):
    """The rows of a subquery with one column, as a list."""

    template = "ARRAY(%(subquery)s)"
    output_field = TextField()


class ScheduleAdmin(SafeAdmin):
    """Every schedule. Those that code declares can be paused, resumed and run here, no more."""

    form = ScheduleForm
    list_display = (
        "name",
        "type",
        "meaning",
        "state_badge",
        "next_fire",
        "last_fired",
        "history",
    )
    list_filter = (PausedFilter, TypeFilter, QueueFilter)
    search_fields = ("name",)
    empty_hint = "Add one here, with POST /schedules, or with @schedule in code."
    ordering = ("name",)
    sortable_by = ()
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    actions = ("pause_selected", "resume_selected", "run_selected")
    change_list_template = "admin/jobs/list.html"
    change_form_template = "admin/jobs/schedule/record.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Schedule]:
        newest = Job.objects.filter(schedule_id=OuterRef("pk")).order_by("-pk")
        orphaned = Schedule.objects.orphaned().filter(pk=OuterRef("pk"))
        return Schedule.objects.select_related("created_by").annotate(
            last_states=_Array(newest.values("state")[:HISTORY]),
            orphan=Subquery(orphaned.values("pk")[:1]),
            now=Now(),
        )

    def get_fields(self, request: HttpRequest, obj: Schedule | None = None) -> list[Any]:
        if self.has_change_permission(request, obj) or obj is None:
            return FIELDS
        return [name if name != "payload" else "payload_masked" for name in FIELDS]

    def get_readonly_fields(self, request: HttpRequest, obj: Schedule | None = None) -> list[str]:
        return [] if self.has_change_permission(request, obj) else ["payload_masked"]

    def has_change_permission(self, request: HttpRequest, obj: Schedule | None = None) -> bool:
        return super().has_change_permission(request, obj) and not self._is_codes(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Schedule | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not self._is_codes(obj)

    def has_run_permission(self, request: HttpRequest) -> bool:
        """Asked by Django before it offers or runs the action."""
        return request.user.has_perm("jobs.run_schedule")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Not the ORM's save: the services check once more, guard and write the event."""
        actor, spec, paused = actor_of(request.user), form.spec(), form.cleaned_data["paused"]
        if change:
            changes = {**spec._asdict(), "paused": paused}
            schedule_change(schedule_id=obj.pk, changes=changes, actor=actor)
        else:
            made = schedule_create(
                spec=spec, paused=paused, actor=actor, created_by_id=request.user.pk
            )
            obj.pk, obj._state.adding = made.pk, False
        obj.refresh_from_db()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        schedule_delete(schedule_id=obj.pk, actor=actor_of(request.user))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        for schedule in queryset:
            with suppress(Schedule.DoesNotExist):  # another request was first
                self.delete_model(request, schedule)

    @admin.action(description="Pause selected", permissions=["change"])
    def pause_selected(
        self, request: HttpRequest, queryset: QuerySet[Schedule]
    ) -> HttpResponse | None:
        return confirm_and_decide(self, request, queryset, PAUSE, pause)

    @admin.action(description="Resume selected", permissions=["change"])
    def resume_selected(
        self, request: HttpRequest, queryset: QuerySet[Schedule]
    ) -> HttpResponse | None:
        return confirm_and_decide(self, request, queryset, RESUME, resume)

    @admin.action(description="Run selected now", permissions=["run"])
    def run_selected(
        self, request: HttpRequest, queryset: QuerySet[Schedule]
    ) -> HttpResponse | None:
        return confirm_and_decide(self, request, queryset, RUN, run_now)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if shown := kwargs.get("obj"):
            # As it is stored: a form that is refused has left its values in what is shown.
            schedule = self.get_queryset(request).filter(pk=shown.pk).first() or shown
            jobs = Job.objects.filter(schedule_id=schedule.pk).order_by("-pk")
            context["outlook"] = schedule_outlook(schedule, database_now())
            context["jobs"] = jobs.defer("payload", "errors")[:JOBS_SHOWN]
            context["events"] = events_about(request, "schedule", schedule.pk)
            context["decisions"] = self._decisions(request, schedule)
            context["is_codes"] = self._is_codes(schedule)
            context["state"] = self.state_badge(schedule)
            context["strip"] = self.history(schedule)
        return super().render_change_form(request, context, *args, **kwargs)

    def _decisions(self, request: HttpRequest, schedule: Schedule) -> list[Decision]:
        """What this person may decide about the schedule as it is."""
        allowed = self.get_actions(request)
        offered = (RESUME if schedule.paused else PAUSE, RUN)
        return [one for one in offered if one.action in allowed]

    def _is_codes(self, schedule: Schedule | None) -> bool:
        """Whether code declares it, so that it cannot be changed here."""
        if schedule is None or not schedule.declared_in:
            return False
        return not Schedule.objects.orphaned().filter(pk=schedule.pk).exists()

    @admin.display(description="fires")
    def meaning(self, schedule: Schedule) -> str:
        outlook = schedule_outlook(schedule, schedule.now)  # type: ignore[attr-defined]
        return outlook.description or outlook.error

    @admin.display(description="state")
    def state_badge(self, schedule: Schedule) -> str:
        state = schedule_state(schedule, is_orphaned=bool(getattr(schedule, "orphan", None)))
        labels = {
            "orphaned": "no longer declared",
            "failing": f"failing ({schedule.failures})",
        }
        return badge(state, labels.get(state, state))

    @admin.display(description="next fire time")
    def next_fire(self, schedule: Schedule) -> str:
        return EMPTY if schedule.paused else moment(schedule.next_fire_at)

    last_fired = moment_column("last_fired_at", "last fired")

    @admin.display(description="last jobs")
    def history(self, schedule: Schedule) -> str:
        states: list[str] = schedule.last_states  # type: ignore[attr-defined]  # annotated above
        return state_strip(states)

    @admin.display(description="payload")
    def payload_masked(self, schedule: Schedule) -> str:
        shown = pretty_json(masked_payload(schedule.type, schedule.payload))
        return format_html('<pre class="record">{}</pre>', shown)
