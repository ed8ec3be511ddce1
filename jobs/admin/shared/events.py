"""What people did with a record, for those who may know."""

from django.http import HttpRequest

from jobs.models import Event
from jobs.services.visibility import may_view_events

# The newest; the list of events has all.
SHOWN = 20


def events_about(request: HttpRequest, subject_type: str, subject_id: object) -> list[Event]:
    """The newest events of one subject; none without the permission `jobs.view_event`."""
    if not may_view_events(request.user):
        return []
    return list(Event.objects.about(subject_type, subject_id)[:SHOWN])
