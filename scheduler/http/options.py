"""What `OPTIONS` answers: the methods, in `Allow`. Everything else is in `/openapi.json`."""

from typing import Any

from rest_framework.metadata import BaseMetadata


class NoMetadata(BaseMetadata):
    """DEFAULT_METADATA_CLASS: no body, where DRF would tell names and comments of classes."""

    def determine_metadata(self, request: Any, view: Any) -> None:
        """Nothing."""
