"""The query parameters of `GET /failedJobs/groups`."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from rest_framework import serializers

from jobs.api.shared.fields import QueryNumberField, QuerySwitchField, TextField
from jobs.api.shared.limits import TYPE_MAX
from jobs.api.shared.pages import CURSOR_MAX, LIMIT_DEFAULT, LIMIT_MAX
from jobs.api.shared.strict_serializer import StrictSerializer
from jobs.handlers.registry import job_types
from jobs.services.dead_letter_groups.groups import GROUPS_MAX, ORDERS

USERNAME_MAX = 254


class GroupQuery(StrictSerializer):
    """Filters, the order, and the page."""

    limit = QueryNumberField(min_value=1, max_value=LIMIT_MAX, default=LIMIT_DEFAULT)
    cursor = TextField(max_length=CURSOR_MAX, default=None)
    type = TextField(max_length=TYPE_MAX, required=False)
    muted = QuerySwitchField(required=False)
    assigned_to = TextField(max_length=USERNAME_MAX, required=False)
    order = serializers.ChoiceField(choices=list(ORDERS), default="count")

    def validate_cursor(self, cursor: str | None) -> int:
        """At which group the page begins; groups are few, so that they are counted off."""
        try:
            first = int(urlsafe_b64decode(cursor.encode("ascii"))) if cursor else 0
        except ValueError:
            first = -1
        if not 0 <= first <= GROUPS_MAX:
            raise serializers.ValidationError("Take the cursor from next of a page.", "bad_cursor")
        return first

    def validate_type(self, name: str) -> str:
        """The name; raises UnknownJobType."""
        return job_types.get(name).name


def cursor_at(first: int) -> str:
    """The cursor of the page that begins there."""
    return urlsafe_b64encode(str(first).encode()).decode()
