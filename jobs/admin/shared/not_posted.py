"""Addresses that take only what a form sends.

Whose session ended in the middle comes to them by GET, after the log-in, and has sent nothing.
"""

from django.contrib import messages
from django.contrib.admin.utils import quote
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from jobs.admin.shared.theme import ModelAdmin

_SAID = "Nothing was done: the form was not sent. If you had to log in again, fill it in once more."


def not_posted(
    model_admin: ModelAdmin, request: HttpRequest, object_id: str | None = None
) -> HttpResponse:
    """Back to the page with the form: that of the record, or the list; there it is said."""
    opts = model_admin.opts
    name = "changelist" if object_id is None else "change"
    args = [] if object_id is None else [quote(object_id)]
    model_admin.message_user(request, _SAID, messages.WARNING)
    return HttpResponseRedirect(
        reverse(f"admin:{opts.app_label}_{opts.model_name}_{name}", args=args)
    )
