"""What a client says of a group that is to be discarded."""

from jobs.api.shared.fields import MomentField, TextField
from jobs.api.shared.strict_serializer import StrictSerializer
from jobs.core.actor import REASON_MAX
from jobs.core.fingerprint import FINGERPRINT_LENGTH


class GroupDiscardBody(StrictSerializer):
    """Which group, why, and up to when its jobs died; without `created_before`: up to now."""

    fingerprint = TextField(max_length=FINGERPRINT_LENGTH)
    reason = TextField(max_length=REASON_MAX)
    created_before = MomentField(required=False)
