"""What a call belongs to: the job or the batch whose end it tells of."""

from typing import Any

from django.utils.html import format_html

from jobs.admin.shared.links import LinkingAdmin
from jobs.models import Batch, Job
from jobs.templatetags.moments import EMPTY

_MODELS: dict[str, type[Job] | type[Batch]] = {"job": Job, "batch": Batch}


def callback_of_link(page: LinkingAdmin, given: dict[str, Any] | None) -> str:
    """A link to it, of what a job was given; empty for a job that is no callback."""
    about = (given or {}).get("callback_of")
    if about is None:
        return EMPTY
    link = page.link(_MODELS[about["kind"]], about["id"], about["id"])
    return format_html("{} {}", about["kind"], link)
