"""The permissions to replay and to discard."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

REPLAY = "jobs.replay_deadletter"
DISCARD = "jobs.discard_deadletter"


class MayReplay(BasePermission):
    """A replay may repeat an effect, so that it takes a permission of its own."""

    message = f"This needs the permission {REPLAY}."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the user has it."""
        return bool(request.user and request.user.has_perm(REPLAY))


class MayDiscard(BasePermission):
    """What is discarded is never done, so that it takes a permission of its own."""

    message = f"This needs the permission {DISCARD}."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the user has it."""
        return bool(request.user and request.user.has_perm(DISCARD))
