"""Limits in the admin: shown, set and removed."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from jobs.admin.shared.read_only import ReadOnlyAdmin
from jobs.admin.shared.rendering import badge, column
from jobs.core.actor import actor_of
from jobs.core.errors import JobsError
from jobs.core.limit import LimitRule, limit_rule
from jobs.models import Limit, Slot
from jobs.services.limits.change import limit_remove, limit_set
from jobs.services.limits.check import limit_check
from jobs.templatetags.moments import EMPTY

if TYPE_CHECKING:
    LimitModelForm = forms.ModelForm[Limit]
else:
    LimitModelForm = forms.ModelForm


class LimitForm(LimitModelForm):
    """A limit as people write it."""

    rate = forms.CharField(required=False, help_text="For example 100/m, 5/10s or 1000/h.")

    class Meta:
        model = Limit
        fields = ("name", "max_concurrency", "burst", "is_fair")
        labels = {"max_concurrency": "At once", "is_fair": "Clients take turns"}
        help_texts = {
            "name": "queue:reports, type:send_email, or key:report:customer-7.",
            "max_concurrency": "How many jobs may be admitted at once.",
            "burst": "How many at once after a pause; what comes in a second, if it is empty.",
            "is_fair": "For queues only.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "name" in self.fields:  # whoever only sees it has no fields
            self.fields["name"].disabled = True
            self.fields["rate"].initial = rate_text(self.instance)

    def clean(self) -> dict[str, Any]:
        """Refuses what `limit_set` would refuse, with its sentence."""
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        try:
            limit_check(cleaned["name"], self.rule(), is_fair=cleaned["is_fair"])
        except (ValueError, JobsError) as error:
            raise ValidationError(str(error)) from None
        return cleaned

    def rule(self) -> LimitRule:
        """What the form says; raises ValueError."""
        said = self.cleaned_data
        return limit_rule(said["max_concurrency"], said["rate"] or None, said["burst"])


class LimitAdmin(ReadOnlyAdmin):
    """Every limit: those that staff set, and those that code declares."""

    form = LimitForm
    fields = ("name", "max_concurrency", "rate", "burst", "is_fair", "source", "in_use")
    readonly_fields = ("source", "in_use")
    list_display = ("name", "at_once", "rate_in_words", "takes_turns", "in_use", "source")
    search_help_text = "The beginning of a limit's name."
    change_form_template = "admin/change_form.html"

    at_once = column("max_concurrency", "at once")
    takes_turns = column("is_fair", "clients take turns", boolean=True)

    def get_fields(self, request: HttpRequest, obj: Limit | None = None) -> list[Any]:
        if obj is None:
            return [name for name in self.fields if name not in self.readonly_fields]
        if self.has_change_permission(request, obj):
            return list(self.fields)
        return ["rate_in_words" if name == "rate" else name for name in self.fields]

    def get_readonly_fields(self, request: HttpRequest, obj: Limit | None = None) -> list[Any]:
        return [*self.readonly_fields, "rate_in_words"]

    def search(self, term: str) -> Q:
        return Q(name__startswith=term)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("jobs.add_limit")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("jobs.change_limit")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("jobs.delete_limit")

    def save_model(
        self, request: HttpRequest, obj: Limit, form: LimitModelForm, change: bool
    ) -> None:
        assert isinstance(form, LimitForm)
        limit_set(
            name=obj.name,
            rule=form.rule(),
            is_fair=form.cleaned_data["is_fair"],
            actor=actor_of(request.user),
        )

    def delete_model(self, request: HttpRequest, obj: Limit) -> None:
        limit_remove(name=obj.name, actor=actor_of(request.user))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Limit]) -> None:
        for limit in queryset:
            limit_remove(name=limit.name, actor=actor_of(request.user))

    @admin.display(description="rate")
    def rate_in_words(self, limit: Limit) -> str:
        return rate_text(limit) or EMPTY

    @admin.display(description="slots in use")
    def in_use(self, limit: Limit) -> str:
        return f"{Slot.objects.filter(limit_name=limit.name).count():,}"

    @admin.display(description="set by")
    def source(self, limit: Limit) -> str:
        return badge("queued" if limit.is_override else "skipped", limit.set_by)


def rate_text(limit: Limit) -> str:
    """The rate as people write it; empty if there is none."""
    rate = limit.rule.rate
    return "" if rate is None else rate.as_text
