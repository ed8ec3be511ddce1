"""Rights beyond having a valid token."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

REPLAY = "jobs.replay_deadletter"


class MayReplay(BasePermission):
    """Replaying repeats effects, so that it is a right of its own."""

    message = f"This needs the permission {REPLAY}."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user and request.user.has_perm(REPLAY))
