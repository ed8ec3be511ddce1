"""Calls that take a permission each."""

from collections.abc import Mapping
from typing import ClassVar

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet


class MayByCall(BasePermission):
    """`needed`: the permission that each action of a view set takes."""

    needed: ClassVar[Mapping[str, str]]

    def has_permission(self, request: Request, view: ViewSet) -> bool:  # type: ignore[override]
        """Whether the user has the one that this call needs."""
        needed = self.needed.get(view.action or "")
        if needed is None:  # a method that there is not: it is refused as such
            return True
        self.message = f"This needs the permission {needed}."
        return bool(request.user and request.user.has_perm(needed))
