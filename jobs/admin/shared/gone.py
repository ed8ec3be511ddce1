"""What a page answers whose record is not there any more."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from jobs.admin.shared.theme import ModelAdmin

# Of an address: it may say anything, and a message is kept in a cookie.
SHOWN = 60


def gone(model_admin: ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Back to the list, where it is said."""
    opts = model_admin.opts
    said = f"There is no {opts.verbose_name} {object_id[:SHOWN]!r} any more."
    model_admin.message_user(request, said, level=messages.WARNING)
    return HttpResponseRedirect(reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"))
