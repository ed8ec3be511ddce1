"""What people write when they decide."""

from django.http import HttpRequest

from jobs.core.actor import REASON_MAX


def text_in(request: HttpRequest, name: str = "reason", *, most: int = REASON_MAX) -> str:
    """A text of a form, as PostgreSQL takes it."""
    return request.POST.get(name, "").replace("\x00", "").strip()[:most]
