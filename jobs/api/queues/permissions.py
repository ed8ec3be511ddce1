"""The permissions to see queues, and to pause and resume them."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

VIEW_QUEUES = "jobs.view_queue"
PAUSE_QUEUES = "jobs.pause_queue"


class _MayDo(BasePermission):
    permission: str

    @property
    def message(self) -> str:
        """What a caller without the permission is told."""
        return f"This needs the permission {self.permission}."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the user has it."""
        return bool(request.user and request.user.has_perm(self.permission))


class MayViewQueues(_MayDo):
    """What waits in a queue tells of other clients' work."""

    permission = VIEW_QUEUES


class MayPauseQueues(_MayDo):
    """A pause holds up the jobs of every client."""

    permission = PAUSE_QUEUES
